// Fields are listed one by one, so that nothing else reaches the log.
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
  readonly route?: string | undefined;
  readonly consumer?: string | undefined;
  readonly mode?: Mode | undefined;
  readonly issuer?: string | undefined;
  /** API Gateway's, as in the access log. */
  readonly requestId?: string | undefined;
  readonly latencyMs?: number | undefined;
  /** Twelve hex digits: too few to look a token up. */
  readonly tokenHash?: string | undefined;
  readonly detail?: string | undefined;
}

const fields = [
  "decision",
  "reason",
  "route",
  "consumer",
  "mode",
  "issuer",
  "requestId",
  "latencyMs",
  "tokenHash",
  "detail",
] satisfies (keyof LogEntry)[];

export const renderEntry = (entry: LogEntry): string =>
  JSON.stringify(entry, fields);
