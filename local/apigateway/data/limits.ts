import type { IncomingMessage } from "node:http";
import type {
  ApiKey,
  MethodSetting,
  Resource,
  Stage,
  UsagePlan,
} from "../model.ts";
import { decompress } from "./content.ts";
import type { Exchange, Refusal, Routed } from "./exchange.ts";
import { headerBytes, headerPairs, headerValues } from "./headers.ts";
import { largestPayload, readUpTo, requestTooLarge } from "./upstream.ts";

/** Quotas of REST APIs, in bytes. AWS publishes the limits but not its answers: 414 and 431 are RFC 9110's and RFC 6585's. */
const longest = { url: 10_240, headers: 10_240 };

export function tooLong(request: IncomingMessage): Refusal | undefined {
  if ((request.url ?? "").length > longest.url)
    return {
      type: "DEFAULT_4XX",
      status: 414,
      message: "Request URI Too Long",
    };
  if (headerBytes(headerPairs(request.rawHeaders)) <= longest.headers)
    return undefined;
  return {
    type: "DEFAULT_4XX",
    status: 431,
    message: "Request Header Fields Too Large",
  };
}

/** Users report a 400 for a lone `%`; the important notes name what a query may not hold in the plain. Not of the API's making. */
export function malformed({
  readings,
  target: { path, query },
}: Exchange): Refusal | undefined {
  const isMalformed =
    /%(?![0-9a-f]{2})/i.test(`${path}?${query}`) || /[|{}]/.test(query);
  return isMalformed && readings.malformedUrls === "refused"
    ? { type: "DEFAULT_4XX", message: "Bad Request", builtIn: true }
    : undefined;
}

/** Reads the body into the exchange: API Gateway does not stream requests. */
export async function readBody(
  exchange: Exchange,
): Promise<Refusal | undefined> {
  if (Number(exchange.request.headers["content-length"] ?? 0) > largestPayload)
    return requestTooLarge;
  const body = await readUpTo(exchange.request, largestPayload);
  if (!body) return requestTooLarge;
  exchange.body = body;
  return decompress(exchange);
}

export interface Buckets {
  /** Takes one token. `rate` is tokens a second, `burst` the most a bucket holds and what a new one starts with. */
  take(key: string, limit: { rate: number; burst: number }): boolean;
}

const throttled: Refusal = {
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
    planOf(exchange, key, { apiId: exchange.parts.api.id, stage: stageName });
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

/** The plan that counts for a key; a key that was put into it just now is not known everywhere yet. */
function planOf(
  { readings, target: { store }, time }: Exchange,
  key: ApiKey,
  served: { apiId: string; stage: string },
): UsagePlan | undefined {
  const delay = readings.keyDelaySeconds;
  const isKnown = (since: number | undefined): boolean =>
    since !== undefined && (delay === 0 || since + delay <= time / 1000);
  return [...store.usagePlans.values()].find(
    (plan) =>
      isKnown(store.planKeys.get(plan.id)?.get(key.id)) &&
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
