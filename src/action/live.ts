// The GitHub Deployment that shows a run: opened before the gate is touched, closed with how it ended. Nothing here can make
// a run red; what GitHub refuses is one warning.
import { projectName } from "../cloud/names.ts";
import {
  askDeployments,
  type DeploymentsApi,
  deploymentsOf,
  type DeploymentState,
  type Place,
  retireOlder,
} from "./deployments.ts";
import type { Asked, GithubAccess } from "./github.ts";
import type { Inputs } from "./inputs.ts";
import type { Job } from "./job.ts";
import type { Target } from "./target.ts";
import type { Described } from "./describe.ts";

/** A deployment to keep, of a gate that is brought up or goes away. */
export interface Live {
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
  const tell = (work: () => Promise<void>) => askDeployments(github, work);
  if (command === "destroy")
    return { settle: (run) => retire(run, { api, place, tell }) };
  const opened = await askDeployments(github, () =>
    begin(api, place, { ...job, transient: inputs.ephemeral }),
  );
  if (!opened.ok) return { settle: () => Promise.resolve(opened.reason) };
  return {
    settle: (run) => conclude(run, opened.value, { api, place, tell }),
  };
}

interface Keeping {
  readonly api: DeploymentsApi;
  readonly place: Place;
  readonly tell: (work: () => Promise<void>) => Promise<Asked<void>>;
}

async function begin(
  api: DeploymentsApi,
  place: Place,
  {
    runUrl,
    sha,
    transient,
  }: { runUrl: string; sha: string; transient: boolean },
): Promise<number> {
  const id = await api.create(place, { sha, transient });
  const description = "The gate is being brought up";
  await api.setStatus(id, {
    state: "in_progress",
    description,
    logUrl: runUrl,
  });
  return id;
}

async function conclude(
  run: Described,
  id: number,
  { api, place, tell }: Keeping,
): Promise<string | undefined> {
  const { failure, runUrl: logUrl = "", urls } = run;
  const state: DeploymentState = failure === undefined ? "success" : "failure";
  const asked = await tell(async () => {
    await api.setStatus(id, {
      state,
      description: failure?.reason ?? "The gate is up",
      logUrl,
      ...(urls && failure === undefined && { environmentUrl: urls.invokeUrl }),
    });
    // A gate that could not be brought up anew may still be there as it was.
    if (failure === undefined)
      await retireOlder(api, place, { except: id, logUrl });
  });
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
