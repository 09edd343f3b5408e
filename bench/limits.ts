// How long calls to API Gateway take under its published limits, by a simulation. Pure.

interface Rate {
  /** Calls a second. */
  readonly rate: number;
  readonly burst: number;
}

/**
 * "Quotas for creating, deploying and managing an API" (API Gateway developer guide), an account and region. For those of one operation
 * no burst is published: a call that is late may be followed by the next at once, no more.
 */
const own: Readonly<Record<string, Rate | undefined>> = {
  CreateRestApi: { rate: 1 / 3, burst: 1 },
  PutRestApi: { rate: 1, burst: 1 },
  CreateDeployment: { rate: 1 / 5, burst: 1 },
  CreateResource: { rate: 5, burst: 5 },
  UpdateUsagePlan: { rate: 1 / 20, burst: 1 },
};
const total: Rate = { rate: 10, burst: 40 };

/** Seconds that an answer of AWS takes where nothing is limited: an assumption, since AWS publishes none. */
export const answer = 0.1;

/**
 * @param operations in the order in which they were sent. A call waits for its operation's limit, for the total's, and for an answer when
 * as many as `atOnce` are under way.
 * @returns seconds until the last answer.
 */
export function secondsUnderLimits(
  operations: readonly string[],
  atOnce: number,
): number {
  const buckets = new Map<string, { tokens: number; at: number }>();
  const free = Array.from({ length: atOnce }, () => 0);
  let end = 0;
  for (const operation of operations) {
    const lane = free.indexOf(Math.min(...free));
    const limit = own[operation];
    const start = Math.max(
      free[lane] ?? 0,
      limit ? take(operation, limit, free[lane] ?? 0) : 0,
    );
    const sent = take("total", total, start);
    free[lane] = sent + answer;
    end = Math.max(end, sent + answer);
  }
  return end;

  /** @returns when a call that may be sent `from` then is, by this limit. */
  function take(key: string, { burst, rate }: Rate, from: number): number {
    const bucket = buckets.get(key) ?? { tokens: burst, at: 0 };
    const at = Math.max(from, bucket.at);
    const tokens = Math.min(burst, bucket.tokens + (at - bucket.at) * rate);
    const sent = tokens >= 1 ? at : at + (1 - tokens) / rate;
    buckets.set(key, { tokens: Math.max(tokens - 1, 0), at: sent });
    return sent;
  }
}
