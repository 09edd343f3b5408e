// The pull request a run reports to: the one of the event, or the one whose merge was pushed; and our comment there.
import type { CommentsApi } from "./comment.ts";
import { commentsOf } from "./comment.ts";
import type { Asked, GithubAccess } from "./github.ts";
import type { Job } from "./job.ts";
import { findMergedPull, type MergedPull } from "./merged.ts";

export interface Thread {
  /** Number of the pull request whose comment a run of this command updates; undefined when there is none. */
  readonly number: (command: string) => Promise<Asked<number | undefined>>;
  /** The pull request that the commit of this run merged; asked for once. */
  readonly merged: () => Promise<Asked<MergedPull | undefined>>;
  readonly comments: (number: number) => CommentsApi;
}

export type ThreadJob = Pick<
  Job,
  "event" | "action" | "sha" | "branch" | "pullRequest" | "comment"
>;

export function openThread(access: GithubAccess, job: ThreadJob): Thread {
  const { branch, sha } = job;
  let found: Promise<Asked<MergedPull | undefined>> | undefined;
  const merged = () =>
    (found ??= pushEvents.includes(job.event)
      ? findMergedPull(access, { sha, branch })
      : Promise.resolve({ ok: true, value: undefined }));
  return {
    merged,
    comments: (number) => commentsOf(access, number),
    number: async (command) => {
      // The preview that was reviewed must stay: the `up` of the merge, which runs at the same time, reads it.
      if (job.action === "closed" && command === "preview")
        return { ok: true, value: undefined };
      const here = job.pullRequest?.number ?? job.comment?.pullNumber;
      if (here !== undefined) return { ok: true, value: here };
      // A merged pull request hears of the `up` that followed, not of every look at the gate afterwards.
      if (command !== "up") return { ok: true, value: undefined };
      const asked = await merged();
      return asked.ok ? { ok: true, value: asked.value?.number } : asked;
    },
  };
}

/** Events whose commit is on a branch to stay, so that a merge may have brought it there. */
const pushEvents = ["push", "workflow_dispatch"];
