// The GitHub Deployment of a gate in an environment: in progress, then success with the gate's URL or failure, and inactive once
// another one took its place or the gate is gone. What GitHub refuses is one warning.
import type { Described } from "../describe.ts";
import type { Inputs } from "../inputs/inputs.ts";
import { type Job, projectOf, type RunPlace } from "../job.ts";
import type { Answer, Github, Octokit } from "./client.ts";

export interface Deployment {
  readonly id?: number;
  /** Says how the run ended. @returns why it could not be said. */
  readonly close: (run: Described) => Promise<string | undefined>;
}

interface Run {
  readonly target: RunPlace;
  readonly inputs: Pick<Inputs, "environment" | "ephemeral">;
  readonly job: Pick<Job, "repository" | "runUrl" | "sha">;
}

/** @returns undefined when no environment was given, or the command neither deploys the gate nor removes it. */
export async function openDeployment(
  { inputs, job, target }: Run,
  github: Github | undefined,
): Promise<Deployment | undefined> {
  const { environment } = inputs;
  const { command, region, stack } = target;
  if (environment === undefined || github === undefined) return undefined;
  if (command !== "up" && command !== "destroy") return undefined;
  const { runUrl: logUrl, sha: ref } = job;
  const gate = `${projectOf(target, job)}/${stack}/${region}`;
  const place = { github, environment, gate, logUrl };
  if (command === "destroy")
    return {
      close: async ({ failure }) =>
        failure === undefined ? retireOlder(place) : undefined,
    };
  const opened = await ask(github, async ({ rest }) => {
    const { data } = await rest.repos.createDeployment({
      ...github.repository,
      ref,
      task,
      environment,
      transient_environment: inputs.ephemeral,
      payload: { gate },
      // What this job did decides, not a merge or the checks of the commit, of which this job is one.
      auto_merge: false,
      required_contexts: [],
    });
    if (!("id" in data)) throw new Error("GitHub merged instead");
    return data.id;
  });
  if (!opened.ok) return { close: () => Promise.resolve(opened.reason) };
  const id = opened.value;
  await setStatus(github, id, {
    state: "in_progress",
    description: "The gate is being brought up",
    logUrl,
  });
  return { id, close: (run) => closeDeployed(run, id, place) };
}

interface Place {
  readonly github: Github;
  readonly environment: string;
  /** `<project>/<stack>/<region>`: several gates may live in one environment. */
  readonly gate: string;
  readonly logUrl: string;
}

interface Status {
  readonly state: "in_progress" | "success" | "failure" | "inactive";
  readonly description: string;
  readonly environmentUrl?: string | undefined;
  readonly logUrl: string;
}

async function closeDeployed(
  { failure, urls }: Described,
  id: number,
  place: Place,
): Promise<string | undefined> {
  const { github, logUrl } = place;
  const refused = await setStatus(github, id, {
    state: failure === undefined ? "success" : "failure",
    description: failure?.reason ?? "The gate is up",
    environmentUrl: failure === undefined ? urls?.invokeUrl : undefined,
    logUrl,
  });
  // A gate that could not be updated may still be there as it was, so older deployments stay.
  return failure === undefined && refused === undefined
    ? retireOlder(place, id)
    : refused;
}

export async function setStatus(
  github: Github,
  id: number,
  status: Status,
): Promise<string | undefined> {
  const sent = await ask(github, (octokit) =>
    sendStatus(github, octokit, id, status),
  );
  return sent.ok ? undefined : sent.reason;
}

async function sendStatus(
  { repository }: Github,
  { rest }: Octokit,
  id: number,
  { description, environmentUrl, logUrl, state }: Status,
): Promise<void> {
  await rest.repos.createDeploymentStatus({
    ...repository,
    deployment_id: id,
    state,
    description: description.slice(0, 140),
    log_url: logUrl,
    auto_inactive: false,
    ...(environmentUrl !== undefined && { environment_url: environmentUrl }),
  });
}

/** Why a deployment is inactive. The words also tell those that were made so here from those that GitHub did by itself. */
const retired = {
  replaced: "Another deployment took its place",
  gone: "The gate is gone",
} as const;

/**
 * Makes the gate's older deployments inactive. GitHub does that by itself only for environments that are not transient, and
 * then for other gates' deployments too, if they succeeded.
 * @param current the deployment that stays; undefined when the gate is gone.
 * @returns why it could not be done.
 */
async function retireOlder(
  place: Place,
  current?: number,
): Promise<string | undefined> {
  const { github, logUrl } = place;
  const description = current === undefined ? retired.gone : retired.replaced;
  const retiring = await ask(github, async (octokit) => {
    // Oldest first: wherever this is cut short, all before one that was retired are, and the next time finds the others.
    const ids = await activeBefore(current, octokit, place);
    for (const id of ids.reverse())
      await sendStatus(github, octokit, id, {
        state: "inactive",
        description,
        logUrl,
      });
  });
  return retiring.ok ? undefined : retiring.reason;
}

/** @returns ids of the gate's older deployments that are not inactive, newest first. */
async function activeBefore(
  current: number | undefined,
  { rest }: Octokit,
  { environment, gate, github: { repository } }: Place,
): Promise<number[]> {
  // The newest hundred: whatever came before was made inactive by one of them.
  const request = { ...repository, environment, task, per_page: 100 };
  const { data } = await rest.repos.listDeployments(request);
  const ids = data
    .filter(({ payload }) => gateIn(payload) === gate)
    .map(({ id }) => id);
  // A newer one is another run's, which has not ended yet.
  const older = ids.slice(current === undefined ? 0 : ids.indexOf(current) + 1);
  const active: number[] = [];
  for (const id of older) {
    const one = { ...repository, deployment_id: id, per_page: 1 };
    const [status] = (await rest.repos.listDeploymentStatuses(one)).data;
    if (status?.state !== "inactive") active.push(id);
    else if (Object.values<string>(retired).includes(status.description)) break;
  }
  return active;
}

const task = "ai-gate";

const ask = <Value>(
  github: Github,
  work: (octokit: Octokit) => Promise<Value>,
): Promise<Answer<Value>> =>
  github.ask(
    {
      to: "keep deployments",
      permission: "deployments: write",
      target: "the repository's deployments",
      refused: "the deployment (422); the commit may be gone",
    },
    work,
  );

/** GitHub gives a payload back as it came, or as its JSON text. */
function gateIn(payload: unknown): unknown {
  try {
    const content: unknown =
      typeof payload === "string" ? JSON.parse(payload) : payload;
    return (content as { gate?: unknown } | null)?.gate;
  } catch {
    return undefined;
  }
}
