// Where on GitHub a run reports, as far as it got: its way there, and what it is about.
import { automaticOn } from "../events.ts";
import type { Inputs, InputSource } from "../inputs/inputs.ts";
import type { Job, Target } from "../job.ts";
import type { GithubAccess } from "./client.ts";
import { findPullRequest, type PullRequest } from "./pull-request.ts";
import type { Live } from "./run-status.ts";

/** What it takes to find out where on GitHub a run reports. */
export interface Meeting {
  readonly source: InputSource;
  /** Undefined where there is nobody to talk to. */
  readonly connect: (
    token: string,
    repository: string,
  ) => GithubAccess | undefined;
}

export interface Surroundings {
  readonly inputs?: Inputs;
  readonly target?: Target;
  readonly github?: GithubAccess | undefined;
  readonly pullRequest?: PullRequest | undefined;
  /** The deployment under way. */
  readonly live?: Live | undefined;
}

/** The way to the pull request; none for a run without a stack, whose comment nothing would ever update. */
export function meetGithub(inputs: Inputs, job: Job, { connect }: Meeting) {
  const { "github-token": token = "", stack } = inputs.given;
  const github = connect(token, job.repository);
  const pullRequest =
    github && stack !== undefined ? findPullRequest(github, job) : undefined;
  return { inputs, github, pullRequest };
}

/** For the report of a run that did not get as far as to have a target. */
export function placeOf({ inputs, target }: Surroundings, { event }: Job) {
  if (target !== undefined) return target;
  const asked = inputs?.command ?? "auto";
  const command = asked === "auto" ? automaticOn(event) : asked;
  return { command, stack: inputs?.given.stack ?? "" };
}
