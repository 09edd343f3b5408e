// Token buckets: the stage's method settings, and what usage plans build on.

import type { MethodSetting, Resource, Stage } from "../model.ts";
import type { Refusal, Routed } from "./exchange.ts";

export interface Buckets {
  /** Takes one token. `rate` is tokens a second, `burst` the most a bucket holds and what a new one starts with. */
  take(key: string, limit: { rate: number; burst: number }): boolean;
}

export const throttled: Refusal = {
  type: "THROTTLED",
  message: "Too Many Requests",
};

export function createBuckets(now: () => number): Buckets {
  const buckets = new Map<string, { tokens: number; at: number }>();
  return {
    take(key, { rate, burst }) {
      const time = now();
      const bucket = buckets.get(key) ?? { tokens: burst, at: time };
      const tokens = Math.min(
        burst,
        bucket.tokens + ((time - bucket.at) / 1000) * rate,
      );
      const taken = tokens >= 1;
      buckets.set(key, { tokens: taken ? tokens - 1 : tokens, at: time });
      return taken;
    },
  };
}

/** A method's own settings, or the stage's for every method; each method has a bucket of its own. */
export function throttleMethod(
  exchange: Routed,
  buckets: Buckets,
): Refusal | undefined {
  const { route, stage, parts } = exchange;
  const setting = methodSetting(stage, route.resource, route.method.httpMethod);
  if (
    !setting ||
    setting.throttlingRateLimit < 0 ||
    setting.throttlingBurstLimit < 0
  )
    return undefined;
  const key = JSON.stringify([
    "stage",
    parts.api.id,
    stage.stageName,
    route.resource.id,
    route.method.httpMethod,
  ]);
  const limit = {
    rate: setting.throttlingRateLimit,
    burst: setting.throttlingBurstLimit,
  };
  return buckets.take(key, limit) ? undefined : throttled;
}

/** Keys have the path's slashes escaped, with or without the leading one; the root is `~1` alone. */
function methodSetting(
  { methodSettings }: Stage,
  { path }: Resource,
  verb: string,
): MethodSetting | undefined {
  const escaped = path.replaceAll("/", "~1");
  const keys = [
    `${escaped}/${verb}`,
    `${escaped.replace(/^~1/, "")}/${verb}`,
    "*/*",
  ];
  return keys
    .map((key) => methodSettings[key])
    .find((setting) => setting !== undefined);
}
