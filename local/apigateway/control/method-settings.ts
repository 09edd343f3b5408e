import type { MethodSetting, Stage } from "../model.ts";
import { badRequest, type ServiceError } from "./errors.ts";
import { type Patch, type PatchRule, toAmount, toFlag } from "./patch.ts";

const defaults: MethodSetting = {
  metricsEnabled: false,
  dataTraceEnabled: false,
  throttlingBurstLimit: 5000,
  throttlingRateLimit: 10_000,
  cachingEnabled: false,
  cacheTtlInSeconds: 300,
  cacheDataEncrypted: false,
  requireAuthorizationForCacheControl: true,
  unauthorizedCacheControlHeaderStrategy: "SUCCEED_WITH_RESPONSE_HEADER",
};

type Setter = (setting: MethodSetting, patch: Patch) => void;

const setters: Readonly<Record<string, Setter | undefined>> = {
  "metrics/enabled": (it, patch) => (it.metricsEnabled = toFlag(patch)),
  "logging/dataTrace": (it, patch) => (it.dataTraceEnabled = toFlag(patch)),
  "logging/loglevel": (it, patch) =>
    (it.loggingLevel = oneOf(patch, ["OFF", "ERROR", "INFO"])),
  "throttling/burstLimit": (it, patch) =>
    (it.throttlingBurstLimit = limit(patch)),
  "throttling/rateLimit": (it, patch) =>
    (it.throttlingRateLimit = limit(patch)),
  "caching/enabled": (it, patch) => (it.cachingEnabled = toFlag(patch)),
  "caching/ttlInSeconds": (it, patch) =>
    (it.cacheTtlInSeconds = toAmount(patch)),
  "caching/dataEncrypted": (it, patch) =>
    (it.cacheDataEncrypted = toFlag(patch)),
  "caching/requireAuthorizationForCacheControl": (it, patch) =>
    (it.requireAuthorizationForCacheControl = toFlag(patch)),
  "caching/unauthorizedCacheControlHeaderStrategy": (it, patch) =>
    (it.unauthorizedCacheControlHeaderStrategy = oneOf(patch, [
      "FAIL_WITH_403",
      "SUCCEED_WITH_RESPONSE_HEADER",
      "SUCCEED_WITHOUT_RESPONSE_HEADER",
    ])),
};

function oneOf(
  { value = "", path }: Patch,
  allowed: readonly string[],
): string {
  if (allowed.includes(value)) return value;
  throw badRequest(
    `Invalid value ${value} for ${path}. Valid options are ${allowed.join(",")}`,
  ); // ours
}

/** -1 switches a throttle off: the account's limit is left. */
function limit(patch: Patch): number {
  const value = toAmount(patch);
  if (value < -1) throw badRequest(`Invalid value specified for ${patch.path}`); // ours
  return patch.path.endsWith("burstLimit") ? Math.trunc(value) : value;
}

const every = "*/*";
const verbs = "GET|PUT|POST|DELETE|PATCH|OPTIONS|HEAD|ANY";
const target = `\\*/\\*|[^*]+/(?:${verbs})`;

/**
 * Keys keep the escaped slashes of the patch path (`a~1b/GET`). A nested path written with plain slashes is accepted
 * and stored escaped: readers who look for their own spelling do not find it, as users report of AWS.
 */
function keyOf(path: string, setting = ""): string {
  const key = path.slice(1, setting === "" ? undefined : -setting.length - 1);
  const cut = key.lastIndexOf("/");
  return `${key.slice(0, cut).replaceAll("/", "~1")}${key.slice(cut)}`;
}

export const settingRules: readonly PatchRule<Stage>[] = [
  {
    path: new RegExp(`^/(?:${target})/(${Object.keys(setters).join("|")})$`),
    ops: ["add", "replace"],
    apply: (stage, patch) => {
      const [setting = ""] = patch.parts;
      const key = keyOf(patch.path, setting);
      // A method's own settings start from those of every method, and then stand alone.
      stage.methodSettings[key] ??= {
        ...(stage.methodSettings[every] ?? defaults),
      };
      setters[setting]?.(stage.methodSettings[key], patch);
    },
  },
  {
    path: new RegExp(`^/(?:${target})$`),
    ops: ["remove"],
    apply: (stage, { path }) => {
      const key = keyOf(path);
      if (!(key in stage.methodSettings)) throw noSetting(path);
      Reflect.deleteProperty(stage.methodSettings, key);
    },
  },
];

/** AWS's answer to every remove of what is not there or cannot be removed; the blank at the end is AWS's. */
export function noSetting(path: string): ServiceError {
  return badRequest(
    `Cannot remove method setting ${path.slice(1)} because there is no method setting for this method `,
  );
}

/** Whether execution logs would be written, which needs the account's CloudWatch role. */
export function logs(stage: Stage): boolean {
  return Object.values(stage.methodSettings).some(
    ({ loggingLevel = "OFF" }) => loggingLevel !== "OFF",
  );
}
