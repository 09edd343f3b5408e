// API Gateway: the gateway's own answers (401, 403, 429, …).
import type { Cloud } from "../aws/cloud.ts";
import { unlessGone } from "../aws/error.ts";
import type { ResourceType } from "../resource.ts";
import { mapOf, present, textOf, type Properties } from "../values.ts";
import { gatewayCall } from "./gateway.ts";

function responsePath(state: Properties): string {
  return `/restapis/${textOf(state, "restApiId")}/gatewayresponses/${textOf(state, "responseType")}`;
}

async function put(cloud: Cloud, inputs: Properties): Promise<void> {
  const body = present({
    responseParameters: mapOf(inputs, "responseParameters"),
    responseTemplates: mapOf(inputs, "responseTemplates"),
    statusCode: inputs["statusCode"],
  });
  await gatewayCall(cloud, {
    operation: "PutGatewayResponse",
    method: "PUT",
    path: responsePath(inputs),
    body,
  });
}

export const gatewayResponse: ResourceType = {
  label: "API Gateway Gateway Response",
  inputs: {
    responseParameters: { free: true },
    responseTemplates: { free: true },
    responseType: { replaces: true },
    restApiId: { replaces: true },
    statusCode: {},
  },
  computed: [],
  create: async (cloud, inputs, created) => {
    await put(cloud, inputs);
    created(
      `aggr-${textOf(inputs, "restApiId")}-${textOf(inputs, "responseType")}`,
    );
  },
  read: async (cloud, _id, state) => {
    const path = responsePath(state);
    const found = await unlessGone(
      gatewayCall(cloud, {
        operation: "GetGatewayResponse",
        method: "GET",
        path,
      }),
    );
    return (
      found && {
        responseParameters: mapOf(found, "responseParameters"),
        responseTemplates: mapOf(found, "responseTemplates"),
        responseType: textOf(found, "responseType"),
        statusCode: textOf(found, "statusCode"),
      }
    );
  },
  update: async (cloud, { inputs }) => {
    await put(cloud, inputs);
  },
  delete: async (cloud, _id, state) => {
    const path = responsePath(state);
    await unlessGone(
      gatewayCall(cloud, {
        operation: "DeleteGatewayResponse",
        method: "DELETE",
        path,
      }),
    );
  },
};
