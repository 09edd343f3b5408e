// A run that is run again, or waits for its approval, deploys the files of its commit: what the branch has taken out since (a consumer,
// a route) would come back. GitHub is asked what changed between the commit and the head of its branch.
import { GateFailure, type Problem } from "../../gate/failure.ts";
import type { Inputs } from "../inputs/inputs.ts";
import { placesOf } from "../inputs/workspace-files.ts";
import { type Job, readHead, type Target } from "../job.ts";
import { type Github, noToken } from "./client.ts";

export interface Outdated {
  /** Set when the run may not go on. */
  readonly refusal?: GateFailure;
  readonly warning?: Problem;
}

interface Run {
  readonly target: Pick<Target, "command" | "sources">;
  readonly inputs: Pick<Inputs, "allowOutdated">;
  readonly job: Pick<Job, "environment" | "event" | "sha" | "workspace">;
}

/**
 * Events whose commit was the head of its branch when they came. Left out: tags, releases and deployments name a commit, which may be
 * an older one on purpose; a merge queue's branch is a temporary one.
 */
const headEvents = [
  "push",
  "workflow_dispatch",
  "schedule",
  "repository_dispatch",
];

/** One call of GitHub, two for a branch that has moved on; none for a run that deploys nothing, or is not of a branch. Never throws. */
export async function lookForNewer(
  { inputs, job, target }: Run,
  github: Github | undefined,
): Promise<Outdated> {
  const { command, sources = [] } = target;
  const [, branch] =
    /^refs\/heads\/(.+)$/.exec(job.environment["GITHUB_REF"] ?? "") ?? [];
  const mayBeOutdated =
    (command === "up" || command === "preview") &&
    headEvents.includes(job.event) &&
    branch !== undefined &&
    job.sha !== "";
  if (!mayBeOutdated || inputs.allowOutdated) return {};
  const found = await compare(github, { sha: job.sha, branch });
  if (!found.ok) {
    const attempt = Number(job.environment["GITHUB_RUN_ATTEMPT"] ?? 1);
    // A first attempt is mostly made at once.
    if (attempt < 2) return {};
    const message = `whether ${branch} has moved on since the commit ${short(job.sha)} of this run cannot be found out: ${found.reason}. This is attempt ${attempt}: make sure that it deploys what it should`;
    return { warning: { where, message } };
  }
  const places = sources.flatMap((source) => placesOf(job.workspace, source));
  const why = reasonIn(found.value, { branch, sources: places });
  if (why === undefined || checksOut(job.workspace, found.value)) return {};
  const message = `${sentence(job.sha, why)}. Run the workflow on the head of ${branch}, or set \`allow-outdated: true\` to deploy the older files all the same`;
  return command === "preview"
    ? { warning: { where, message } }
    : { refusal: new GateFailure("outdated", `Refused to run up: ${message}`) };
}

const where = "allow-outdated";

const short = (sha: string): string => sha.slice(0, 7);

const sentence = (sha: string, why: string): string =>
  `this run is of the commit ${short(sha)}, and ${why}: what was taken out since would come back`;

interface Comparison {
  readonly status: string;
  readonly aheadBy: number;
  /** Of the branch. */
  readonly head: string;
  readonly files: readonly string[];
}

/** GitHub lists so many files at most, whatever the number of pages. */
const mostFiles = 300;

async function compare(
  github: Github | undefined,
  { branch, sha }: { sha: string; branch: string },
) {
  if (github === undefined) return noToken;
  const request = {
    to: "compare commits",
    permission: "contents: read",
    target: `the branch ${branch} or the commit`,
  };
  return github.ask(request, async ({ rest }): Promise<Comparison> => {
    const { repository } = github;
    // By its full name: a tag may have the same one, and whoever may write can make it.
    const ref = `heads/${branch}`;
    const { data: found } = await rest.git.getRef({ ...repository, ref });
    const head = found.object.sha;
    if (head === sha)
      return { status: "identical", aheadBy: 0, head, files: [] };
    const { data } = await rest.repos.compareCommitsWithBasehead({
      ...repository,
      basehead: `${sha}...${head}`,
      // The pages are of commits; the files are on the first one.
      per_page: 1,
    });
    const { ahead_by: aheadBy, files = [], status } = data;
    return {
      status,
      aheadBy,
      head,
      files: files.flatMap(({ filename, previous_filename: before }) => [
        filename,
        ...(before === undefined ? [] : [before]),
      ]),
    };
  });
}

/** @returns why the commit is not what the branch would deploy; undefined when it is, or the same files make the gate. */
function reasonIn(
  { aheadBy, files, status }: Comparison,
  { branch, sources }: { branch: string; sources: readonly string[] },
): string | undefined {
  switch (status) {
    case "identical":
      return undefined;
    case "ahead": {
      const commits = aheadBy === 1 ? "1 commit" : `${aheadBy} commits`;
      const changed = files.find((file) => isSource(file, sources));
      if (changed !== undefined)
        return `${branch} is ${commits} further, with changes in ${changed}`;
      return files.length < mostFiles
        ? undefined
        : `${branch} is ${commits} further, with more changes than GitHub lists`;
    }
    case "behind":
    case "diverged":
      return `${branch} does not hold it any more`;
    default:
      return `how it stands to ${branch} is not known`;
  }
}

/**
 * @param sources paths in the workspace. A repository may be checked out below it, so their ends count too. A workflow gives the inputs,
 * and may call others and actions of the repository. What a source lies below can only be a link or a submodule.
 */
function isSource(file: string, sources: readonly string[]): boolean {
  if (/^\.github\/(?:workflows|actions)\//.test(file)) return true;
  return sources.some((source) => {
    const parts = source.split(/[\\/]/).filter((part) => part !== "");
    const isAll = parts.length === 0;
    return (
      isAll ||
      parts.some((_, from) => {
        const end = parts.slice(from).join("/");
        return isWithin(file, end) || isWithin(end, file);
      })
    );
  });
}

const isWithin = (inner: string, outer: string): boolean =>
  inner === outer || inner.startsWith(`${outer}/`);

/** A workflow may check the branch out, not the commit of its event. */
const checksOut = (workspace: string, { head }: Comparison): boolean =>
  readHead(workspace) === head;
