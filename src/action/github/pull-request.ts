// The pull request a run reports to: the one of the event, or the one whose merge was pushed; and our comment there.
import { readFileSync } from "node:fs";
import path from "node:path";
import type { Job } from "../job.ts";
import {
  ask,
  type Asked,
  findOnPages,
  type GithubAccess,
  pageOf,
} from "./client.ts";
import { type CommentsApi, commentsOf } from "./comment.ts";

export interface PullRequest {
  /** Its number, for the report of a run of this command; undefined when there is none. */
  readonly number: (command: string) => Promise<Asked<number | undefined>>;
  readonly comments: (number: number) => CommentsApi;
}

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

export function findPullRequest(
  access: GithubAccess,
  job: EventFacts,
): PullRequest {
  const { comment, pullRequest } = job;
  return {
    comments: (number) => commentsOf(access, number),
    number: async (command) => {
      // The comment is about what a pull request would do, or did: a look at the gate beside it must not take its place.
      if (!reported.includes(command)) return nowhere;
      // The `up` of the merge, which runs at the same time, reports here.
      if (job.action === "closed" && command === "preview") return nowhere;
      if (pullRequest !== undefined)
        return { ok: true, value: pullRequest.number };
      if (comment !== undefined)
        return commented(access, job.workspace, command, comment.pullNumber);
      // A merged pull request hears of the `up` that followed, not of every look at the gate afterwards.
      if (command !== "up") return nowhere;
      return pushEvents.includes(job.event) ? findMerged(access, job) : nowhere;
    },
  };
}

const reported = ["preview", "up", "destroy"];
const nowhere = { ok: true, value: undefined } as const;

/** Events whose commit is on a branch to stay, so that a merge may have brought it there. */
const pushEvents = ["push", "workflow_dispatch"];

/** The part of GitHub's answer that is read here. */
export interface AssociatedPull {
  readonly number: number;
  readonly merged_at: string | null;
  readonly merge_commit_sha: string | null;
  readonly base: { readonly ref: string };
}

/** `branch` is undefined for a tag. */
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

/** @returns undefined as the value when the commit came to the branch without a pull request. */
async function findMerged(
  { octokit, repository, retry }: GithubAccess,
  pushed: Pushed,
): Promise<Asked<number | undefined>> {
  const request = { ...repository, commit_sha: pushed.sha, per_page: 100 };
  const read = async (page: number) =>
    pageOf<AssociatedPull>(
      await octokit.rest.repos.listPullRequestsAssociatedWithCommit({
        ...request,
        page,
      }),
    );
  const asked = await ask(
    () => findOnPages(read, isMergeOf(pushed)),
    {
      to: "look for the merged pull request",
      permission: "pull-requests: read",
      target: "the pushed commit",
      refused: "to say which pull request the commit belongs to (422)",
    },
    retry,
  );
  return asked.ok ? { ok: true, value: asked.value?.number } : asked;
}

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

// Which commit is checked out in the workspace, from git's own files: there may be no git on the machine.

/** @returns undefined where nothing is checked out, or not into the workspace itself. */
export function readHead(workspace: string): string | undefined {
  const read = (name: string): string => {
    try {
      return readFileSync(path.join(workspace, ".git", name), "utf8").trim();
    } catch {
      return "";
    }
  };
  const head = read("HEAD");
  const [, ref] = /^ref: (refs\/\S+)$/.exec(head) ?? [];
  const loose = ref === undefined ? head : read(ref);
  const found = loose === "" ? packedIn(read("packed-refs"), ref) : loose;
  return isCommit(found) ? found : undefined;
}

/** Lines `<commit> <ref>`; what is loose as well is newer there. */
const packedIn = (text: string, ref: string | undefined): string | undefined =>
  text
    .split("\n")
    .map((line) => line.split(" "))
    .find(([, name]) => name !== undefined && name === ref)?.[0];

const isCommit = (text: string | undefined): boolean =>
  /^[0-9a-f]{40}([0-9a-f]{24})?$/.test(text ?? "");
