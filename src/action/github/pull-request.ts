// The pull request a run reports to: the one of the event, or the one whose merge was pushed.
import { type Job, readHead } from "../job.ts";
import type { Answer, Github } from "./client.ts";

export type EventFacts = Pick<
  Job,
  | "event"
  | "action"
  | "sha"
  | "branch"
  | "pullRequest"
  | "comment"
  | "workspace"
>;

type PullNumber = Promise<Answer<number | undefined>>;

/** @returns the number for the report of a run of this command; undefined when it reports to none. */
export async function findPullNumber(
  github: Github,
  job: EventFacts,
  command: string,
): PullNumber {
  const { comment, pullRequest } = job;
  // The comment is about what a pull request would do, or did: drift or outputs must not take its place.
  if (!reported.includes(command)) return none;
  if (job.action === "closed" && command === "preview") return none;
  if (pullRequest !== undefined) return { ok: true, value: pullRequest.number };
  if (comment !== undefined)
    return checkCommented(github, job.workspace, command, comment.pullNumber);
  // A merged pull request hears of the `up` that followed, not of every preview afterwards.
  if (command !== "up") return none;
  return pushEvents.includes(job.event) ? findMerged(github, job) : none;
}

const reported = ["preview", "up", "destroy"];
const none = { ok: true, value: undefined } as const;

/** Events whose commit is on a branch to stay, so that a merge may have brought it there. */
const pushEvents = ["push", "workflow_dispatch"];

export interface AssociatedPull {
  readonly number: number;
  readonly merged_at: string | null;
  readonly merge_commit_sha: string | null;
  readonly base: { readonly ref: string };
}

type Pushed = Pick<Job, "sha" | "branch">;

/**
 * GitHub lists every pull request that holds a commit, merged or not, into whatever branch. Only one that was merged into
 * this branch by this very commit is meant: `merge_commit_sha` is the merge commit, the squashed one, or the last rebased one.
 */
export const isMergeOf =
  ({ sha, branch }: Pushed) =>
  (pull: AssociatedPull): boolean =>
    pull.merged_at !== null &&
    pull.merge_commit_sha === sha &&
    pull.base.ref === branch;

function findMerged(github: Github, pushed: Pushed): PullNumber {
  const request = {
    to: "look for the merged pull request",
    permission: "pull-requests: read",
    target: "the pushed commit",
    refused: "to say which pull request the commit belongs to (422)",
  };
  return github.ask(request, async ({ paginate, rest }) => {
    const pulls = await paginate(
      rest.repos.listPullRequestsAssociatedWithCommit,
      { ...github.repository, commit_sha: pushed.sha, per_page: 100 },
    );
    return pulls.find(isMergeOf(pushed))?.number;
  });
}

/**
 * On `issue_comment` the usual checkout is the default branch, so that any comment would say "No changes" in place of the
 * preview. Only a preview of the pull request's own files is reported there.
 */
async function checkCommented(
  github: Github,
  workspace: string,
  command: string,
  number: number | undefined,
): PullNumber {
  if (number === undefined || command === "destroy")
    return { ok: true, value: number };
  const request = {
    to: "look at the pull request",
    permission: "pull-requests: read",
    target: "the pull request",
  };
  const pull = await github.ask(request, ({ rest }) =>
    rest.pulls.get({ ...github.repository, pull_number: number }),
  );
  if (!pull.ok) return pull;
  const { head, merge_commit_sha: merge, state } = pull.value.data;
  const checkedOut = readHead(workspace);
  const isHead = checkedOut === head.sha;
  const isMerge = state === "open" && checkedOut === merge;
  if (checkedOut !== undefined && (isHead || isMerge))
    return { ok: true, value: number };
  const reason = `the workspace holds ${checkedOut === undefined ? "no commit" : `the commit ${checkedOut.slice(0, 7)}`}, which is not what the pull request is about; check out \`refs/pull/${number}/merge\` before this step`;
  return { ok: false, reason };
}
