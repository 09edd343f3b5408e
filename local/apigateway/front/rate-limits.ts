// API Gateway's published control-plane rate limits, as token buckets an account and region. Off unless switched on: they
// make runs slow, as they do on AWS.

interface Rate {
  /** Calls a second. */
  readonly rate: number;
  readonly burst: number;
}

// From "Quotas for creating, deploying and managing a REST API". PutRestApi has no row of its own there; it is taken to be
// as slow as CreateDeployment.
const rates: Readonly<Record<string, Rate | undefined>> = {
  CreateRestApi: { rate: 1 / 3, burst: 1 },
  ImportRestApi: { rate: 1 / 3, burst: 1 },
  DeleteRestApi: { rate: 1 / 30, burst: 1 },
  PutRestApi: { rate: 1 / 5, burst: 1 },
  CreateDeployment: { rate: 1 / 5, burst: 1 },
  CreateResource: { rate: 5, burst: 5 },
  CreateDomainName: { rate: 1 / 30, burst: 1 },
  UpdateUsagePlan: { rate: 1 / 20, burst: 1 },
  UpdateAccount: { rate: 1 / 20, burst: 1 },
};
const total: Rate = { rate: 10, burst: 40 };

export interface Limits {
  set(on: boolean): void;
  /** Whether the call may pass; takes a token of the operation's bucket and one of the total. */
  pass(operation: string, place: string): boolean;
}

/** @param now milliseconds, on any clock that does not go backwards */
export function createLimits(startsOn: boolean, now: () => number): Limits {
  const buckets = new Map<string, { tokens: number; at: number }>();
  let on = startsOn;
  const take = (key: string, { rate, burst }: Rate): boolean => {
    const bucket = buckets.get(key) ?? { tokens: burst, at: now() };
    const tokens = Math.min(
      burst,
      bucket.tokens + ((now() - bucket.at) / 1000) * rate,
    );
    // A thousandth of slack: thirty seconds of a thirtieth must make a whole token.
    const passed = tokens >= 0.999;
    buckets.set(key, { tokens: passed ? tokens - 1 : tokens, at: now() });
    return passed;
  };
  return {
    set(next) {
      on = next;
      buckets.clear();
    },
    pass(operation, place) {
      if (!on) return true;
      const own = rates[operation];
      return (
        take(`${place} total`, total) &&
        (!own || take(`${place} ${operation}`, own))
      );
    },
  };
}
