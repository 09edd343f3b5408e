// The operations on pull requests: one, a list, and those that a commit belongs to.
import {
  notFound,
  pageOf,
  problem,
  pullShape,
  wholePullShape,
} from "./github-shapes.ts";
import type {
  GithubAnswer,
  GithubPull,
  GithubRequest,
  GithubRole,
  GithubState,
  GithubTarget,
} from "./github-state.ts";

export function getPull(
  state: GithubState,
  request: GithubRequest,
  { number }: GithubTarget,
): GithubAnswer {
  const pull = state.pulls.find((candidate) => candidate.number === number);
  return pull === undefined
    ? notFound()
    : { status: 200, body: wholePullShape(state, request.base, pull) };
}

export function listPulls(
  state: GithubState,
  request: GithubRequest,
): GithubAnswer {
  const wanted = request.query.get("state") ?? "open";
  const head = request.query.get("head");
  const owner = state.repository.split("/")[0] ?? "";
  const found = state.pulls.filter((pull) => {
    const from = pull.headRepository?.split("/")[0] ?? owner;
    return (
      (wanted === "all" || wanted === stateOf(pull)) &&
      (head === null || head === `${from}:${pull.headRef ?? "feature"}`)
    );
  });
  return pageOf(request, "/pulls", found.reverse(), (pull) =>
    pullShape(state, request.base, pull),
  );
}

/**
 * "Lists the merged pull request that introduced the commit to the repository. If the commit is not present in the default
 * branch, it will return merged and open pull requests associated with the commit" (GitHub's REST reference, commits).
 */
export function listPullsOfCommit(
  state: GithubState,
  request: GithubRequest,
  { text: sha }: GithubTarget,
): GithubAnswer {
  const merged = state.pulls.filter(({ mergeCommit }) => mergeCommit === sha);
  const found =
    merged.length > 0
      ? merged
      : state.pulls.filter(({ headSha }) => headSha === sha);
  // The stand-in knows no history: any whole commit id may be one that was pushed without a pull request.
  if (found.length === 0 && !/^[0-9a-f]{40}$/.test(sha))
    return problem(422, `No commit found for SHA: ${sha}`);
  return pageOf(request, `/commits/${sha}/pulls`, found, (pull) =>
    pullShape(state, request.base, pull),
  );
}

const stateOf = ({ state, mergeCommit }: GithubPull): string =>
  state ?? (mergeCommit === undefined ? "open" : "closed");

// The operation that says what somebody may do in the repository.

/**
 * "The `permission` attribute provides the legacy base roles of `admin`, `write`, `read`, and `none`, where the `maintain` role is
 * mapped to `write` and the `triage` role is mapped to `read`" (GitHub's REST reference, collaborators). The repository here is
 * private, so that whoever is no collaborator may do nothing.
 */
export function getPermission(
  { collaborators }: GithubState,
  _request: GithubRequest,
  { text: login }: GithubTarget,
): GithubAnswer {
  const role = Object.hasOwn(collaborators, login)
    ? collaborators[login]
    : undefined;
  return {
    status: 200,
    body: {
      permission: role === undefined ? "none" : legacy[role],
      role_name: role ?? "",
      user: { login, type: "User" },
    },
  };
}

const legacy: Readonly<Record<GithubRole, string>> = {
  read: "read",
  triage: "read",
  write: "write",
  maintain: "write",
  admin: "admin",
};
