// API Gateway: patch operations of a usage plan.
import {
  asMap,
  isEmpty,
  listOf,
  mapOf,
  textOf,
  type Properties,
  type Value,
} from "../values.ts";
import { replacements, type Patch } from "./gateway.ts";

function stageKey(stage: Value): string {
  return `${textOf(asMap(stage), "apiId")}:${textOf(asMap(stage), "stage")}`;
}

export function removals(stages: readonly Value[]): Patch[] {
  return stages.map((stage) => ({
    op: "remove",
    path: "/apiStages",
    value: stageKey(stage),
  }));
}

function additions(stages: readonly Value[]): Patch[] {
  return stages.flatMap((stage): Patch[] => {
    const key = stageKey(stage);
    const limits = listOf(asMap(stage), "throttles").flatMap(
      (item): Patch[] => {
        const limit = { burstLimit: 0, rateLimit: 0, ...asMap(item) };
        const path = `/apiStages/${key}/throttle/${textOf(limit, "path")}`;
        return ["rateLimit", "burstLimit"].map((name) => ({
          ...{ op: "replace", path: `${path}/${name}` },
          value: textOf(limit, name),
        }));
      },
    );
    return [{ op: "add", path: "/apiStages", value: key }, ...limits];
  });
}

/** Limits are set one by one and removed as a whole. */
function limits(
  inputs: Properties,
  name: string,
  wire: string,
  keys: readonly string[],
): Patch[] {
  const settings = mapOf(inputs, name);
  if (isEmpty(settings)) return [{ op: "remove", path: `/${wire}` }];
  return keys.map((key) => ({
    op: "replace",
    path: `/${wire}/${key}`,
    value: textOf(settings, key) || "0",
  }));
}

function product(inputs: Properties): Patch {
  const value = textOf(inputs, "productCode");
  const path = "/productCode";
  return value === "" ? { op: "remove", path } : { op: "replace", path, value };
}

/** What turns the old plan into the new one. */
export function planPatches(
  old: Properties,
  inputs: Properties,
  changed: ReadonlySet<string>,
): Patch[] {
  const stages = (): Patch[] => [
    ...removals(listOf(old, "apiStages")),
    ...additions(listOf(inputs, "apiStages")),
  ];
  const throttle = ["rateLimit", "burstLimit"];
  const quota = ["limit", "offset", "period"];
  return [
    ...replacements(inputs, changed, {
      name: "/name",
      description: "/description",
    }),
    ...(changed.has("productCode") ? [product(inputs)] : []),
    ...(changed.has("apiStages") ? stages() : []),
    ...(changed.has("throttleSettings")
      ? limits(inputs, "throttleSettings", "throttle", throttle)
      : []),
    ...(changed.has("quotaSettings")
      ? limits(inputs, "quotaSettings", "quota", quota)
      : []),
  ];
}
