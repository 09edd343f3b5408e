// The stand-in for the AWS plugin, with the three types that only the discrete shape has. Like Terraform's provider, each is read once
// after it was made; the local API Gateway answers that with the list of resources, the only read of them it serves.
import { CATALOGUE } from "../../local/provider/catalogue.ts";
import type { ResourceType } from "../../local/provider/resource.ts";
import { apiPath, gatewayCall } from "../../local/provider/types/gateway.ts";
import {
  present,
  textOf,
  type Properties,
} from "../../local/provider/values.ts";
import type { Cloud } from "../../local/provider/aws/cloud.ts";

const fixed = { replaces: true } as const;

const methodPath = (state: Properties): string =>
  apiPath(
    state,
    `/resources/${textOf(state, "resourceId")}/methods/${textOf(state, "httpMethod")}`,
  );

const read = async (cloud: Cloud, _id: string, state: Properties) => {
  const path = apiPath(state, "/resources?limit=1");
  await gatewayCall(cloud, { operation: "GetResources", method: "GET", path });
  return state;
};

/** Nothing of this shape is deleted here. */
const never = () => Promise.reject(new Error("is not deleted by a bench"));

const resource: ResourceType = {
  label: "API Gateway Resource",
  inputs: { parentId: fixed, pathPart: fixed, restApi: fixed },
  computed: ["path"],
  create: async (cloud, inputs, created) => {
    const made = await gatewayCall(cloud, {
      operation: "CreateResource",
      method: "POST",
      path: apiPath(inputs, `/resources/${textOf(inputs, "parentId")}`),
      body: { pathPart: textOf(inputs, "pathPart") },
    });
    created(textOf(made, "id"));
  },
  read,
  delete: never,
};

const method: ResourceType = {
  label: "API Gateway Method",
  inputs: {
    authorization: fixed,
    httpMethod: fixed,
    resourceId: fixed,
    restApi: fixed,
  },
  computed: [],
  create: async (cloud, inputs, created) => {
    await gatewayCall(cloud, {
      operation: "PutMethod",
      method: "PUT",
      path: methodPath(inputs),
      body: { authorizationType: textOf(inputs, "authorization") },
    });
    created(`agm-${textOf(inputs, "resourceId")}`);
  },
  read,
  delete: never,
};

const integration: ResourceType = {
  label: "API Gateway Integration",
  inputs: {
    httpMethod: fixed,
    integrationHttpMethod: fixed,
    resourceId: fixed,
    restApi: fixed,
    type: fixed,
    uri: fixed,
  },
  computed: [],
  create: async (cloud, inputs, created) => {
    await gatewayCall(cloud, {
      operation: "PutIntegration",
      method: "PUT",
      path: `${methodPath(inputs)}/integration`,
      body: present({
        httpMethod: inputs["integrationHttpMethod"],
        type: inputs["type"],
        uri: inputs["uri"],
      }),
    });
    created(`agi-${textOf(inputs, "resourceId")}`);
  },
  read,
  delete: never,
};

Object.assign(CATALOGUE, {
  "aws:apigateway/integration:Integration": integration,
  "aws:apigateway/method:Method": method,
  "aws:apigateway/resource:Resource": resource,
});

await import("../../local/provider/main.ts");
