// API Gateway: throttling, logging and caching of a stage's methods. They live inside the stage and are patched there.
import { AwsError, unlessGone } from "../aws/error.ts";
import type { ResourceType } from "../resource.ts";
import {
  asMap,
  isMap,
  mapOf,
  pick,
  textOf,
  type Properties,
  type Value,
} from "../values.ts";
import { apiPath, gatewayCall, patch, type Patch } from "./gateway.ts";

const PATHS: readonly [name: string, path: string][] = [
  ["metricsEnabled", "metrics/enabled"],
  ["loggingLevel", "logging/loglevel"],
  ["dataTraceEnabled", "logging/dataTrace"],
  ["throttlingBurstLimit", "throttling/burstLimit"],
  ["throttlingRateLimit", "throttling/rateLimit"],
  ["cachingEnabled", "caching/enabled"],
  ["cacheTtlInSeconds", "caching/ttlInSeconds"],
  ["cacheDataEncrypted", "caching/dataEncrypted"],
  [
    "requireAuthorizationForCacheControl",
    "caching/requireAuthorizationForCacheControl",
  ],
  [
    "unauthorizedCacheControlHeaderStrategy",
    "caching/unauthorizedCacheControlHeaderStrategy",
  ],
];

/** Setting one back means: no throttle of its own. */
const UNLIMITED: Readonly<Record<string, Value>> = {
  throttlingBurstLimit: -1,
  throttlingRateLimit: -1,
};

function stagePath(state: Properties): string {
  return apiPath(state, `/stages/${textOf(state, "stageName")}`);
}

/** The lifetime of the cache goes along with every update, as Terraform sends it. */
const REPEATED = "cacheTtlInSeconds";

function operations(inputs: Properties, old: Properties): Patch[] {
  const before = { ...UNLIMITED, ...mapOf(old, "settings") };
  const repeated = pick(before, [REPEATED]);
  const settings = { ...UNLIMITED, ...repeated, ...mapOf(inputs, "settings") };
  const prefix = `/${textOf(inputs, "methodPath")}/`;
  return PATHS.flatMap(([name, path]): Patch[] => {
    const value = settings[name];
    const isSame = value === before[name] && name !== REPEATED;
    if (value === undefined || isSame) return [];
    const text =
      name === "throttlingRateLimit"
        ? Number(value).toFixed(6)
        : textOf(settings, name);
    return [{ op: "replace", path: prefix + path, value: text }];
  });
}

export const methodSettings: ResourceType = {
  label: "API Gateway Method Settings",
  inputs: {
    methodPath: { replaces: true },
    restApi: { replaces: true },
    settings: {},
    stageName: { replaces: true },
  },
  computed: [],
  create: async (cloud, inputs, created) => {
    await patch(
      cloud,
      "UpdateStage",
      stagePath(inputs),
      operations(inputs, {}),
    );
    const parts = [
      textOf(inputs, "restApi"),
      textOf(inputs, "stageName"),
      textOf(inputs, "methodPath"),
    ];
    created(parts.join("-"));
  },
  read: async (cloud, _id, state) => {
    const path = stagePath(state);
    const stage = await unlessGone(
      gatewayCall(cloud, { operation: "GetStage", method: "GET", path }),
    );
    const found =
      stage && mapOf(stage, "methodSettings")[textOf(state, "methodPath")];
    if (!isMap(found)) return undefined;
    const named = PATHS.map(([name]) => [name, asMap(found)[name]] as const);
    return {
      settings: Object.fromEntries(
        named.filter(
          (entry): entry is [string, Value] => entry[1] !== undefined,
        ),
      ),
    };
  },
  update: async (cloud, { old, inputs }) => {
    await patch(
      cloud,
      "UpdateStage",
      stagePath(inputs),
      operations(inputs, old),
    );
  },
  delete: async (cloud, _id, state) => {
    const operation: Patch = {
      op: "remove",
      path: `/${textOf(state, "methodPath")}`,
    };
    try {
      await unlessGone(
        patch(cloud, "UpdateStage", stagePath(state), [operation]),
      );
    } catch (error) {
      const isGone =
        error instanceof AwsError &&
        error.message.includes("no method setting for this method");
      if (!isGone) throw error;
    }
  },
};
