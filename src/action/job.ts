import { existsSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { projectName } from "../deploy/names.ts";
import type { Problem } from "../gate/failure.ts";
import type { Gate } from "../gate/gate.ts";
import type { Command } from "./inputs/contract.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Job {
  readonly environment: Environment;
  readonly event: string;
  readonly action: string;
  /** `owner/name`; empty outside GitHub. */
  readonly repository: string;
  readonly sha: string;
  readonly branch: string | undefined;
  readonly runUrl: string;
  readonly pullRequest: PullRequest | undefined;
  /** The pull request that a comment was written on; its number is undefined for an issue. */
  readonly comment: { readonly pullNumber: number | undefined } | undefined;
  /**
   * Whether the event is about code that nobody with write access wrote: of another repository (a fork's pull request, or a workflow
   * run that one set off), or a pull request that Dependabot opened, whoever does something to it.
   */
  readonly fork: boolean;
  /** Logins of who caused the event and of who wrote what it is about; an empty one where that is not known. */
  readonly people: readonly string[];
  readonly workspace: string;
  readonly temp: string;
  readonly problems: readonly Problem[];
}

interface PullRequest {
  readonly number: number;
  readonly headSha: string;
  /** Set when it is closed or merged, whatever happened to it now. */
  readonly closed?: true;
  /**
   * The run gets neither secrets nor a token that may write: the head is in another repository, or Dependabot pushed it,
   * whose runs GitHub treats the same.
   */
  readonly untrusted: boolean;
}

/** Which gate a run is about, and what it does. */
export interface RunPlace {
  readonly command: Command;
  readonly stack: string;
  readonly region: string;
  /** Given by the input; that of the repository otherwise. */
  readonly project?: string | undefined;
}

export const projectOf = (
  { project }: Pick<RunPlace, "project">,
  { repository }: Pick<Job, "repository">,
): string => project ?? projectName(repository);

/** A stack to work on; the gate only for the commands that need one (preview, up). */
export interface Target extends RunPlace {
  readonly gate: Gate | undefined;
  readonly removeStack: boolean;
  /** Paths in the workspace of the files and directories that the gate is made of. */
  readonly sources?: readonly string[];
  /** Real paths of the policy packs that `preview` and `up` run. */
  readonly policyPacks?: readonly string[];
}

export function readJob(environment: Environment): Job {
  const get = (name: string) => environment[name] ?? "";
  const repository = get("GITHUB_REPOSITORY");
  const problems: Problem[] = [];
  const event = readEvent(get("GITHUB_EVENT_PATH"), problems);
  const pullRequest = readPullRequest(event, {
    repository,
    actor: get("GITHUB_ACTOR"),
  });
  const comment = readComment(event);
  const workspace = path.resolve(get("GITHUB_WORKSPACE") || ".");
  return {
    environment,
    event: get("GITHUB_EVENT_NAME"),
    action: event.action ?? "",
    repository,
    // A comment's own commit is the default branch's, whatever the workflow looks at.
    sha:
      pullRequest?.headSha ??
      (comment && readHead(workspace)) ??
      get("GITHUB_SHA"),
    branch:
      get("GITHUB_REF_TYPE") === "tag"
        ? undefined
        : get("GITHUB_REF_NAME") || undefined,
    runUrl: `${get("GITHUB_SERVER_URL")}/${repository}/actions/runs/${get("GITHUB_RUN_ID")}`,
    pullRequest,
    comment,
    fork: isOfFork(event, repository),
    people: peopleIn(event),
    workspace,
    // Never the workspace, which later steps may commit or upload.
    temp: path.resolve(get("RUNNER_TEMP") || tmpdir()),
    problems,
  };
}

function readEvent(file: string, problems: Problem[]): Event {
  // Outside GitHub there may be no event file, or one that is empty.
  if (!existsSync(file)) return {};
  try {
    const event: unknown = JSON.parse(readFileSync(file, "utf8") || "{}");
    if (typeof event === "object" && event !== null) return event;
  } catch {}
  problems.push({
    where: "GITHUB_EVENT_PATH",
    message: `the event file "${file}" is not a JSON object that can be read: leave the variable as the runner sets it`,
  });
  return {};
}

const dependabot = "dependabot[bot]";

function readPullRequest(
  event: Event,
  { actor, repository }: { actor: string; repository: string },
): PullRequest | undefined {
  const { number, head, state } = event.pull_request ?? {};
  if (number === undefined) return undefined;
  return {
    number,
    headSha: head?.sha ?? "",
    ...(state === "closed" && { closed: true as const }),
    untrusted: head?.repo?.full_name !== repository || actor === dependabot,
  };
}

function readComment({ comment, issue }: Event): Job["comment"] {
  if (!comment || !issue) return undefined;
  return {
    pullNumber: issue.pull_request === undefined ? undefined : issue.number,
  };
}

function isOfFork(event: Event, repository: string): boolean {
  const { pull_request: pull, workflow_run: run } = event;
  const isOther = (head: Repository | undefined) =>
    head?.full_name !== repository;
  return (
    pull?.user?.login === dependabot ||
    (!!pull && isOther(pull.head?.repo)) ||
    (!!run && isOther(run.head_repository))
  );
}

/** A comment may be edited by another user than its author: what it says may be either's. */
function peopleIn({ comment, review, sender }: Event): string[] {
  const authors = [comment, review].filter((text) => !!text);
  const logins = [{ user: sender }, ...authors].map(
    ({ user }) => user?.login ?? "",
  );
  return [...new Set(logins)];
}

/** The part of GitHub's webhook payload that is read here; `head.repo` is null when the fork was deleted. */
interface Event {
  readonly action?: string;
  readonly pull_request?: {
    readonly number: number;
    readonly state?: string;
    readonly user?: Account;
    readonly head?: {
      readonly sha?: string;
      readonly repo?: Repository;
    } | null;
  } | null;
  readonly workflow_run?: { readonly head_repository?: Repository } | null;
  readonly issue?: {
    readonly number: number;
    readonly pull_request?: object;
  } | null;
  readonly comment?: Written | null;
  readonly review?: Written | null;
  readonly sender?: Account;
}

type Repository = { readonly full_name?: string } | null;

type Account = { readonly login?: string } | null;

interface Written {
  readonly user?: Account;
}

/**
 * The commit that is checked out, from git's own files: there may be no git on the machine.
 * @returns undefined where nothing is checked out, or not into the workspace itself.
 */
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
