// GitHub's JSON shapes of what people write, with the fields that clients look at, and its errors. Pure.
import type {
  GithubAnswer,
  GithubComment,
  GithubIssue,
  GithubPull,
  GithubRequest,
  GithubState,
} from "./github-state.ts";

export const repositoryId = 1296269;

export function repositoryShape(repository: string): object {
  const [owner, name] = repository.split("/");
  return {
    id: repositoryId,
    name,
    full_name: repository,
    owner: { login: owner },
    private: true,
    default_branch: "main",
  };
}

export function pullShape(
  { repository }: GithubState,
  base: string,
  pull: GithubPull,
): object {
  const { number, mergeCommit } = pull;
  const head = pull.headRepository ?? repository;
  return {
    id: 5_000_000 + number,
    number,
    title: titleOf(pull),
    state: stateOf(pull),
    locked: pull.locked ?? false,
    merged_at: mergeCommit === undefined ? null : mergedAt,
    // An open pull request has one too: that of the merge GitHub tried.
    merge_commit_sha: mergeCommit ?? `${"0".repeat(36)}cafe`,
    url: `${base}/repos/${repository}/pulls/${number}`,
    html_url: `https://github.com/${repository}/pull/${number}`,
    head: {
      ref: pull.headRef ?? "feature",
      sha: pull.headSha ?? "",
      repo: repositoryShape(head),
    },
    base: { ref: "main", repo: repositoryShape(repository) },
  };
}

/** After whatever a test does before the merge. */
const mergedAt = "2100-01-01T00:00:00Z";
const titleOf = ({ title, number }: GithubPull): string =>
  title ?? `Pull request ${number}`;
const stateOf = ({ state, mergeCommit }: GithubPull): string =>
  state ?? (mergeCommit === undefined ? "open" : "closed");

/** The one operation that gets a single pull request also says whether it is merged; lists do not. */
export function wholePullShape(
  state: GithubState,
  base: string,
  pull: GithubPull,
): object {
  const merged = pull.mergeCommit !== undefined;
  return { ...pullShape(state, base, pull), merged };
}

export function issueShape(
  state: GithubState,
  base: string,
  issue: GithubIssue,
): object {
  const { number, title, body, labels, login, type } = issue;
  const { repository } = state;
  return {
    id: 7_000_000 + number,
    number,
    title,
    body,
    state: issue.state,
    locked: false,
    user: { login, type },
    labels: labels.map((name) => ({ name })),
    comments: state.comments.filter(({ pull }) => pull === number).length,
    url: `${base}/repos/${repository}/issues/${number}`,
    html_url: `https://github.com/${repository}/issues/${number}`,
    created_at: issue.createdAt,
    updated_at: issue.updatedAt,
  };
}

/** A pull request in a list of issues, where `pull_request` tells it from them. */
export function pullAsIssueShape(
  { repository }: GithubState,
  base: string,
  pull: GithubPull,
): object {
  const { number } = pull;
  return {
    id: 7_000_000 + number,
    number,
    title: titleOf(pull),
    state: stateOf(pull),
    user: { login: "somebody", type: "User" },
    labels: [],
    html_url: `https://github.com/${repository}/pull/${number}`,
    pull_request: { url: `${base}/repos/${repository}/pulls/${number}` },
  };
}

export function commentShape(
  { repository }: GithubState,
  base: string,
  comment: GithubComment,
): object {
  return {
    id: comment.id,
    url: `${base}/repos/${repository}/issues/comments/${comment.id}`,
    html_url: `https://github.com/${repository}/pull/${comment.pull}#issuecomment-${comment.id}`,
    issue_url: `${base}/repos/${repository}/issues/${comment.pull}`,
    user: { login: comment.login, type: comment.type },
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: "CONTRIBUTOR",
    body: comment.body,
  };
}

/** 422, in the form GitHub has for a field that is not as it must be. */
export function invalid(
  resource: string,
  field: string,
  { code = "unprocessable", message }: { code?: string; message: string },
): GithubAnswer {
  return {
    status: 422,
    body: {
      message: "Validation Failed",
      errors: [{ resource, code, field, message }],
      documentation_url: documentation,
      status: "422",
    },
  };
}

const documentation = "https://docs.github.com/rest";
export const notFound = (): GithubAnswer => problem(404, "Not Found");

export function problem(status: number, message: string): GithubAnswer {
  return {
    status,
    body: { message, documentation_url: documentation, status: String(status) },
  };
}

// Pages of a list, cut and linked as GitHub does it.

/** One page of `all`; its links name the repository by its number, as GitHub's do. */
export function pageOf<Item>(
  request: GithubRequest,
  path: string,
  all: readonly Item[],
  shape: (item: Item) => object,
): GithubAnswer {
  const size = Math.min(positive(request.query.get("per_page"), 30), 100);
  const page = positive(request.query.get("page"), 1);
  const last = Math.max(Math.ceil(all.length / size), 1);
  const link = (to: number, relation: string): string => {
    const query = new URLSearchParams(request.query);
    query.set("per_page", String(size));
    query.set("page", String(to));
    return `<${request.base}/repositories/${repositoryId}${path}?${query.toString()}>; rel="${relation}"`;
  };
  const links = [
    ...(page > 1 ? [link(Math.min(page - 1, last), "prev")] : []),
    ...(page < last ? [link(page + 1, "next"), link(last, "last")] : []),
    ...(page > 1 ? [link(1, "first")] : []),
  ];
  return {
    status: 200,
    body: all.slice((page - 1) * size, page * size).map(shape),
    ...(links.length > 0 && { headers: { link: links.join(", ") } }),
  };
}

function positive(text: string | null, otherwise: number): number {
  return text !== null && /^[1-9]\d*$/.test(text) ? Number(text) : otherwise;
}
