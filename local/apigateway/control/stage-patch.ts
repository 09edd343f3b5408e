// UpdateStage: the patch paths of a stage.

import type { ApiRecord, Stage } from "../model.ts";
import type { Call, Handler } from "./call.ts";
import { badRequest, type ServiceError } from "./errors.ts";
import { theStage } from "./lookup.ts";
import { logs, noSetting, settingRules } from "./method-settings.ts";
import {
  type Patch,
  patched,
  type PatchRule,
  textRule,
  toFlag,
} from "./patch.ts";
import { checkVariable } from "./stages.ts";

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
  { path: /^\/cacheClusterEnabled$/, ops: ["replace"], apply: cache },
  textRule<Stage>("cacheClusterSize"),
  {
    path: /^\/variables\/([^/]+)$/,
    ops: ["add", "replace", "remove"],
    apply: variable,
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
  {
    path: /^\/canarySettings(\/.*)?$/,
    ops: ["remove"],
    apply: () => undefined,
  },
];

function cache(stage: Stage, patch: Patch): void {
  stage.cacheClusterEnabled = toFlag(patch);
  stage.cacheClusterStatus = stage.cacheClusterEnabled
    ? "AVAILABLE"
    : "NOT_AVAILABLE";
  if (stage.cacheClusterEnabled) stage.cacheClusterSize ??= "0.5";
  else delete stage.cacheClusterSize;
}

function variable(
  stage: Stage,
  { op, value = "", parts: [name = ""] }: Patch,
): void {
  const variables = { ...stage.variables };
  if (op === "remove") Reflect.deleteProperty(variables, name);
  else {
    checkVariable(name, value);
    variables[name] = value;
  }
  if (Object.keys(variables).length > 0) stage.variables = variables;
  else delete stage.variables;
}

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
  if (starts && !call.store.cloudwatchRoles.has(call.region))
    throw badRequest(
      "CloudWatch Logs role ARN must be set in account settings to enable logging",
    );
}

function refuse({ path, op }: Patch): ServiceError {
  if (op === "remove") return noSetting(path);
  if (op === "copy")
    return badRequest("Promotion not available. Canary does not exist.");
  if (path.startsWith("/canarySettings"))
    return badRequest("Canary settings are not part of the local API Gateway"); // ours
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
