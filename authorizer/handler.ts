import { isObject } from "../contract/readers.ts";
import type { ReadSecret } from "./aws/secrets.ts";
import { buildResult, type AuthorizerResult } from "./context.ts";
import { decide } from "./decide.ts";
import { InternalFailure } from "./failure.ts";
import { gather, type Sources } from "./gather.ts";
import { renderEntry, type LogEntry } from "./log.ts";
import type { Settings } from "./settings.ts";

export interface Collaborators extends Sources {
  readonly settings: Settings;
  readonly readSecret: ReadSecret;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly writeLine: (line: string) => void;
}

type Entry = Omit<LogEntry, "latencyMs" | "requestId">;

/** The handler rejects with exactly `Unauthorized` (API Gateway: 401), or an internal reason code (500). */
export const createHandler =
  (collaborators: Collaborators) =>
  async (event: unknown, invocation: unknown): Promise<AuthorizerResult> => {
    const started = performance.now();
    const functionArn =
      isObject(invocation) && invocation["invokedFunctionArn"];
    let entry: Entry = { decision: "error", reason: "internal-error" };
    try {
      const { settings, now, readSecret } = collaborators;
      const request = { event, functionArn };
      const known = await gather(request, settings, collaborators);
      const decision = await decide(request, known, now());
      const { kind, route, tokenHash } = decision;
      if (kind === "unauthorized") {
        const { reason } = decision;
        entry = { decision: kind, reason, route, tokenHash };
        throw new Error("Unauthorized");
      }
      const { issuer, mode, name: consumer } = decision.caller;
      const reason = kind === "forbidden" ? decision.reason : "ok";
      const facts = { route, consumer, mode, issuer, tokenHash };
      entry = { ...entry, ...facts };
      const result = await buildResult(decision, readSecret);
      entry = { decision: kind, reason, ...facts };
      return result;
    } catch (error) {
      if (entry.decision === "unauthorized") throw error;
      const { reason, detail } = toInternalFailure(error);
      entry = { ...entry, reason, detail };
      throw new Error(reason);
    } finally {
      const latencyMs = Math.round((performance.now() - started) * 10) / 10;
      const requestId = requestIdOf(event);
      collaborators.writeLine(renderEntry({ ...entry, requestId, latencyMs }));
    }
  };

function requestIdOf(event: unknown): string | undefined {
  const context = isObject(event) ? event["requestContext"] : undefined;
  const id = isObject(context) ? context["requestId"] : undefined;
  return typeof id === "string" && /^[0-9a-f-]{36}$/.test(id) ? id : undefined;
}

/** Messages of unexpected errors may quote secrets: only their class is logged. */
function toInternalFailure(error: unknown): InternalFailure {
  if (error instanceof InternalFailure) return error;
  return new InternalFailure(
    "internal-error",
    error instanceof Error ? error.name : typeof error,
  );
}
