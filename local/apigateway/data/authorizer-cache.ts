// Remembers authorizer results for their time to live, over deployments, until the stage's cache is flushed.

import type { AuthorizerResult } from "./authorizer-result.ts";

export interface CacheKey {
  readonly apiId: string;
  readonly stageName: string;
  readonly authorizerId: string;
  /** The token, or the values of all identity sources. The method and path are not part of the key on AWS. */
  readonly identity: readonly string[];
}

export interface AuthorizerCache {
  get(key: CacheKey): AuthorizerResult | undefined;
  set(key: CacheKey, result: AuthorizerResult, ttlSeconds: number): void;
  flush(apiId: string, stageName: string): void;
}

export function createAuthorizerCache(now: () => number): AuthorizerCache {
  const entries = new Map<
    string,
    { result: AuthorizerResult; until: number }
  >();
  const dropExpired = () => {
    for (const [key, { until }] of entries)
      if (until <= now()) entries.delete(key);
  };
  return {
    get(key) {
      dropExpired();
      return entries.get(text(key))?.result;
    },
    set(key, result, ttlSeconds) {
      if (ttlSeconds > 0)
        entries.set(text(key), { result, until: now() + ttlSeconds * 1000 });
    },
    flush(apiId, stageName) {
      const prefix = stagePrefix(apiId, stageName);
      for (const key of entries.keys())
        if (key.startsWith(prefix)) entries.delete(key);
    },
  };
}

const stagePrefix = (apiId: string, stageName: string) =>
  `${JSON.stringify([apiId, stageName])} `;

function text({ apiId, stageName, authorizerId, identity }: CacheKey): string {
  return (
    stagePrefix(apiId, stageName) + JSON.stringify([authorizerId, ...identity])
  );
}
