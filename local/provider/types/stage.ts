// API Gateway: stages.
import type { Cloud } from "../aws/cloud.ts";
import { unlessGone } from "../aws/error.ts";
import type { ResourceType } from "../resource.ts";
import { isEmpty, mapOf, present, textOf, type Properties } from "../values.ts";
import {
  apiPath,
  executionArn,
  gatewayCall,
  gatewayTagging,
  mapPatches,
  patch,
  stageArn,
  type Patch,
} from "./gateway.ts";

const PATHS: readonly [name: string, path: string][] = [
  ["cacheClusterEnabled", "/cacheClusterEnabled"],
  ["cacheClusterSize", "/cacheClusterSize"],
  ["clientCertificateId", "/clientCertificateId"],
  ["deployment", "/deploymentId"],
  ["description", "/description"],
  ["xrayTracingEnabled", "/tracingEnabled"],
  ["documentationVersion", "/documentationVersion"],
];

function stagePath(state: Properties): string {
  return apiPath(state, `/stages/${textOf(state, "stageName")}`);
}

function operations(
  old: Properties,
  inputs: Properties,
  changed: ReadonlySet<string>,
): Patch[] {
  const simple = PATHS.filter(([name]) => changed.has(name)).map(
    ([name, path]): Patch => ({
      op: "replace",
      path,
      value: textOf(inputs, name) || blank(name),
    }),
  );
  const variables = mapPatches(
    mapOf(old, "variables"),
    mapOf(inputs, "variables"),
    "/variables/",
  );
  return [
    ...simple,
    ...(changed.has("variables") ? variables : []),
    ...(changed.has("accessLogSettings")
      ? accessLogs(mapOf(inputs, "accessLogSettings"))
      : []),
  ];
}

function blank(name: string): string {
  return name.endsWith("Enabled") ? "false" : "";
}

function accessLogs(settings: Properties): Patch[] {
  if (isEmpty(settings)) return [{ op: "remove", path: "/accessLogSettings" }];
  return [
    {
      op: "replace",
      path: "/accessLogSettings/destinationArn",
      value: textOf(settings, "destinationArn"),
    },
    {
      op: "replace",
      path: "/accessLogSettings/format",
      value: textOf(settings, "format"),
    },
  ];
}

function outputs(cloud: Cloud, found: Properties, api: string): Properties {
  const name = textOf(found, "stageName");
  const { destinationArn, format } = mapOf(found, "accessLogSettings");
  const logs = present({ destinationArn, format });
  return {
    accessLogSettings: logs,
    arn: stageArn(cloud, api, name),
    cacheClusterEnabled: found["cacheClusterEnabled"] === true,
    clientCertificateId: textOf(found, "clientCertificateId"),
    deployment: textOf(found, "deploymentId"),
    description: textOf(found, "description"),
    documentationVersion: textOf(found, "documentationVersion"),
    executionArn: executionArn(cloud, `${api}/${name}`),
    invokeUrl: `https://${api}.execute-api.${cloud.region}.amazonaws.com/${name}`,
    restApi: api,
    stageName: name,
    tags: mapOf(found, "tags"),
    variables: mapOf(found, "variables"),
    webAclArn: textOf(found, "webAclArn"),
    xrayTracingEnabled: found["tracingEnabled"] === true,
  };
}

function stageBody(inputs: Properties): Properties {
  const { cacheClusterEnabled, cacheClusterSize, deployment, description } =
    inputs;
  const {
    documentationVersion,
    stageName,
    tags,
    variables,
    xrayTracingEnabled,
  } = inputs;
  return present({
    ...{
      cacheClusterEnabled,
      cacheClusterSize,
      deploymentId: deployment,
      description,
      documentationVersion,
    },
    ...{ stageName, tags, tracingEnabled: xrayTracingEnabled, variables },
  });
}

export const stage: ResourceType = {
  label: "API Gateway Stage",
  inputs: {
    accessLogSettings: {},
    cacheClusterEnabled: {},
    cacheClusterSize: {},
    clientCertificateId: {},
    deployment: {},
    description: {},
    documentationVersion: {},
    restApi: { replaces: true },
    stageName: { replaces: true },
    tags: { free: true },
    variables: { free: true },
    xrayTracingEnabled: {},
  },
  computed: ["arn", "executionArn", "invokeUrl", "webAclArn"],
  create: async (cloud, inputs, created) => {
    const path = apiPath(inputs, "/stages");
    const body = stageBody(inputs);
    await gatewayCall(cloud, {
      operation: "CreateStage",
      method: "POST",
      path,
      body,
    });
    created(`ags-${textOf(inputs, "restApi")}-${textOf(inputs, "stageName")}`);
    // CreateStage takes neither of these. Terraform then sends everything once more.
    if (
      isEmpty(inputs["accessLogSettings"]) &&
      isEmpty(inputs["clientCertificateId"])
    )
      return;
    const given = new Set(
      Object.keys(inputs).filter((name) => !isEmpty(inputs[name])),
    );
    await patch(
      cloud,
      "UpdateStage",
      stagePath(inputs),
      operations({}, inputs, given),
    );
  },
  read: async (cloud, _id, state) => {
    const path = stagePath(state);
    const found = await unlessGone(
      gatewayCall(cloud, { operation: "GetStage", method: "GET", path }),
    );
    return found && outputs(cloud, found, textOf(state, "restApi"));
  },
  update: async (cloud, { old, inputs, changed }) => {
    await patch(
      cloud,
      "UpdateStage",
      stagePath(inputs),
      operations(old, inputs, changed),
    );
  },
  delete: async (cloud, _id, state) => {
    const path = stagePath(state);
    await unlessGone(
      gatewayCall(cloud, { operation: "DeleteStage", method: "DELETE", path }),
    );
  },
  tagging: gatewayTagging,
};
