// The Lambda handler over its collaborators: event in, policy out, one log line, and every failure closed.
import { buildContext, type Context } from "./context.ts";
import { parseCredential } from "./credential.ts";
import type { CustomAnswer } from "./custom.ts";
import { identify } from "./decide.ts";
import { demand, InternalFailure, Refusal } from "./failure.ts";
import { gather, type Sources } from "./gather.ts";
import type { Mode } from "./issuer.ts";
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
  /** The API key whose usage plan counts the call, where the caller has one. */
  readonly usageIdentifierKey?: string | undefined;
}

export interface Collaborators extends Sources {
  readonly settings: Settings;
  readonly readSecret: ReadSecret;
  /** Asks the user's own authorizer function, by its name. */
  readonly askCustom: (
    event: JsonObject,
    name: string,
  ) => Promise<CustomAnswer>;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Takes one log line without its line break. */
  readonly writeLine: (line: string) => void;
}

/** Who may pass, and to what. */
interface Admission {
  readonly mode: Mode;
  readonly issuer?: string | undefined;
  readonly name: string;
  readonly makePolicy: () => PolicyDocument;
  readonly mayUse: (upstream: string) => boolean;
  readonly usageKey?: string | undefined;
}

/** What is known so far of the request being decided, for its log line. */
interface Facts {
  tokenHash?: string;
  resources?: number;
}

/** API Gateway's documented limit for an authorizer's result. */
const resultLimit = 8192;

/**
 * Returns the handler. It rejects with exactly `Unauthorized` (API Gateway: 401) when the caller is not who may pass, and
 * with an internal reason code (API Gateway: 500) when the gate cannot tell.
 */
export const createHandler =
  (collaborators: Collaborators) =>
  async (event: unknown, invocation: unknown): Promise<AuthorizerResult> => {
    const started = performance.now();
    const facts: Facts = {};
    const log = (entry: LogEntry) => {
      const latencyMs = Math.round((performance.now() - started) * 10) / 10;
      collaborators.writeLine(renderEntry({ ...facts, latencyMs, ...entry }));
    };
    try {
      const result = await authorize(event, invocation, collaborators, facts);
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

async function authorize(
  event: unknown,
  invocation: unknown,
  collaborators: Collaborators,
  facts: Facts,
): Promise<AuthorizerResult> {
  const { settings, readSecret } = collaborators;
  if (!isObject(event) || event["type"] !== "TOKEN")
    throw new InternalFailure("event-unexpected");
  const stageArn = parseStageArn(
    event["methodArn"],
    settings.stage,
    // Lambda's own word for which function this is, and so in which account and region its gate must be.
    isObject(invocation) && invocation["invokedFunctionArn"],
  );
  const { mode, issuer, name, makePolicy, mayUse, usageKey } =
    settings.custom === undefined
      ? await admit(event, stageArn, collaborators, facts)
      : await admitCustom(event, settings.custom, collaborators, facts);
  Object.assign(facts, { mode, issuer, consumer: name });
  const policyDocument = makePolicy();
  facts.resources = policyDocument.Statement.filter(
    ({ Effect }) => Effect === "Allow",
  ).flatMap(({ Resource }) => Resource).length;
  const context = await buildContext(
    { name, mayUse },
    settings.upstreams,
    readSecret,
  );
  const result = {
    principalId: [mode, issuer, name].filter(Boolean).join(":"),
    policyDocument,
    context,
    usageIdentifierKey: usageKey,
  };
  const size = Buffer.byteLength(JSON.stringify(result));
  if (size < resultLimit) return result;
  throw new InternalFailure("result-too-large", `${size} bytes`);
}

async function admit(
  { authorizationToken }: JsonObject,
  stageArn: string,
  collaborators: Collaborators,
  facts: Facts,
): Promise<Admission> {
  const { settings, now } = collaborators;
  const token = parseCredential(settings.header, authorizationToken);
  facts.tokenHash = abbreviateToken(token);
  const known = await gather(token, settings, collaborators);
  const caller = await identify(token, known, now());
  const { resources, upstreams, usageKey } = caller.consumer;
  return {
    ...caller,
    makePolicy: () => buildPolicy(stageArn, resources),
    mayUse: (upstream) => upstreams.includes(upstream),
    usageKey,
  };
}

/** Of the user's answer only the policy and the name are taken; the upstream credentials are added by the gate. */
async function admitCustom(
  event: JsonObject,
  functionName: string,
  { askCustom }: Collaborators,
  facts: Facts,
): Promise<Admission> {
  const { authorizationToken } = event;
  demand(typeof authorizationToken === "string", "credential-missing");
  facts.tokenHash = abbreviateToken(authorizationToken);
  const { name, policyDocument } = await askCustom(event, functionName);
  return {
    mode: "custom",
    name,
    makePolicy: () => policyDocument,
    mayUse: () => true,
  };
}

/** Of an error nobody foresaw only its class is told: its message may quote what it failed on. */
function toInternalFailure(error: unknown): InternalFailure {
  if (error instanceof InternalFailure) return error;
  return new InternalFailure(
    "internal-error",
    error instanceof Error ? error.name : typeof error,
  );
}
