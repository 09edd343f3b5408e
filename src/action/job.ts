// The job this run is part of, read once from the environment and the event file that the runner provides.
import { existsSync, readFileSync } from "node:fs";
import path from "node:path";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Job {
  readonly environment: Environment;
  /** `push`, `pull_request`, … */
  readonly event: string;
  /** `owner/name`; empty outside GitHub. */
  readonly repository: string;
  readonly sha: string;
  readonly runUrl: string;
  /** Set for `pull_request` events. */
  readonly pullRequest: PullRequest | undefined;
  readonly workspace: string;
  /** The runner's temporary directory. */
  readonly temp: string;
}

interface PullRequest {
  readonly number: number;
  readonly headSha: string;
  /** The head is in another repository, so secrets and write access are missing. */
  readonly fork: boolean;
}

export function readJob(environment: Environment): Job {
  const get = (name: string) => environment[name] ?? "";
  const repository = get("GITHUB_REPOSITORY");
  const pullRequest = readPullRequest(get("GITHUB_EVENT_PATH"), repository);
  return {
    environment,
    event: get("GITHUB_EVENT_NAME"),
    repository,
    sha: pullRequest?.headSha ?? get("GITHUB_SHA"),
    runUrl: `${get("GITHUB_SERVER_URL")}/${repository}/actions/runs/${get("GITHUB_RUN_ID")}`,
    pullRequest,
    workspace: path.resolve(get("GITHUB_WORKSPACE") || "."),
    temp: path.resolve(get("RUNNER_TEMP") || "."),
  };
}

function readPullRequest(
  eventPath: string,
  repository: string,
): PullRequest | undefined {
  // Outside GitHub there may be no event file, or one that is empty.
  if (!existsSync(eventPath)) return undefined;
  const text = readFileSync(eventPath, "utf8");
  const event = JSON.parse(text || "{}") as PullRequestEvent;
  const { number, head } = event.pull_request ?? {};
  if (number === undefined) return undefined;
  const fork = head?.repo?.full_name !== repository;
  return { number, headSha: head?.sha ?? "", fork };
}

/** The part of GitHub's webhook payload that is read here; `head.repo` is null when the fork was deleted. */
interface PullRequestEvent {
  readonly pull_request?: {
    readonly number: number;
    readonly head?: {
      readonly sha?: string;
      readonly repo?: { readonly full_name?: string } | null;
    };
  };
}
