// The operations on the statuses of deployments.

import type {
  GithubAnswer,
  GithubRequest,
  GithubTarget,
} from "./github-answers.ts";
import { pageOf } from "./github-pages.ts";
import { invalid, notFound } from "./github-shapes.ts";
import {
  type GithubDeployment,
  type GithubState,
  type GithubStatus,
  nextId,
  now,
} from "./github-state.ts";

export function listStatuses(
  state: GithubState,
  request: GithubRequest,
  { number: id }: GithubTarget,
): GithubAnswer {
  const found = state.deployments.find((candidate) => candidate.id === id);
  if (found === undefined) return notFound();
  const statuses = [...found.statuses].reverse();
  return pageOf(request, `/deployments/${id}/statuses`, statuses, (status) =>
    statusShape(state, request.base, { deployment: found, status }),
  );
}

export function createStatus(
  state: GithubState,
  request: GithubRequest,
  { number: id, caller: { login, type } }: GithubTarget,
): GithubAnswer {
  const deployment = state.deployments.find((candidate) => candidate.id === id);
  if (deployment === undefined) return notFound();
  const { fields } = request;
  const refusal = refuseStatus(fields);
  if (refusal !== undefined) return refusal;
  const status = {
    id: nextId(state),
    login,
    type,
    state: textOf(fields.state),
    description: textOf(fields.description),
    environment: textOf(fields.environment, deployment.environment),
    environmentUrl: textOf(fields.environment_url),
    logUrl: textOf(fields.log_url) || textOf(fields.target_url),
    createdAt: now(),
  };
  deployment.statuses.push(status);
  if (status.state === "success" && fields.auto_inactive !== false)
    retireOthers(state, deployment);
  return {
    status: 201,
    body: statusShape(state, request.base, { deployment, status }),
  };
}

const states = [
  "error",
  "failure",
  "inactive",
  "in_progress",
  "queued",
  "pending",
  "success",
];

function refuseStatus(
  fields: Readonly<Record<string, unknown>>,
): GithubAnswer | undefined {
  if (!states.includes(textOf(fields.state)))
    return invalid("DeploymentStatus", "state", {
      code: "invalid",
      message: `state must be one of ${states.join(", ")}`,
    });
  for (const name of ["environment_url", "log_url", "target_url"]) {
    const url = fields[name] ?? "";
    if (url !== "" && !/^https?:\/\/[^\s/]+/.test(textOf(url)))
      return invalid("DeploymentStatus", name, {
        message: `${name} must use http(s) scheme`,
      });
  }
  return tooLong("DeploymentStatus", textOf(fields.description));
}

/** "Adds a new inactive status to all prior non-transient, non-production environment deployments with the same repository and
 * environment name … only added to deployments that had a success state" (GitHub's REST reference, `auto_inactive`). */
function retireOthers(
  state: GithubState,
  { id, environment, login, type }: GithubDeployment,
): void {
  for (const prior of state.deployments) {
    const last = prior.statuses.at(-1);
    if (
      prior.id >= id ||
      prior.environment !== environment ||
      prior.transient ||
      prior.production ||
      last?.state !== "success"
    )
      continue;
    const retired = { ...last, id: nextId(state), login, type };
    prior.statuses.push({ ...retired, state: "inactive", createdAt: now() });
  }
}

function statusShape(
  { repository }: GithubState,
  base: string,
  of: { deployment: GithubDeployment; status: GithubStatus },
): object {
  const { deployment, status } = of;
  const url = `${base}/repos/${repository}/deployments/${deployment.id}`;
  return {
    id: status.id,
    url: `${url}/statuses/${status.id}`,
    state: status.state,
    creator: { login: status.login, type: status.type },
    description: status.description,
    environment: status.environment,
    environment_url: status.environmentUrl,
    log_url: status.logUrl,
    target_url: status.logUrl,
    created_at: status.createdAt,
    updated_at: status.createdAt,
    deployment_url: url,
    repository_url: `${base}/repos/${repository}`,
  };
}

export function tooLong(
  resource: string,
  description: string,
): GithubAnswer | undefined {
  if (description.length <= 140) return undefined;
  const message = "description is too long (maximum is 140 characters)";
  return invalid(resource, "description", { message });
}

export const textOf = (value: unknown, otherwise = ""): string =>
  typeof value === "string" && value !== "" ? value : otherwise;
