// The operations on deployments. What GitHub does by default and surprises with, it does here always: a
// deployment without `required_contexts: []` meets the running job's own unfinished check, one without `auto_merge: false` a merge.
import { invalid, notFound, pageOf, problem } from "./github-shapes.ts";
import {
  type GithubAnswer,
  type GithubDeployment,
  type GithubRequest,
  type GithubState,
  type GithubStatus,
  type GithubTarget,
  nextId,
  now,
} from "./github-state.ts";

export function listDeployments(
  state: GithubState,
  request: GithubRequest,
): GithubAnswer {
  const { query } = request;
  const found = state.deployments.filter((deployment) =>
    (["sha", "ref", "task", "environment"] as const).every(
      (name) => (query.get(name) ?? deployment[name]) === deployment[name],
    ),
  );
  return pageOf(request, "/deployments", found.reverse(), (deployment) =>
    deploymentShape(state, request.base, deployment),
  );
}

export function createDeployment(
  state: GithubState,
  request: GithubRequest,
  { caller }: GithubTarget,
): GithubAnswer {
  const { ref, required_contexts, auto_merge, description } = request.fields;
  if (typeof ref !== "string" || ref === "")
    return invalid("Deployment", "ref", {
      code: "missing_field",
      message: "ref can't be blank",
    });
  const sha = shaOf(state, ref);
  if (sha === undefined) return problem(422, `No ref found for: ${ref}`);
  if (!Array.isArray(required_contexts) || required_contexts.length > 0)
    return problem(409, `Conflict: Commit status checks failed for ${ref}.`);
  if (auto_merge !== false)
    return {
      status: 202,
      body: { message: `Auto-merged main into ${ref} on deployment.` },
    };
  const refusal = tooLong("Deployment", textOf(description));
  if (refusal !== undefined) return refusal;
  const deployment = {
    ...readDeployment(request.fields),
    ...{ id: nextId(state), ref, sha, createdAt: now(), statuses: [] },
    ...{ login: caller.login, type: caller.type },
  };
  state.deployments.push(deployment);
  return {
    status: 201,
    body: deploymentShape(state, request.base, deployment),
  };
}

function readDeployment(fields: GithubRequest["fields"]) {
  const environment = textOf(fields.environment, "production");
  const production =
    fields.production_environment ?? environment === "production";
  return {
    environment,
    production: production === true,
    transient: fields.transient_environment === true,
    task: textOf(fields.task, "deploy"),
    description: textOf(fields.description),
    payload: fields.payload ?? "",
  };
}

export function getDeployment(
  state: GithubState,
  request: GithubRequest,
  { number: id }: GithubTarget,
): GithubAnswer {
  const found = state.deployments.find((candidate) => candidate.id === id);
  return found === undefined
    ? notFound()
    : { status: 200, body: deploymentShape(state, request.base, found) };
}

export function deleteDeployment(
  { deployments }: GithubState,
  _request: GithubRequest,
  { number: id }: GithubTarget,
): GithubAnswer {
  const index = deployments.findIndex((candidate) => candidate.id === id);
  if (index < 0) return notFound();
  const active = deployments[index]?.statuses.at(-1)?.state !== "inactive";
  if (active && deployments.length > 1)
    return problem(
      422,
      "We cannot delete an active deployment unless it is the only deployment in a given environment.",
    );
  deployments.splice(index, 1);
  return { status: 204, body: "" };
}

// A branch, or a commit by its whole id: short ids and `refs/…` are refused, whatever GitHub makes of them.
function shaOf({ pulls }: GithubState, ref: string): string | undefined {
  if (/^[0-9a-f]{40}$/.test(ref)) return ref;
  if (ref === "main") return "a".repeat(40);
  const pull = pulls.find(({ headRef, headSha }) =>
    [headRef, headSha].includes(ref),
  );
  return pull && (pull.headSha ?? "b".repeat(40));
}

function deploymentShape(
  { repository }: GithubState,
  base: string,
  deployment: GithubDeployment,
): object {
  const { id, ref, sha, task, environment, payload } = deployment;
  const url = `${base}/repos/${repository}/deployments/${id}`;
  return {
    id,
    url,
    ref,
    sha,
    task,
    payload,
    environment,
    original_environment: environment,
    description: deployment.description,
    creator: { login: deployment.login, type: deployment.type },
    created_at: deployment.createdAt,
    updated_at: deployment.statuses.at(-1)?.createdAt ?? deployment.createdAt,
    statuses_url: `${url}/statuses`,
    repository_url: `${base}/repos/${repository}`,
    transient_environment: deployment.transient,
    production_environment: deployment.production,
  };
}

// The operations on the statuses of deployments.

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

function tooLong(
  resource: string,
  description: string,
): GithubAnswer | undefined {
  if (description.length <= 140) return undefined;
  const message = "description is too long (maximum is 140 characters)";
  return invalid(resource, "description", { message });
}

const textOf = (value: unknown, otherwise = ""): string =>
  typeof value === "string" && value !== "" ? value : otherwise;
