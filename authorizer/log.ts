// One line of JSON for every decision. The fields are listed here one by one, so that nothing else can reach the log.
import type { Mode } from "./callers.ts";
import type {
  ForbiddenReason,
  InternalReason,
  RefusalReason,
} from "./failure.ts";

export interface LogEntry {
  readonly decision:
    "allow" | "unauthorized" | "forbidden" | "error" | "warning";
  readonly reason:
    | RefusalReason
    | ForbiddenReason
    | InternalReason
    | "ok"
    | "issuer-keys-stale";
  /** Method and path of the route. */
  readonly route?: string | undefined;
  readonly consumer?: string | undefined;
  readonly mode?: Mode | undefined;
  /** The name of the issuer in the settings. */
  readonly issuer?: string | undefined;
  readonly latencyMs?: number | undefined;
  /** Twelve hex digits: enough to find a token's lines again, not enough to look the token up anywhere. */
  readonly tokenHash?: string | undefined;
  /** Where to look, for an internal failure. */
  readonly detail?: string | undefined;
}

const fields = [
  "decision",
  "reason",
  "route",
  "consumer",
  "mode",
  "issuer",
  "latencyMs",
  "tokenHash",
  "detail",
] satisfies (keyof LogEntry)[];

export const renderEntry = (entry: LogEntry): string =>
  JSON.stringify(entry, fields);
