// What one consumer may do more and less. Types, and the case of no difference.
import type { ConsumerSummary, GateSummary } from "./summary.ts";

/** Ends of sentences that start with the consumer's name. */
export interface Moves {
  readonly wider: readonly string[];
  readonly narrower: readonly string[];
}

export const noChange: Moves = { wider: [], narrower: [] };

/** A consumer of both gates. */
export interface ConsumerChange {
  readonly was: ConsumerSummary;
  readonly is: ConsumerSummary;
  readonly before: GateSummary;
  readonly after: GateSummary;
}
