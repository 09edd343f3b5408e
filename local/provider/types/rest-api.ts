// API Gateway: REST APIs, with an OpenAPI body as the Terraform provider applies it (create, import, then put back what the
// import took away).
import type { Cloud } from "../aws/cloud.ts";
import { unlessGone } from "../aws/error.ts";
import type { ResourceType } from "../resource.ts";
import { isEmpty, mapOf, present, textOf, type Properties } from "../values.ts";
import { gatewayCall, gatewayTagging, patch } from "./gateway.ts";
import { restApiOutputs, rootResource } from "./rest-api-outputs.ts";
import { changes, lostOperations } from "./rest-api-patches.ts";

function endpoint(inputs: Properties): Properties | undefined {
  const configuration = mapOf(inputs, "endpointConfiguration");
  if (isEmpty(configuration)) return undefined;
  const { ipAddressType, types, vpcEndpointIds } = configuration;
  return present({
    ipAddressType,
    types: types === undefined ? undefined : [types],
    vpcEndpointIds,
  });
}

async function importBody(
  cloud: Cloud,
  id: string,
  inputs: Properties,
  wanted: Properties,
): Promise<void> {
  const parameters = mapOf(inputs, "parameters");
  const query = new URLSearchParams({
    mode: textOf(inputs, "putRestApiMode") || "overwrite",
  });
  if (inputs["failOnWarnings"] === true) query.set("failonwarnings", "true");
  for (const key of Object.keys(parameters))
    query.set(key, textOf(parameters, key));
  const path = `/restapis/${id}?${query.toString()}`;
  const body = textOf(inputs, "body");
  const imported = await gatewayCall(cloud, {
    operation: "PutRestApi",
    method: "PUT",
    path,
    body,
  });
  await patch(
    cloud,
    "UpdateRestApi",
    `/restapis/${id}`,
    lostOperations(wanted, imported),
  );
}

export const restApi: ResourceType = {
  label: "API Gateway REST API",
  inputs: {
    apiKeySource: { computed: true },
    binaryMediaTypes: { computed: true },
    body: {},
    description: { computed: true },
    disableExecuteApiEndpoint: { computed: true },
    endpointAccessMode: {},
    endpointConfiguration: { computed: true },
    failOnWarnings: {},
    minimumCompressionSize: { computed: true },
    name: {},
    parameters: { free: true },
    policy: { computed: true, json: true },
    putRestApiMode: {},
    securityPolicy: { computed: true },
    tags: { free: true },
  },
  computed: ["arn", "createdDate", "executionArn", "rootResourceId"],
  autoname: { property: "name", longest: 255 },
  create: async (cloud, inputs, created) => {
    const {
      apiKeySource,
      binaryMediaTypes,
      description,
      disableExecuteApiEndpoint,
      endpointAccessMode,
      name,
      policy,
      securityPolicy,
      tags,
    } = inputs;
    const size = inputs["minimumCompressionSize"];
    const minimumCompressionSize =
      size === undefined || Number(size) < 0 ? undefined : Number(size);
    const body = present({
      ...{
        apiKeySource,
        binaryMediaTypes,
        description,
        disableExecuteApiEndpoint,
        minimumCompressionSize,
        name,
        policy,
      },
      ...{ endpointConfiguration: endpoint(inputs), tags },
      ...{ endpointAccessMode, securityPolicy },
    });
    const made = await gatewayCall(cloud, {
      operation: "CreateRestApi",
      method: "POST",
      path: "/restapis",
      body,
    });
    const id = textOf(made, "id");
    created(id);
    if (textOf(inputs, "body") !== "")
      await importBody(cloud, id, inputs, inputs);
  },
  read: async (cloud, id) => {
    const path = `/restapis/${id}`;
    const found = await unlessGone(
      gatewayCall(cloud, { operation: "GetRestApi", method: "GET", path }),
    );
    return (
      found && {
        ...restApiOutputs(cloud, found),
        rootResourceId: await rootResource(cloud, id),
      }
    );
  },
  update: async (cloud, { id, old, inputs, changed }) => {
    await patch(
      cloud,
      "UpdateRestApi",
      `/restapis/${id}`,
      changes(old, inputs, changed),
    );
    const bodyChanged = changed.has("body") || changed.has("parameters");
    if (bodyChanged && textOf(inputs, "body") !== "")
      await importBody(cloud, id, inputs, { ...old, ...inputs });
  },
  delete: async (cloud, id) => {
    await unlessGone(
      gatewayCall(cloud, {
        operation: "DeleteRestApi",
        method: "DELETE",
        path: `/restapis/${id}`,
      }),
    );
  },
  tagging: gatewayTagging,
};
