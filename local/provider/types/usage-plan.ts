// API Gateway: usage plans and the keys in them.
import { gatewayArn, type Cloud } from "../aws/cloud.ts";
import { unlessGone } from "../aws/error.ts";
import type { ResourceType } from "../resource.ts";
import {
  asMap,
  listOf,
  mapOf,
  present,
  textOf,
  type Properties,
  type Value,
} from "../values.ts";
import { gatewayCall, gatewayTagging, patch } from "./gateway.ts";
import { planPatches, removals } from "./usage-plan-patches.ts";

function planPath(id: string): string {
  return `/usageplans/${id}`;
}

/** Pulumi has a list with a path in each throttle, AWS a map by path. */
function toWire(stage: Value): Value {
  const { apiId, stage: name, throttles } = asMap(stage);
  const entries = (Array.isArray(throttles) ? (throttles as Value[]) : []).map(
    (item): [string, Value] => {
      const { burstLimit = 0, rateLimit = 0 } = asMap(item);
      return [textOf(asMap(item), "path"), { burstLimit, rateLimit }];
    },
  );
  const throttle = entries.length > 0 ? Object.fromEntries(entries) : undefined;
  return present({ apiId, stage: name, throttle });
}

function fromWire(stage: Value): Value {
  const { apiId, stage: name, throttle } = asMap(stage);
  const limits = Object.entries(asMap(throttle)).map(
    ([path, limit]): Value => ({ path, ...asMap(limit) }),
  );
  return present({
    apiId,
    stage: name,
    throttles: limits.length > 0 ? limits : undefined,
  });
}

function outputs(cloud: Cloud, found: Properties): Properties {
  return {
    apiStages: listOf(found, "apiStages").map(fromWire),
    arn: gatewayArn(cloud, planPath(textOf(found, "id"))),
    description: textOf(found, "description"),
    name: textOf(found, "name"),
    productCode: textOf(found, "productCode"),
    quotaSettings: mapOf(found, "quota"),
    tags: mapOf(found, "tags"),
    throttleSettings: mapOf(found, "throttle"),
  };
}

export const usagePlan: ResourceType = {
  label: "API Gateway Usage Plan",
  inputs: {
    apiStages: { set: true },
    description: {},
    name: {},
    productCode: {},
    quotaSettings: {},
    tags: { free: true },
    throttleSettings: {},
  },
  computed: ["arn"],
  autoname: { property: "name", longest: 255 },
  create: async (cloud, inputs, created) => {
    const { description, name, quotaSettings, tags, throttleSettings } = inputs;
    const stages = listOf(inputs, "apiStages").map(toWire);
    const body = present({
      apiStages: stages.length > 0 ? stages : undefined,
      ...{
        description,
        name,
        quota: quotaSettings,
        tags,
        throttle: throttleSettings,
      },
    });
    const made = await gatewayCall(cloud, {
      operation: "CreateUsagePlan",
      method: "POST",
      path: "/usageplans",
      body,
    });
    const id = textOf(made, "id");
    created(id);
    const value = textOf(inputs, "productCode");
    if (value !== "")
      await patch(cloud, "UpdateUsagePlan", planPath(id), [
        { op: "add", path: "/productCode", value },
      ]);
  },
  read: async (cloud, id) => {
    const call = {
      operation: "GetUsagePlan",
      method: "GET",
      path: planPath(id),
    };
    const found = await unlessGone(gatewayCall(cloud, call));
    return found && outputs(cloud, found);
  },
  update: async (cloud, { id, old, inputs, changed }) => {
    await patch(
      cloud,
      "UpdateUsagePlan",
      planPath(id),
      planPatches(old, inputs, changed),
    );
  },
  delete: async (cloud, id, state) => {
    // AWS deletes no plan that still has stages.
    await unlessGone(
      patch(
        cloud,
        "UpdateUsagePlan",
        planPath(id),
        removals(listOf(state, "apiStages")),
      ),
    );
    await unlessGone(
      gatewayCall(cloud, {
        operation: "DeleteUsagePlan",
        method: "DELETE",
        path: planPath(id),
      }),
    );
  },
  tagging: gatewayTagging,
};
