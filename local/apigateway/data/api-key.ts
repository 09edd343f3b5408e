// API keys and usage plans: who the key belongs to, and whether its plan has room for one more request.

import type { ApiKey, Store, UsagePlan } from "../model.ts";
import type { Refusal, Routed } from "./exchange.ts";
import { headerValues } from "./headers.ts";
import { throttled, type Buckets } from "./throttle.ts";

export interface Quotas {
  /** Counts one request; false when the period's limit is used up. */
  take(
    key: string,
    quota: { limit: number; offset: number; period: string },
  ): boolean;
}

const forbidden: Refusal = { type: "INVALID_API_KEY", message: "Forbidden" };

/** Counts a day, week (from Monday) or month of UTC; a plan's offset shortens the first period only. */
export function createQuotas(now: () => number): Quotas {
  const counters = new Map<string, { period: string; used: number }>();
  return {
    take(key, quota) {
      const period = periodOf(now(), quota.period);
      const counter = counters.get(key) ?? { period, used: quota.offset };
      const used = counter.period === period ? counter.used : 0;
      const taken = used < quota.limit;
      counters.set(key, { period, used: taken ? used + 1 : used });
      return taken;
    },
  };
}

/** Asks for a key only where the method requires one. The key must be enabled and in a plan of this stage. */
export function checkApiKey(
  exchange: Routed,
  buckets: Buckets,
  quotas: Quotas,
): Refusal | undefined {
  if (!exchange.route.method.apiKeyRequired) return undefined;
  const { store, stageName } = exchange.target;
  const value = keyValue(exchange);
  const key = [...store.apiKeys.values()].find(
    (known) => known.enabled && known.value === value,
  );
  const plan =
    key &&
    planOf(store, key, { apiId: exchange.parts.api.id, stage: stageName });
  if (!plan) return forbidden;
  exchange.apiKey = key;
  if (!takeThrottle(exchange, { plan, key }, buckets)) return throttled;
  const counted =
    !plan.quota || quotas.take(`${plan.id}/${key.id}`, plan.quota);
  return counted
    ? undefined
    : { type: "QUOTA_EXCEEDED", message: "Limit Exceeded" };
}

function keyValue(exchange: Routed): string | undefined {
  if (exchange.parts.api.apiKeySource === "AUTHORIZER")
    return exchange.usageIdentifierKey;
  const values = headerValues(exchange.headers, "x-api-key");
  return values.length === 1 ? values[0] : undefined;
}

function planOf(
  store: Store,
  key: ApiKey,
  served: { apiId: string; stage: string },
): UsagePlan | undefined {
  return [...store.usagePlans.values()].find(
    (plan) =>
      store.planKeys.get(plan.id)?.has(key.id) &&
      plan.apiStages.some(
        ({ apiId, stage }) => apiId === served.apiId && stage === served.stage,
      ),
  );
}

/** The plan's limit for this method, then the plan's own: a key has one bucket for each. */
function takeThrottle(
  { route, parts, target }: Routed,
  { plan, key }: { plan: UsagePlan; key: ApiKey },
  buckets: Buckets,
) {
  const stage = plan.apiStages.find(
    (one) => one.apiId === parts.api.id && one.stage === target.stageName,
  );
  const name = `${route.resource.path}/${route.method.httpMethod}`;
  const forMethod = Object.entries(stage?.throttle ?? {}).find(
    ([path]) =>
      `/${path.replaceAll("~1", "/")}`.replace(/^\/+/, "/") ===
      name.replace(/^\/+/, "/"),
  )?.[1];
  const limits = [
    {
      limit: forMethod,
      bucket: ["plan", plan.id, key.id, parts.api.id, target.stageName, name],
    },
    { limit: plan.throttle, bucket: ["plan", plan.id, key.id] },
  ];
  return limits.every(
    ({ limit, bucket }) =>
      !limit ||
      buckets.take(JSON.stringify(bucket), {
        rate: limit.rateLimit,
        burst: limit.burstLimit,
      }),
  );
}

function periodOf(time: number, period: string): string {
  const date = new Date(time);
  if (period === "MONTH") return date.toISOString().slice(0, 7);
  if (period === "WEEK")
    date.setUTCDate(date.getUTCDate() - ((date.getUTCDay() + 6) % 7));
  return date.toISOString().slice(0, 10);
}
