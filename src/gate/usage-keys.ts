// The API keys behind usage plans. A key is no secret and opens nothing: API Gateway takes keys from the authorizer only, which
// names one to say whose requests are counted.
import type { Consumer, Gate } from "./gate.ts";

export type Digest = (text: string) => string;

export interface UsageKey {
  /** Undefined for the key that all consumers without a plan share. */
  readonly consumer: string | undefined;
  readonly plan: string | undefined;
  readonly value: string;
}

/** @returns the key by which the consumer's requests are counted; undefined in a gate without plans. */
export function usageKeyOf(
  gate: Pick<Gate, "id" | "plans">,
  { id, plan }: Partial<Pick<Consumer, "id" | "plan">>,
  sha256: Digest,
): string | undefined {
  if (gate.plans.length === 0) return undefined;
  return sha256(`${gate.id}/${plan === undefined ? "" : (id ?? "")}`);
}

/** @returns every key of the gate: one a consumer with a plan, in the user's order, and the shared one last. */
export function usageKeysOf(
  gate: Pick<Gate, "id" | "plans" | "consumers">,
  sha256: Digest,
): UsageKey[] {
  const counted = gate.consumers.filter(({ plan }) => plan !== undefined);
  return [...counted, {}].flatMap((consumer: Partial<Consumer>) => {
    const value = usageKeyOf(gate, consumer, sha256);
    const { id, plan } = consumer;
    return value === undefined ? [] : [{ consumer: id, plan, value }];
  });
}
