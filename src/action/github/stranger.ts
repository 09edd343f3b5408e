// Who may change a gate by a comment: anybody may write one on a public repository, and the workflow then runs with its secrets.
import { GateFailure } from "../../gate/failure.ts";
import type { Command } from "../inputs/contract.ts";
import { ask, type GithubAccess } from "./github.ts";
import type { Job } from "../job.ts";

/**
 * Whether the author is a member of the organization or a collaborator says nothing: both may have read access only. So GitHub
 * is asked, which answers `write` for the role "maintain" too, and `read` for "triage".
 * @returns the refusal, when the comment's author may not write to the repository or it cannot be found out.
 */
export async function refuseStranger(
  command: Command,
  { comment, event }: Pick<Job, "comment" | "event">,
  github: GithubAccess | undefined,
): Promise<GateFailure | undefined> {
  if (event !== "issue_comment" || looking.includes(command)) return undefined;
  const author = comment?.author ?? "";
  const asked = await permissionOf(author, github);
  if (asked.ok && ["admin", "write"].includes(asked.value)) return undefined;
  const why = asked.ok
    ? `its author may not write to this repository`
    : `it cannot be found out whether its author may write to this repository: ${asked.reason}`;
  return new GateFailure(
    "invalid-input",
    `A comment may not ${command} a gate here: ${why}`,
  );
}

const looking: readonly Command[] = ["preview", "drift", "output"];

function permissionOf(username: string, github: GithubAccess | undefined) {
  if (github === undefined || username === "")
    return {
      ok: false,
      reason: "there is no `github-token` to ask GitHub with",
    } as const;
  const { octokit, repository, retry } = github;
  return ask(
    async () => {
      const request = { ...repository, username };
      const { repos } = octokit.rest;
      const { data } = await repos.getCollaboratorPermissionLevel(request);
      return data.permission;
    },
    wish,
    retry,
  );
}

const wish = {
  to: "ask what the comment's author may do",
  permission: "contents: read",
  target: "the comment's author",
  refused: "to say what the comment's author may do (422)",
};
