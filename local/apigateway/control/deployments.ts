// Deployments: deep copies of an API's parts. What is edited afterwards does not reach a stage until it is deployed again.

import type { ApiParts, ApiRecord, Deployment } from "../model.ts";
import { newId } from "../store.ts";
import { type Call, type Handler, page, param } from "./call.ts";
import { badRequest } from "./errors.ts";
import { defined, type Json, text, without } from "./input.ts";
import { member, theApi } from "./lookup.ts";
import { invalidPath, patched, textRule } from "./patch.ts";
import { addStage, checkStageName } from "./stages.ts";

const view = (deployment: Deployment): object =>
  without(deployment, "snapshot");

/** With a stage name, that stage is made, or moved to the new deployment. */
export const createDeployment: Handler = (call) => {
  const record = theApi(call);
  const { body } = call;
  checkDeployable(record.parts);
  if (body["canarySettings"] !== undefined)
    throw badRequest(
      "Canary deployments are not part of the local API Gateway",
    ); // ours
  const stageName = text(body, "stageName");
  if (stageName) checkStageName(stageName);
  const description = text(body, "description");
  const deployment: Deployment = {
    id: newId(6),
    createdDate: call.now,
    ...defined({ description }),
    snapshot: structuredClone(record.parts),
  };
  record.deployments.set(deployment.id, deployment);
  if (stageName)
    deployTo(call, record, { stageName, deploymentId: deployment.id });
  return view(deployment);
};

interface Target {
  readonly stageName: string;
  readonly deploymentId: string;
}

function deployTo(
  call: Call,
  record: ApiRecord,
  { stageName, deploymentId }: Target,
): void {
  const stage = record.stages.get(stageName);
  if (stage) {
    stage.deploymentId = deploymentId;
    stage.lastUpdatedDate = call.now;
    return;
  }
  const { stageDescription, ...rest } = call.body;
  const input: Json = {
    ...rest,
    stageName,
    deploymentId,
    description: stageDescription,
  };
  addStage(call, record, input);
}

// Both texts are as users report them; their recording is missing.
function checkDeployable({ resources }: ApiParts): void {
  const methods = [...resources.values()].flatMap((resource) => [
    ...resource.methods.values(),
  ]);
  if (methods.length === 0)
    throw badRequest("The REST API doesn't contain any methods");
  if (methods.some(({ methodIntegration }) => !methodIntegration))
    throw badRequest("No integration defined for method");
}

function theDeployment(call: Call): {
  record: ApiRecord;
  deployment: Deployment;
} {
  const record = theApi(call);
  const id = param(call, "deployment");
  const message = "Invalid Deployment identifier specified";
  return { record, deployment: member(record.deployments, id, message) };
}

export const getDeployment: Handler = (call) =>
  view(theDeployment(call).deployment);

export const getDeployments: Handler = (call) =>
  page(call, [...theApi(call).deployments.values()].map(view));

export const deleteDeployment: Handler = (call) => {
  const { record, deployment } = theDeployment(call);
  if (
    [...record.stages.values()].some(
      ({ deploymentId }) => deploymentId === deployment.id,
    )
  )
    throw badRequest(
      "Active stages pointing to this deployment must be moved or deleted",
    );
  record.deployments.delete(deployment.id);
  return undefined;
};

export const updateDeployment: Handler = (call) => {
  const { record, deployment } = theDeployment(call);
  const changed = patched(deployment, call.body, {
    operation: "updateDeployment",
    rules: [textRule<Deployment>("description", ["add", "replace", "remove"])],
    refuse: invalidPath(["/description"]),
  });
  record.deployments.set(changed.id, changed);
  return view(changed);
};
