// The operation that says what somebody may do in the repository.

import type {
  GithubAnswer,
  GithubRequest,
  GithubTarget,
} from "./github-answers.ts";
import type { GithubRole, GithubState } from "./github-state.ts";

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
