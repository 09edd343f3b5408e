// Deployments, which are deep copies of an API's parts, and stages, which are named pointers to them.

import {
  accountKey,
  type ApiParts,
  type ApiRecord,
  type Deployment,
  newId,
  type Stage,
} from "../model.ts";
import {
  type Call,
  type Handler,
  member,
  page,
  param,
  theApi,
  theStage,
} from "./call.ts";
import {
  badRequest,
  conflict,
  limitExceeded,
  notFound,
  type ServiceError,
} from "./errors.ts";
import { defined, flag, type Json, text, textMap, without } from "./input.ts";
import { logs, noSetting, settingRules } from "./method-settings.ts";
import {
  invalidPath,
  type Patch,
  patched,
  type PatchRule,
  textRule,
  toFlag,
} from "./patch.ts";
import { detachStages } from "./usage-plans.ts";

const deploymentView = (deployment: Deployment): object =>
  without(deployment, "snapshot");

/** With a stage name, that stage is moved to the new deployment, as `Deploy API` in the console does. */
export const createDeployment: Handler = (call) => {
  const record = theApi(call);
  checkDeployable(record.parts);
  const stageName = text(call.body, "stageName");
  const stage = stageName ? record.stages.get(stageName) : undefined;
  if (stageName && !stage)
    throw badRequest("The local API Gateway makes no stage here"); // ours
  const deployment: Deployment = {
    id: newId(6),
    createdDate: call.now,
    ...defined({ description: text(call.body, "description") }),
    snapshot: structuredClone(record.parts),
  };
  record.deployments.set(deployment.id, deployment);
  if (stage)
    Object.assign(stage, {
      deploymentId: deployment.id,
      lastUpdatedDate: call.now,
    });
  return deploymentView(deployment);
};

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
  deploymentView(theDeployment(call).deployment);

export const getDeployments: Handler = (call) =>
  page(call, [...theApi(call).deployments.values()].map(deploymentView));

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
  return deploymentView(changed);
};

/** Better an error than a stage that silently lacks what was asked for. */
const notServed = [
  "cacheClusterEnabled",
  "canarySettings",
  "documentationVersion",
  "variables",
];

export const createStage: Handler = (call) => {
  const record = theApi(call);
  const { body } = call;
  const stageName = text(body, "stageName") ?? "";
  if (!/^[A-Za-z0-9_-]{1,128}$/.test(stageName))
    throw badRequest("Stage name only allows a-zA-Z0-9_-"); // ours
  const deploymentId = text(body, "deploymentId") ?? "";
  if (!record.deployments.has(deploymentId))
    throw notFound("Invalid Deployment identifier specified");
  if (record.stages.has(stageName)) throw conflict("Stage already exists");
  if (record.stages.size >= 10)
    throw limitExceeded(
      "Maximum number of stages for this API has been reached.",
    );
  const unknown = notServed.find((name) => isSet(body, name));
  if (unknown) throw badRequest(`The local API Gateway has no ${unknown}`); // ours
  const tags = textMap(body, "tags") ?? {};
  const stage: Stage = {
    stageName,
    deploymentId,
    ...defined({ description: text(body, "description") || undefined }),
    cacheClusterEnabled: false,
    cacheClusterStatus: "NOT_AVAILABLE",
    methodSettings: {},
    tracingEnabled: flag(body, "tracingEnabled") ?? false,
    createdDate: call.now,
    lastUpdatedDate: call.now,
    ...(Object.keys(tags).length > 0 ? { tags } : {}),
  };
  record.stages.set(stageName, stage);
  return stage;
};

function isSet(body: Json, name: string): boolean {
  const value = body[name] ?? "";
  return typeof value === "object"
    ? Object.keys(value).length > 0
    : Boolean(value);
}

export const getStage: Handler = (call) => theStage(call).stage;

export const getStages: Handler = (call) => ({
  item: [...theApi(call).stages.values()],
});

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

export const updateStage: Handler = (call) => {
  const { record, stage } = theStage(call);
  const changed = patched(stage, call.body, {
    operation: "updateStage",
    rules: [...rulesFor(record), ...settingRules],
    refuse,
  });
  checkLogRole(call, stage, changed);
  changed.lastUpdatedDate = call.now;
  record.stages.set(changed.stageName, changed);
  return changed;
};

const rulesFor = (record: ApiRecord): readonly PatchRule<Stage>[] => [
  {
    path: /^\/deploymentId$/,
    ops: ["replace"],
    apply: (stage, { value = "" }) => {
      if (!record.deployments.has(value))
        throw badRequest("Deployment id does not exist");
      stage.deploymentId = value;
    },
  },
  textRule<Stage>("description", ["add", "replace"]),
  {
    path: /^\/tracingEnabled$/,
    ops: ["replace"],
    apply: (stage, patch) => (stage.tracingEnabled = toFlag(patch)),
  },
  {
    path: /^\/accessLogSettings$/,
    ops: ["remove"],
    apply: (stage) => delete stage.accessLogSettings,
  },
  {
    path: /^\/accessLogSettings\/(destinationArn|format)$/,
    ops: ["add", "replace"],
    apply: accessLog,
  },
];

function accessLog(
  stage: Stage,
  { value = "", parts: [name = ""] }: Patch,
): void {
  if (value === "") throw badRequest("Access Log value must not be empty");
  if (name === "format") checkFormat(value);
  else checkDestination(value);
  stage.accessLogSettings = { ...stage.accessLogSettings, [name]: value };
}

/** Whether the log group exists is not looked at. */
function checkDestination(arn: string): void {
  const logGroup = /^arn:[\w-]+:logs:[\w-]+:\d{12}:log-group:[^:*]+$/;
  const firehose =
    /^arn:[\w-]+:firehose:[\w-]+:\d{12}:deliverystream\/amazon-apigateway-.+$/;
  if (!logGroup.test(arn) && !firehose.test(arn))
    throw badRequest("Invalid ARN specified in the request");
}

// Documented: one line, with a request id in it. The texts are ours.
function checkFormat(format: string): void {
  if (/\n./.test(format))
    throw badRequest(
      "Access Log format must be single line, new line character is allowed only at end of the format",
    );
  if (!/\$context\.(requestId|extendedRequestId)\b/.test(format))
    throw badRequest(
      "Access Log format must include $context.requestId or $context.extendedRequestId",
    );
}

/** Log groups are written with the account's role, per region; Firehose needs none. */
function checkLogRole(call: Call, before: Stage, after: Stage): void {
  const toGroup = ({ accessLogSettings: settings }: Stage): boolean =>
    settings?.destinationArn?.includes(":logs:") ?? false;
  const starts =
    (logs(after) && !logs(before)) || (toGroup(after) && !toGroup(before));
  if (starts && !call.store.cloudwatchRoles.has(accountKey(call)))
    throw badRequest(
      "CloudWatch Logs role ARN must be set in account settings to enable logging",
    );
}

function refuse({ path, op }: Patch): ServiceError {
  if (op === "remove") return noSetting(path);
  if (path.startsWith("/accessLogSettings/"))
    return badRequest(
      "Invalid accessLogSettings path. Must be one of : [/accessLogSettings/destinationArn, /accessLogSettings/format]",
    );
  return badRequest(
    `Invalid method setting path: ${path}. Must be one of: [${allowed}]`,
  );
}

// AWS's text, its missing commas included.
const ownPaths =
  "/deploymentId, /description, /cacheClusterEnabled, /cacheClusterSize, /clientCertificateId, /accessLogSettings, " +
  "/accessLogSettings/destinationArn, /accessLogSettings/format, ";
const settingPaths = (prefix: string, gap: string): string =>
  `${prefix}/metrics/enabled, ${prefix}/logging/dataTrace, ${prefix}/logging/loglevel, ` +
  `${prefix}/throttling/burstLimit${gap}${prefix}/throttling/rateLimit${gap}${prefix}/caching/ttlInSeconds, ` +
  `${prefix}/caching/enabled, ${prefix}/caching/dataEncrypted, ${prefix}/caching/requireAuthorizationForCacheControl, ` +
  `${prefix}/caching/unauthorizedCacheControlHeaderStrategy, `;
const allowed =
  ownPaths +
  settingPaths("/{resourcePath}/{httpMethod}", "") +
  settingPaths("/*/*", " ") +
  "/variables/{variable_name}, /tracingEnabled";
