// Stages: named pointers to deployments.

import type { ApiRecord, Stage } from "../model.ts";
import type { Call, Handler } from "./call.ts";
import { badRequest, conflict, limitExceeded, notFound } from "./errors.ts";
import { defined, flag, type Json, text, textMap } from "./input.ts";
import { theApi, theStage } from "./lookup.ts";
import { detachStages } from "./removal.ts";

/** @throws ServiceError (the text is ours) */
export function checkStageName(name: string): void {
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(name))
    throw badRequest("Stage name only allows a-zA-Z0-9_-");
}

/** Names and values of stage variables take few characters. @throws ServiceError (the texts are ours) */
export function checkVariable(name: string, value: string): void {
  if (!/^\w{1,64}$/.test(name))
    throw badRequest(`Invalid stage variable name: ${name}`);
  if (!/^[A-Za-z0-9\-._~:/?#&=,]{0,512}$/.test(value))
    throw badRequest(
      "Invalid stage variable value: Please use values with alphanumeric characters and the symbols ' ', -', '.', '_', ':', '/', '?', '&', '=', and ','.",
    );
}

export const createStage: Handler = (call) =>
  addStage(call, theApi(call), call.body);

export function addStage(call: Call, record: ApiRecord, input: Json): Stage {
  const stageName = text(input, "stageName") ?? "";
  checkStageName(stageName);
  const deploymentId = text(input, "deploymentId") ?? "";
  if (!record.deployments.has(deploymentId))
    throw notFound("Invalid Deployment identifier specified");
  if (record.stages.has(stageName)) throw conflict("Stage already exists");
  if (record.stages.size >= 10)
    throw limitExceeded(
      "Maximum number of stages for this API has been reached.",
    );
  refuseUnsupported(input);
  const variables = textMap(input, "variables") ?? {};
  for (const [name, value] of Object.entries(variables))
    checkVariable(name, value);
  const tags = textMap(input, "tags") ?? {};
  const stage: Stage = {
    stageName,
    deploymentId,
    ...defined({ description: text(input, "description") || undefined }),
    ...cacheOf(input),
    methodSettings: {},
    ...(Object.keys(variables).length > 0 ? { variables } : {}),
    tracingEnabled: flag(input, "tracingEnabled") ?? false,
    createdDate: call.now,
    lastUpdatedDate: call.now,
    ...(Object.keys(tags).length > 0 ? { tags } : {}),
  };
  record.stages.set(stageName, stage);
  return stage;
}

// Better an error than a stage that silently lacks what was asked for; the texts are ours.
function refuseUnsupported(input: Json): void {
  if (input["canarySettings"] !== undefined)
    throw badRequest("Canary settings are not part of the local API Gateway");
  const version = text(input, "documentationVersion");
  if (version)
    throw badRequest(`Documentation version ${version} does not exist`);
}

type Cache = Pick<
  Stage,
  "cacheClusterEnabled" | "cacheClusterSize" | "cacheClusterStatus"
>;

/** A cache cluster is there at once; on AWS it takes minutes. Nothing is cached. */
function cacheOf(input: Json): Cache {
  if (flag(input, "cacheClusterEnabled") !== true)
    return { cacheClusterEnabled: false, cacheClusterStatus: "NOT_AVAILABLE" };
  return {
    cacheClusterEnabled: true,
    cacheClusterSize: text(input, "cacheClusterSize") ?? "0.5",
    cacheClusterStatus: "AVAILABLE",
  };
}

export const getStage: Handler = (call) => theStage(call).stage;

export const getStages: Handler = (call) => {
  const deployment = call.query.get("deploymentId");
  const stages = [...theApi(call).stages.values()];
  return {
    item: stages.filter(
      ({ deploymentId }) => deployment === null || deploymentId === deployment,
    ),
  };
};

export const deleteStage: Handler = (call) => {
  const { record, stage } = theStage(call);
  record.stages.delete(stage.stageName);
  const { id } = record.parts.api;
  detachStages(
    call,
    (each) => each.apiId === id && each.stage === stage.stageName,
  );
  call.flush(id, stage.stageName);
  return undefined;
};

export const flushStageAuthorizersCache: Handler = (call) => {
  const { record, stage } = theStage(call);
  call.flush(record.parts.api.id, stage.stageName);
  return undefined;
};

/** There is no response cache here to flush; the stage must exist all the same. */
export const flushStageCache: Handler = (call) => {
  theStage(call);
  return undefined;
};
