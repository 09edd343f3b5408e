// The GitHub Deployment of a gate in an environment: in progress, then success with the gate's URL or failure, and inactive
// once another one took its place or the gate is gone. Needs `deployments: write`; without it, one warning.
import { ask, type Asked, type GithubAccess, pageOf } from "./client.ts";

export interface Place {
  /** The environment's name, as the user gives it. */
  readonly environment: string;
  /** `<project>/<stack>`: several gates may live in one environment. */
  readonly gateId: string;
}

export type DeploymentState =
  "in_progress" | "success" | "failure" | "inactive";

interface DeploymentStatus {
  readonly state: DeploymentState;
  /** One line about it. */
  readonly description: string;
  /** Where the gate answers. */
  readonly environmentUrl?: string;
  readonly logUrl: string;
}

interface Commit {
  readonly sha: string;
  /** The environment goes away, as that of a pull request does. */
  readonly transient: boolean;
}

/** What GitHub has to offer for the deployments of one repository. */
export interface DeploymentsApi {
  create(place: Place, commit: Commit): Promise<number>;
  setStatus(id: number, status: DeploymentStatus): Promise<void>;
  /** Ids of the gate's deployments in the environment, the newest first. */
  list(place: Place): Promise<readonly number[]>;
  /** The newest status; undefined when there is none. */
  status(id: number): Promise<LatestStatus | undefined>;
}

interface LatestStatus {
  readonly state: string;
  readonly description: string;
}

/** Why a deployment is inactive. The words also tell those that were made so here from those that GitHub did by itself. */
const retired = {
  replaced: "Another deployment took its place",
  gone: "The gate is gone",
} as const;

/**
 * Makes the gate's older deployments inactive. GitHub does that by itself only for environments that are not transient, and
 * then for other gates' deployments too, if they succeeded.
 * @param except the deployment that lives; undefined when the gate is gone.
 */
export async function retireOlder(
  api: DeploymentsApi,
  place: Place,
  { except, logUrl }: { except: number | undefined; logUrl: string },
): Promise<void> {
  const description = except === undefined ? retired.gone : retired.replaced;
  // Oldest first: wherever this is cut short, all before one that was retired are, and the next time finds the others.
  for (const id of (await unretired(api, place, except)).reverse())
    await api.setStatus(id, { state: "inactive", description, logUrl });
}

/** Ids of the older deployments that are to be made inactive, newest first. */
async function unretired(
  api: DeploymentsApi,
  place: Place,
  except: number | undefined,
): Promise<number[]> {
  const ids = await api.list(place);
  // A newer one is another run's, and under way.
  const older = ids.slice(except === undefined ? 0 : ids.indexOf(except) + 1);
  const found: number[] = [];
  for (const id of older) {
    const status = await api.status(id);
    if (status?.state !== "inactive") found.push(id);
    else if (isRetired(status)) break;
  }
  return found;
}

const isRetired = ({ description }: LatestStatus): boolean =>
  Object.values<string>(retired).includes(description);

/** Asks GitHub for something about deployments, in its own words of refusal. */
export function askDeployments<Value>(
  { retry }: GithubAccess,
  work: () => Promise<Value>,
): Promise<Asked<Value>> {
  return ask(work, wish, retry);
}

const wish = {
  to: "keep deployments",
  permission: "deployments: write",
  target: "the repository's deployments",
  refused: "the deployment (422); the commit may be gone",
};

/** Tells our deployments from those of other tools in the same environment. */
const task = "ai-gate";

/** The repository's deployments, through Octokit. */
export function deploymentsOf({
  octokit,
  repository,
}: GithubAccess): DeploymentsApi {
  const { repos } = octokit.rest;
  return {
    create: async (place, commit) => {
      const request = { ...repository, ...deploymentOf(place, commit) };
      const { data } = await repos.createDeployment(request);
      if (!("id" in data)) throw new Error("GitHub merged instead");
      return data.id;
    },
    setStatus: async (id, status) => {
      const request = { ...repository, deployment_id: id, ...statusOf(status) };
      await repos.createDeploymentStatus(request);
    },
    // The newest hundred: whatever came before was made inactive by one of them.
    list: async ({ environment, gateId }) => {
      const request = { ...repository, environment, task, per_page: 100 };
      const { items } = pageOf(await repos.listDeployments(request));
      return items
        .filter(({ payload }) => gateOf(payload) === gateId)
        .map(({ id }) => id);
    },
    status: async (id) => {
      const request = { ...repository, deployment_id: id, per_page: 1 };
      const { data } = await repos.listDeploymentStatuses(request);
      return data[0];
    },
  };
}

const deploymentOf = (
  { environment, gateId }: Place,
  { sha, transient }: Commit,
) => ({
  ref: sha,
  task,
  environment,
  transient_environment: transient,
  payload: { gate: gateId },
  // What this job did decides, not a merge or the checks of the commit, of which this job is one.
  auto_merge: false,
  required_contexts: [],
});

const statusOf = ({
  description,
  environmentUrl,
  logUrl,
  state,
}: DeploymentStatus) => ({
  state,
  description: description.slice(0, 140),
  log_url: logUrl,
  auto_inactive: false,
  ...(environmentUrl !== undefined && { environment_url: environmentUrl }),
});

/** GitHub gives a payload back as it came, or as its JSON text. */
function gateOf(payload: unknown): unknown {
  const content: unknown =
    typeof payload === "string" ? parsed(payload) : payload;
  return typeof content === "object" && content !== null && "gate" in content
    ? content.gate
    : undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
