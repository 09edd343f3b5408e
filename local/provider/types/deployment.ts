// API Gateway: deployments, the snapshots that stages serve.
import { timeOf } from "../aws/cloud.ts";
import { unlessGone } from "../aws/error.ts";
import type { ResourceType } from "../resource.ts";
import { mapOf, textOf } from "../values.ts";
import { apiPath, gatewayCall, patch, replacements } from "./gateway.ts";

export const deployment: ResourceType = {
  label: "API Gateway Deployment",
  inputs: {
    description: {},
    restApi: { replaces: true },
    triggers: { replaces: true, free: true },
    variables: { replaces: true, free: true },
  },
  computed: ["createdDate"],
  create: async (cloud, inputs, created) => {
    const body = {
      description: textOf(inputs, "description"),
      variables: mapOf(inputs, "variables"),
    };
    const path = apiPath(inputs, "/deployments");
    const made = await gatewayCall(cloud, {
      operation: "CreateDeployment",
      method: "POST",
      path,
      body,
    });
    created(textOf(made, "id"));
  },
  read: async (cloud, id, state) => {
    const path = apiPath(state, `/deployments/${id}`);
    const found = await unlessGone(
      gatewayCall(cloud, { operation: "GetDeployment", method: "GET", path }),
    );
    return (
      found && {
        createdDate: timeOf(found, "createdDate"),
        description: textOf(found, "description"),
      }
    );
  },
  update: async (cloud, { id, inputs, changed }) => {
    const operations = replacements(inputs, changed, {
      description: "/description",
    });
    await patch(
      cloud,
      "UpdateDeployment",
      apiPath(inputs, `/deployments/${id}`),
      operations,
    );
  },
  delete: async (cloud, id, state) => {
    const path = apiPath(state, `/deployments/${id}`);
    await unlessGone(
      gatewayCall(cloud, {
        operation: "DeleteDeployment",
        method: "DELETE",
        path,
      }),
    );
  },
};
