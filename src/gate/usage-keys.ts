// The API keys behind usage plans. A key is no secret and opens nothing: API Gateway takes keys from the authorizer only, which
// names one to say whose requests are counted. Pure.
import type { Consumer, Gate } from "./gate.ts";

/** SHA-256 of UTF-8 text as lower-case hex. */
export type Digest = (text: string) => string;

export interface UsageKey {
  /** Whose key it is; undefined for the one that all consumers without a plan share. */
  readonly consumer: string | undefined;
  /** Undefined for the shared key, whose plan has no limits. */
  readonly plan: string | undefined;
  readonly value: string;
}

/**
 * @returns undefined in a gate without plans, whose methods want no key; else the key by which the consumer's requests are
 * counted.
 */
export function usageKeyOf(
  gate: Pick<Gate, "id" | "plans">,
  consumer: Pick<Consumer, "id" | "plan">,
  sha256: Digest,
): string | undefined {
  if (gate.plans.length === 0) return undefined;
  return sha256(`${gate.id}/${consumer.plan === undefined ? "" : consumer.id}`);
}

/** @returns every key of the gate: one a consumer with a plan, in the user's order, and the shared one last. */
export function usageKeysOf(
  gate: Pick<Gate, "id" | "plans" | "consumers">,
  sha256: Digest,
): UsageKey[] {
  if (gate.plans.length === 0) return [];
  const own = gate.consumers.flatMap(({ id, plan }) =>
    plan === undefined
      ? []
      : [{ consumer: id, plan, value: sha256(`${gate.id}/${id}`) }],
  );
  const shared = {
    consumer: undefined,
    plan: undefined,
    value: sha256(`${gate.id}/`),
  };
  return [...own, shared];
}
