// One line of JSON for every decision. The fields are listed here one by one, so that nothing else can reach the log.
import { sha256Hex } from "./digest.ts";
import type { InternalReason, RefusalReason } from "./failure.ts";
import type { Mode } from "./issuer.ts";

export interface LogEntry {
  readonly decision: "allow" | "refuse" | "error" | "warning";
  readonly reason: RefusalReason | InternalReason | "ok" | "issuer-keys-stale";
  readonly consumer?: string | undefined;
  readonly mode?: Mode | undefined;
  /** The name of the issuer in the settings. */
  readonly issuer?: string | undefined;
  /** How many resources the consumer's policy allows. */
  readonly resources?: number | undefined;
  readonly latencyMs?: number | undefined;
  readonly tokenHash?: string | undefined;
  /** Where to look, for an internal failure. */
  readonly detail?: string | undefined;
}

const fields = [
  "decision",
  "reason",
  "consumer",
  "mode",
  "issuer",
  "resources",
  "latencyMs",
  "tokenHash",
  "detail",
] satisfies (keyof LogEntry)[];

export const renderEntry = (entry: LogEntry): string =>
  JSON.stringify(entry, fields);

/** Twelve hex digits: enough to find a token's lines again, not enough to look the token up anywhere. */
export const abbreviateToken = (token: string): string =>
  sha256Hex(token).slice(0, 12);
