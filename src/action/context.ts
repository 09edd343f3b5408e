import type { Outdated } from "./github/outdated.ts";
import type { Aws } from "../deploy/aws.ts";
import type { Engine } from "../deploy/engine.ts";
import type { RunNote } from "../deploy/lock-holders.ts";
import type { Answer } from "./github/client.ts";
import type { Host } from "./host.ts";
import type { Inputs } from "./inputs/inputs.ts";
import type { Job, Target } from "./job.ts";

/** @returns `completed`, `in_progress`, …; only for runs of this repository. */
type AskRunStatus = (run: RunNote) => Promise<Answer<string>>;

export interface RunContext {
  readonly target: Target;
  readonly inputs: Inputs;
  readonly job: Job;
  readonly host: Host;
  /** What GitHub says of the commit; undefined where nothing was asked. */
  readonly outdated?: Promise<Outdated>;
  readonly askRunStatus: AskRunStatus;
  /** Whether an `up` first reads what is there: somebody may have deleted some of it. */
  readonly readsAnew?: true;
  /** What the `up` before that one unpacked into the run's own directory, which has room for one. */
  readonly engine?: Promise<Engine> | undefined;
}

/** The same with credentials; the target's gate has what had to be looked up. */
export interface AwsContext extends RunContext {
  readonly aws: Aws;
  readonly account: string;
}
