// The Lambda handler over its collaborators: event in, policy out, one log line, and every failure closed.
import { buildContext, type Context } from "./context.ts";
import { parseCredential } from "./credential.ts";
import { decide, type Mode } from "./decide.ts";
import { InternalFailure, Refusal } from "./failure.ts";
import { isObject, type JsonObject } from "./json.ts";
import { abbreviateToken, renderEntry, type LogEntry } from "./log.ts";
import { buildPolicy, parseStageArn, type PolicyDocument } from "./policy.ts";
import type { ReadSecret } from "./secrets.ts";
import type { Settings } from "./settings.ts";

/** The answer API Gateway expects of a TOKEN authorizer. */
export interface AuthorizerResult {
  readonly principalId: string;
  readonly policyDocument: PolicyDocument;
  readonly context: Context;
}

export interface Collaborators {
  readonly settings: Settings;
  readonly readSecret: ReadSecret;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Takes one log line without its line break. */
  readonly writeLine: (line: string) => void;
}

/** What is known so far of the request being decided, for its log line. */
interface Facts {
  consumer?: string;
  mode?: Mode;
  resources?: number;
  tokenHash?: string;
}

/** API Gateway's documented limit for an authorizer's result. */
const resultLimit = 8192;

/**
 * Returns the handler. It rejects with exactly `Unauthorized` (API Gateway: 401) when the caller is not who may pass, and
 * with an internal reason code (API Gateway: 500) when the gate cannot tell.
 */
export function createHandler(collaborators: Collaborators) {
  return async (event: unknown): Promise<AuthorizerResult> => {
    const started = performance.now();
    const facts: Facts = {};
    const log = (entry: LogEntry) =>
      collaborators.writeLine(
        renderEntry({
          ...facts,
          latencyMilliseconds: performance.now() - started,
          ...entry,
        }),
      );
    try {
      const result = await authorize(event, collaborators, facts);
      log({ decision: "allow", reason: "ok" });
      return result;
    } catch (error) {
      if (error instanceof Refusal) {
        log({ decision: "refuse", reason: error.reason });
        throw new Error("Unauthorized");
      }
      const { reason, detail } = toInternalFailure(error);
      log({ decision: "error", reason, detail });
      throw new Error(reason);
    }
  };
}

async function authorize(
  event: unknown,
  collaborators: Collaborators,
  facts: Facts,
): Promise<AuthorizerResult> {
  const { settings, readSecret, now } = collaborators;
  const { authorizationToken, methodArn } = readEvent(event);
  const stageArn = parseStageArn(methodArn, settings.stage);
  const token = parseCredential(settings.header, authorizationToken);
  facts.tokenHash = abbreviateToken(token);

  const decision = await decide(token, settings, now());
  if (decision.kind === "refuse") throw new Refusal(decision.reason);
  const { mode, consumer } = decision;
  Object.assign(facts, {
    mode,
    consumer: consumer.id,
    resources: consumer.resources.length,
  } satisfies Facts);

  const policyDocument = buildPolicy(stageArn, consumer.resources);
  const context = await buildContext(consumer, settings.upstreams, readSecret);
  return assertSize({
    principalId: `${mode}:${consumer.id}`,
    policyDocument,
    context,
  });
}

function readEvent(event: unknown): JsonObject {
  if (isObject(event) && event["type"] === "TOKEN") return event;
  throw new InternalFailure(
    "event-unexpected",
    "not the event of a TOKEN authorizer",
  );
}

function assertSize(result: AuthorizerResult): AuthorizerResult {
  const size = Buffer.byteLength(JSON.stringify(result));
  if (size < resultLimit) return result;
  throw new InternalFailure("result-too-large", `${size} bytes`);
}

/** Of an error nobody foresaw only its class is told: its message may quote what it failed on. */
function toInternalFailure(error: unknown): InternalFailure {
  if (error instanceof InternalFailure) return error;
  return new InternalFailure(
    "internal-error",
    error instanceof Error ? error.name : typeof error,
  );
}
