// What the main step leaves for the post step while it is under way: enough to say on GitHub how it ended when it cannot any more.
import { GateFailure } from "../gate/failure.ts";
import { describeFailure } from "./describe.ts";
import { readInputs } from "./inputs/inputs.ts";
import type { Job } from "./job.ts";
import { giveUp } from "./github/live.ts";
import { postComment } from "./post-report.ts";
import { type Meeting, meetGithub } from "./meeting.ts";
import type { Target } from "./target.ts";

export interface Underway extends Pick<Target, "command" | "stack"> {
  /** Id of the GitHub deployment that was opened. */
  readonly deployment?: number;
}

/** How a main step ends that reports nothing. */
const endings = {
  killed: () =>
    new GateFailure(
      "cancelled",
      "The run was killed before it could report what it did: its log says how far it came, the next run what is left to do",
    ),
  crashed: () =>
    new GateFailure(
      "engine",
      "The run ended in a bug of the action before it could report what it did: its log says where",
    ),
} as const;

/** Puts the ending into the comment and the deployment. @returns what GitHub refused, as warnings. */
export async function reportLost(
  { deployment, ...place }: Underway,
  ending: keyof typeof endings,
  job: Job,
  host: Meeting,
): Promise<string[]> {
  const failure = endings[ending]();
  const around = meetGithub(readInputs(host.source), job, host);
  // What of it was done nobody knows, but that it was no preview.
  const previewed = place.command === "preview";
  const run = { ...describeFailure(failure, place, job), previewed };
  const { refused } = await postComment({ ...around, run });
  const words = { description: failure.reason, logUrl: job.runUrl };
  const lost =
    deployment === undefined || around.github === undefined
      ? undefined
      : await giveUp(around.github, deployment, words);
  const unsettled =
    lost && `The deployment in the environment stays in progress: ${lost}`;
  return [refused, unsettled].filter((warning) => warning !== undefined);
}
