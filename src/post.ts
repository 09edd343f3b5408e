// Post entry, after the job's steps, also when the job was cancelled: reports a run that was killed, and releases the lock it
// held. A main step that ended by itself leaves nothing to do. A failure here is a warning, never a red job.
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import * as core from "@actions/core";
import { describeFailure } from "./action/describe.ts";
import { connectGithub } from "./action/github/client.ts";
import { setStatus } from "./action/github/deployment.ts";
import { type Host, logText, readInput, type RunState } from "./action/host.ts";
import { readInputs } from "./action/inputs/inputs.ts";
import { type Job, readJob } from "./action/job.ts";
import { postComment } from "./action/publish.ts";
import type { StartedEngines } from "./deploy/lock.ts";
import { GateFailure } from "./gate/failure.ts";

export async function post(): Promise<void> {
  const [run, engines] = [core.getState("run"), core.getState("engines")];
  if (run !== "") await report(run);
  // Comes last: an engine that still runs is waited for, which can take minutes.
  if (engines !== "") await release(engines);
}

async function report(state: string): Promise<void> {
  const ending = core.getState("crashed") === "true" ? "crashed" : "killed";
  const host: ReportHost = {
    source: { getInput: readInput, setSecret: core.setSecret },
    connect: (token = "", repository) =>
      connectGithub({
        token,
        repository,
        signal: new AbortController().signal,
      }),
  };
  try {
    const run = JSON.parse(state) as RunState;
    const job = readJob(process.env);
    for (const warning of await reportKilled(run, ending, job, host))
      core.warning(warning);
  } catch (error) {
    core.warning(
      `The pull request does not say that the run was cut short: ${String(error)}`,
    );
  }
}

type ReportHost = Pick<Host, "connect" | "source">;

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
export async function reportKilled(
  { deployment, ...place }: RunState,
  ending: keyof typeof endings,
  job: Job,
  { connect, source }: ReportHost,
): Promise<string[]> {
  const failure = endings[ending]();
  const inputs = readInputs(source);
  const github = connect(inputs.given["github-token"], job.repository);
  // What was done is not known, but a preview changed nothing.
  const previewed = place.command === "preview";
  const run = { ...describeFailure(failure, place, job), previewed };
  const { refused } = await postComment({ run, inputs, github }, job);
  const open =
    github && deployment !== undefined
      ? await setStatus(github, deployment, {
          state: "failure",
          description: failure.reason,
          logUrl: job.runUrl,
        })
      : undefined;
  return [
    refused,
    open && `The deployment in the environment stays in progress: ${open}`,
  ].filter((warning) => warning !== undefined);
}

async function release(state: string): Promise<void> {
  try {
    const { createAws } = await import("./deploy/aws.ts");
    const { releaseLocks } = await import("./deploy/lock.ts");
    const { isEngine } = await import("./action/stack/lock-owner.ts");
    const started = JSON.parse(state) as StartedEngines;
    const released = await releaseLocks(started, createAws(process.env), {
      hostname: hostname(),
      sleep: (milliseconds) => sleep(milliseconds),
      alive: isEngine,
      log: (text) => core.info(logText(text)),
    });
    if (released)
      core.info("Released the stack's lock that the cancelled run still held");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    core.warning(
      `The stack's lock could not be checked (${why}): if the next run says it is locked, run \`command: unlock\``,
    );
  }
}
