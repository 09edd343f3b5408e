// One line of JSON for every decision. The fields are listed here one by one, so that nothing else can reach the log.
import { createHash } from "node:crypto";
import type { Mode } from "./decide.ts";
import type { InternalReason, RefusalReason } from "./failure.ts";

export interface LogEntry {
  readonly decision: "allow" | "refuse" | "error";
  readonly reason: RefusalReason | InternalReason | "ok";
  readonly consumer?: string | undefined;
  readonly mode?: Mode | undefined;
  /** How many resources the consumer's policy allows. */
  readonly resources?: number | undefined;
  readonly latencyMilliseconds?: number | undefined;
  readonly tokenHash?: string | undefined;
  /** Where to look, for an internal failure. */
  readonly detail?: string | undefined;
}

export function renderEntry(entry: LogEntry): string {
  const {
    decision,
    reason,
    consumer,
    mode,
    resources,
    latencyMilliseconds,
    tokenHash,
    detail,
  } = entry;
  const latency =
    latencyMilliseconds === undefined
      ? undefined
      : Math.round(latencyMilliseconds * 10) / 10;
  return JSON.stringify({
    decision,
    reason,
    consumer,
    mode,
    resources,
    latencyMs: latency,
    tokenHash,
    detail,
  });
}

/** Twelve hex digits: enough to find a token's lines again, not enough to look the token up anywhere. */
export function abbreviateToken(token: string): string {
  return createHash("sha256").update(token).digest("hex").slice(0, 12);
}
