// The pull request whose merge a pushed commit is: there the report of the `up` belongs, and there the review was made.
import {
  ask,
  type Asked,
  findOnPages,
  type GithubAccess,
  pageOf,
} from "./github.ts";

export interface MergedPull {
  readonly number: number;
  /** The last commit of the pull request's branch: what was reviewed. The merge made another commit of it. */
  readonly headSha: string;
  /** When it was merged, in seconds since 1970. */
  readonly mergedAt: number;
}

/** The part of GitHub's answer that is read here. */
export interface AssociatedPull {
  readonly number: number;
  readonly merged_at: string | null;
  readonly merge_commit_sha: string | null;
  readonly head: { readonly sha: string };
  readonly base: { readonly ref: string };
}

export interface Pushed {
  readonly sha: string;
  /** The branch that was pushed to; undefined for a tag. */
  readonly branch: string | undefined;
}

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
export async function findMergedPull(
  { octokit, repository, retry }: GithubAccess,
  pushed: Pushed,
): Promise<Asked<MergedPull | undefined>> {
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
    wish,
    retry,
  );
  if (!asked.ok) return asked;
  const { value: pull } = asked;
  return {
    ok: true,
    value: pull && {
      number: pull.number,
      headSha: pull.head.sha,
      mergedAt: Date.parse(pull.merged_at ?? "") / 1000,
    },
  };
}

const wish = {
  to: "look for the merged pull request",
  permission: "pull-requests: read",
  target: "the pushed commit",
  refused: "to say which pull request the commit belongs to (422)",
};
