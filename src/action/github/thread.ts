// The pull request a run reports to: the one of the event, or the one whose merge was pushed; and our comment there.
import type { CommentsApi } from "./comment.ts";
import { commentsOf } from "./comment.ts";
import { ask, type Asked, type GithubAccess } from "./github.ts";
import type { Job } from "../job.ts";
import { findMergedPull, type MergedPull } from "./merged.ts";
import { readHead } from "./workspace-head.ts";

export interface Thread {
  /** Number of the pull request whose comment a run of this command updates; undefined when there is none. */
  readonly number: (command: string) => Promise<Asked<number | undefined>>;
  /** The pull request that the commit of this run merged; asked for once. */
  readonly merged: () => Promise<Asked<MergedPull | undefined>>;
  readonly comments: (number: number) => CommentsApi;
}

export type ThreadJob = Pick<
  Job,
  | "event"
  | "action"
  | "sha"
  | "branch"
  | "pullRequest"
  | "comment"
  | "workspace"
>;

export function openThread(access: GithubAccess, job: ThreadJob): Thread {
  const { branch, comment, pullRequest, sha } = job;
  let found: Promise<Asked<MergedPull | undefined>> | undefined;
  const merged = () =>
    (found ??= pushEvents.includes(job.event)
      ? findMergedPull(access, { sha, branch })
      : Promise.resolve({ ok: true, value: undefined }));
  return {
    merged,
    comments: (number) => commentsOf(access, number),
    number: async (command) => {
      // The comment is about what a pull request would do, or did: a look at the gate beside it must not take its place.
      if (!reported.includes(command)) return nowhere;
      // The preview that was reviewed must stay: the `up` of the merge, which runs at the same time, reads it.
      if (job.action === "closed" && command === "preview") return nowhere;
      if (pullRequest !== undefined)
        return { ok: true, value: pullRequest.number };
      if (comment !== undefined)
        return commented(access, job.workspace, command, comment.pullNumber);
      // A merged pull request hears of the `up` that followed, not of every look at the gate afterwards.
      if (command !== "up") return nowhere;
      const asked = await merged();
      return asked.ok ? { ok: true, value: asked.value?.number } : asked;
    },
  };
}

const reported = ["preview", "up", "destroy"];
const nowhere = { ok: true, value: undefined } as const;

/** Events whose commit is on a branch to stay, so that a merge may have brought it there. */
const pushEvents = ["push", "workflow_dispatch"];

/**
 * On `issue_comment` the usual checkout is the default branch, so that any comment would say "No changes" in place of the
 * preview. Only a look at the pull request's own files is one.
 */
async function commented(
  access: GithubAccess,
  workspace: string,
  command: string,
  number: number | undefined,
): Promise<Asked<number | undefined>> {
  // A destroy reads no files.
  if (number === undefined || command === "destroy")
    return { ok: true, value: number };
  const commits = await commitsOf(access, number);
  if (!commits.ok) return commits;
  const head = readHead(workspace);
  if (head !== undefined && commits.value.includes(head))
    return { ok: true, value: number };
  const reason = `the workspace holds ${head === undefined ? "no commit" : `the commit ${head.slice(0, 7)}`}, which is not what the pull request is about; check out \`refs/pull/${number}/merge\` before this step`;
  return { ok: false, reason };
}

/** The last commit of the pull request's branch, and while it is open what its merge would be. */
const commitsOf = (
  { octokit, repository, retry }: GithubAccess,
  number: number,
): Promise<Asked<(string | null)[]>> =>
  ask(
    async () => {
      const request = { ...repository, pull_number: number };
      const { data } = await octokit.rest.pulls.get(request);
      const { head, merge_commit_sha: merge, state } = data;
      return state === "open" ? [head.sha, merge] : [head.sha];
    },
    wish,
    retry,
  );

const wish = {
  to: "look at the pull request",
  permission: "pull-requests: read",
  target: "the pull request",
  refused: "to show the pull request (422)",
};
