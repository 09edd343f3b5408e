// API Gateway: API keys, and their membership in usage plans.
import { gatewayArn, timeOf } from "../aws/cloud.ts";
import { unlessGone } from "../aws/error.ts";
import type { ResourceType } from "../resource.ts";
import { present, textOf, mapOf, type Properties } from "../values.ts";
import { gatewayCall, gatewayTagging, patch, replacements } from "./gateway.ts";

/** AWS takes keys of 20 to 128 characters; Terraform refuses others before it asks. */
function refuseValue(
  inputs: Properties,
): { property: string; reason: string }[] {
  const { length } = textOf(inputs, "value");
  const isFine =
    inputs["value"] === undefined || (length >= 20 && length <= 128);
  return isFine
    ? []
    : [
        {
          property: "value",
          reason: "expected length of value to be in the range (20 - 128)",
        },
      ];
}

export const apiKey: ResourceType = {
  label: "API Gateway API Key",
  inputs: {
    customerId: {},
    description: { default: "Managed by Pulumi" },
    enabled: { default: true },
    name: { replaces: true },
    tags: { free: true },
    value: { replaces: true, computed: true },
  },
  computed: ["arn", "createdDate", "lastUpdatedDate"],
  autoname: { property: "name", longest: 255 },
  refuse: refuseValue,
  create: async (cloud, inputs, created) => {
    const { customerId, description, enabled, name, tags, value } = inputs;
    const body = present({
      customerId,
      description,
      enabled,
      name,
      tags,
      value,
    });
    const made = await gatewayCall(cloud, {
      operation: "CreateApiKey",
      method: "POST",
      path: "/apikeys",
      body,
    });
    created(textOf(made, "id"));
  },
  read: async (cloud, id) => {
    const path = `/apikeys/${id}?includeValue=true`;
    const found = await unlessGone(
      gatewayCall(cloud, { operation: "GetApiKey", method: "GET", path }),
    );
    if (!found) return undefined;
    return {
      arn: gatewayArn(cloud, `/apikeys/${id}`),
      createdDate: timeOf(found, "createdDate"),
      customerId: textOf(found, "customerId"),
      description: textOf(found, "description"),
      enabled: found["enabled"] === true,
      lastUpdatedDate: timeOf(found, "lastUpdatedDate"),
      name: textOf(found, "name"),
      tags: mapOf(found, "tags"),
      value: textOf(found, "value"),
    };
  },
  update: async (cloud, { id, inputs, changed }) => {
    const paths = {
      enabled: "/enabled",
      description: "/description",
      customerId: "/customerId",
    };
    await patch(
      cloud,
      "UpdateApiKey",
      `/apikeys/${id}`,
      replacements(inputs, changed, paths),
    );
  },
  delete: async (cloud, id) => {
    await unlessGone(
      gatewayCall(cloud, {
        operation: "DeleteApiKey",
        method: "DELETE",
        path: `/apikeys/${id}`,
      }),
    );
  },
  tagging: gatewayTagging,
};

function keyPath(state: Properties): string {
  return `/usageplans/${textOf(state, "usagePlanId")}/keys/${textOf(state, "keyId")}`;
}

export const usagePlanKey: ResourceType = {
  label: "API Gateway Usage Plan Key",
  inputs: {
    keyId: { replaces: true },
    keyType: { replaces: true },
    usagePlanId: { replaces: true },
  },
  computed: ["name", "value"],
  create: async (cloud, inputs, created) => {
    const path = `/usageplans/${textOf(inputs, "usagePlanId")}/keys`;
    const body = {
      keyId: textOf(inputs, "keyId"),
      keyType: textOf(inputs, "keyType"),
    };
    const made = await gatewayCall(cloud, {
      operation: "CreateUsagePlanKey",
      method: "POST",
      path,
      body,
    });
    created(textOf(made, "id"));
  },
  read: async (cloud, _id, state) => {
    const path = keyPath(state);
    const found = await unlessGone(
      gatewayCall(cloud, { operation: "GetUsagePlanKey", method: "GET", path }),
    );
    // The real plugin also has the key's value here, and not as a secret: programs must mark it themselves.
    return (
      found && {
        keyType: textOf(found, "type"),
        name: textOf(found, "name"),
        value: textOf(found, "value"),
      }
    );
  },
  delete: async (cloud, _id, state) => {
    const path = keyPath(state);
    await unlessGone(
      gatewayCall(cloud, {
        operation: "DeleteUsagePlanKey",
        method: "DELETE",
        path,
      }),
    );
  },
};
