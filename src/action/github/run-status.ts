// The GitHub Deployment that shows a run: opened before the gate is touched, closed with how it ended. Nothing here can make
// a run red; what GitHub refuses is one warning.
import { projectName } from "../../deploy/names.ts";
import { GateFailure } from "../../gate/failure.ts";
import { type Described, describeFailure } from "../describe.ts";
import { type Inputs, readInputs } from "../inputs/inputs.ts";
import type { Job, Target } from "../job.ts";
import { postComment } from "../publish.ts";
import type { Asked, GithubAccess } from "./client.ts";
import {
  askDeployments,
  type DeploymentsApi,
  deploymentsOf,
  type DeploymentState,
  type Place,
  retireOlder,
} from "./deployments.ts";
import { meetGithub, type Meeting } from "./github-context.ts";

/** A deployment to keep, of a gate that is brought up or goes away. */
export interface Live {
  /** The deployment that was opened; undefined when the gate goes away, or GitHub refused. */
  readonly id?: number;
  /** Says how the run ended. @returns why it could not be said. */
  readonly settle: (run: Described) => Promise<string | undefined>;
}

interface LiveParts {
  readonly github: GithubAccess | undefined;
  readonly target: Pick<Target, "command" | "stack">;
  readonly inputs: Pick<Inputs, "environment" | "ephemeral">;
  readonly job: Pick<Job, "repository" | "runUrl" | "sha">;
}

/** @returns undefined when no environment was given, or the command brings nothing up or down. */
export async function openLive(parts: LiveParts): Promise<Live | undefined> {
  const { github, inputs, job, target } = parts;
  const { environment } = inputs;
  const { command, stack } = target;
  if (environment === undefined || github === undefined) return undefined;
  if (command !== "up" && command !== "destroy") return undefined;
  const place = {
    environment,
    gateId: `${projectName(job.repository)}/${stack}`,
  };
  const api = deploymentsOf(github);
  const keeping = { api, place, tell: telling(github) };
  if (command === "destroy") return { settle: (run) => retire(run, keeping) };
  const commit = { sha: job.sha, transient: inputs.ephemeral };
  const opened = await askDeployments(github, () => api.create(place, commit));
  if (!opened.ok) return { settle: () => Promise.resolve(opened.reason) };
  const id = opened.value;
  // Asked for by itself: a repeated creation would leave a deployment behind. Its refusal is told by how the run ended.
  await keeping.tell(() =>
    api.setStatus(id, {
      state: "in_progress",
      description: "The gate is being brought up",
      logUrl: job.runUrl,
    }),
  );
  return { id, settle: (run) => conclude(run, id, keeping) };
}

/**
 * Settles the deployment of a run that could not do so itself.
 * @returns why it could not be done.
 */
export async function giveUp(
  github: GithubAccess,
  id: number,
  { description, logUrl }: { description: string; logUrl: string },
): Promise<string | undefined> {
  const api = deploymentsOf(github);
  const asked = await telling(github)(() =>
    api.setStatus(id, { state: "failure", description, logUrl }),
  );
  return asked.ok ? undefined : asked.reason;
}

interface Keeping {
  readonly api: DeploymentsApi;
  readonly place: Place;
  readonly tell: (work: () => Promise<void>) => Promise<Asked<void>>;
}

const telling =
  (github: GithubAccess): Keeping["tell"] =>
  (work) =>
    askDeployments(github, work);

async function conclude(
  run: Described,
  id: number,
  { api, place, tell }: Keeping,
): Promise<string | undefined> {
  const { failure, runUrl: logUrl = "", urls } = run;
  const state: DeploymentState = failure === undefined ? "success" : "failure";
  const told = await tell(() =>
    api.setStatus(id, {
      state,
      description: failure?.reason ?? "The gate is up",
      logUrl,
      ...(urls && failure === undefined && { environmentUrl: urls.invokeUrl }),
    }),
  );
  if (!told.ok) return told.reason;
  // A gate that could not be brought up anew may still be there as it was.
  if (failure !== undefined) return undefined;
  const asked = await tell(() =>
    retireOlder(api, place, { except: id, logUrl }),
  );
  return asked.ok ? undefined : asked.reason;
}

async function retire(
  { failure, runUrl: logUrl = "" }: Described,
  { api, place, tell }: Keeping,
): Promise<string | undefined> {
  if (failure !== undefined) return undefined;
  const asked = await tell(() =>
    retireOlder(api, place, { except: undefined, logUrl }),
  );
  return asked.ok ? undefined : asked.reason;
}

// What the main step leaves for the post step while it is under way: enough to say on GitHub how it ended when it cannot any more.

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
