// Asks the method's Lambda authorizer, or its cached answer, and applies the returned policy to this request.
import type { Authorizer } from "../model.ts";
import {
  type Collaborators,
  type Invocation,
  within,
} from "./collaborators.ts";
import {
  apiArn,
  contextValue,
  type Exchange,
  methodArn,
  type Refusal,
  type Routed,
} from "./exchange.ts";
import { headerValues, queryValues } from "./headers.ts";
import { functionArn } from "./lambda.ts";
import {
  evaluate,
  isRecord,
  mayInvoke,
  statementsOf,
  stringList,
} from "./policy.ts";
import { requestEvent } from "./request-event.ts";

/** Longest method ARN of an authorized request, in bytes (AWS: authorizer output). */
const longestMethodArn = 1600;
const defaultTtlSeconds = 300;

/** Lets the request go on, or refuses it. Authorization types that the local cloud does not serve let nobody through. */
export async function authorize(
  exchange: Routed,
  cache: AuthorizerCache,
  collaborators: Collaborators,
): Promise<Refusal | undefined> {
  const { authorizationType, authorizerId } = exchange.route.method;
  const type = authorizationType.toUpperCase();
  if (type === "NONE") return undefined;
  if (type === "AWS_IAM")
    return {
      type: "MISSING_AUTHENTICATION_TOKEN",
      message: "Missing Authentication Token",
    };
  if (type !== "CUSTOM") return unauthorized;
  const authorizer = exchange.parts.authorizers.get(authorizerId ?? "");
  if (!authorizer)
    return misconfigured("the method names no authorizer of this deployment");
  if (Buffer.byteLength(methodArn(exchange)) > longestMethodArn) {
    return {
      type: "DEFAULT_4XX",
      status: 414,
      message: "Request URI Too Long",
    };
  }
  const result = await authorizerResult(exchange, authorizer, {
    cache,
    collaborators,
  });
  return "type" in result ? result : applyResult(exchange, result);
}

/** In one account the two policies are joined: a silent authorizer and an allowing resource policy allow. */
function applyResult(
  exchange: Exchange,
  result: AuthorizerResult,
): Refusal | undefined {
  exchange.authorizer = { ...result.context, integrationLatency: 0 };
  if (result.usageIdentifierKey !== undefined)
    exchange.usageIdentifierKey = result.usageIdentifierKey;
  const verdict = evaluate(result.statements, { arn: methodArn(exchange) });
  if (
    verdict === "Allow" ||
    (verdict === "Neither" && exchange.resourcePolicy === "Allow")
  )
    return undefined;
  const how = verdict === "Deny" ? " with an explicit deny" : "";
  return {
    type: "ACCESS_DENIED",
    message: `User is not authorized to access this resource${how}`,
  };
}

interface Rig {
  readonly cache: AuthorizerCache;
  readonly collaborators: Collaborators;
}

async function authorizerResult(
  exchange: Routed,
  authorizer: Authorizer,
  rig: Rig,
): Promise<AuthorizerResult | Refusal> {
  const identity = identityOf(exchange, authorizer);
  if (!identity) return unauthorized;
  const [token = ""] = identity;
  const key: CacheKey = {
    apiId: exchange.parts.api.id,
    stageName: exchange.target.stageName,
    authorizerId: authorizer.id,
    identity,
  };
  // Without identity sources there is nothing that tells callers apart, so nothing may be shared between them.
  const ttl =
    identity.length === 0
      ? 0
      : (authorizer.authorizerResultTtlInSeconds ?? defaultTtlSeconds);
  const known = ttl > 0 ? rig.cache.get(key) : undefined;
  if (known) return known;
  const event = authorizerEvent(exchange, authorizer, token);
  const result = await askFunction(exchange, authorizer, {
    event,
    collaborators: rig.collaborators,
  });
  if (!("type" in result)) rig.cache.set(key, result, ttl);
  return result;
}

/** A TOKEN authorizer learns the token and the called method, nothing else. */
function authorizerEvent(
  exchange: Routed,
  authorizer: Authorizer,
  token: string,
): unknown {
  const arn = methodArn(exchange);
  if (authorizer.type === "TOKEN")
    return { type: "TOKEN", authorizationToken: token, methodArn: arn };
  return { type: "REQUEST", methodArn: arn, ...requestEvent(exchange) };
}

/**
 * The values of all identity sources, or undefined when one is missing or empty. A header sent twice counts as missing:
 * what AWS does with it is not known, and neither of the two can be trusted to be the one that was checked.
 */
function identityOf(
  exchange: Exchange,
  authorizer: Authorizer,
): string[] | undefined {
  const sources = (authorizer.identitySource ?? "")
    .split(",")
    .map((source) => source.trim());
  const values = sources
    .filter((source) => source !== "")
    .map((source) => sourceValue(exchange, source));
  if (authorizer.type === "TOKEN" && values.length !== 1) return undefined;
  const present = values.filter(
    (value): value is string => (value ?? "") !== "",
  );
  return present.length === values.length ? present : undefined;
}

function sourceValue(exchange: Exchange, source: string): string | undefined {
  const [, kind, name] =
    /^(method\.request\.header|method\.request\.querystring|context)\.(.+)$/.exec(
      source,
    ) ?? [];
  if (kind === undefined || name === undefined) return undefined;
  if (kind === "context") return contextValue(exchange, name);
  const values = kind.endsWith("header")
    ? headerValues(exchange.headers, name)
    : queryValues(exchange.query, name);
  return values.length === 1 ? values[0] : undefined;
}

const unauthorized: Refusal = {
  type: "UNAUTHORIZED",
  message: "Unauthorized",
};
/** AWS does not publish how long it waits for a REST authorizer; this is the integration's limit. */
const authorizerTimeoutMs = 29_000;

/** A failure with the message `Unauthorized` is the function's way to say 401; every other one is a 500. */
async function askFunction(
  exchange: Exchange,
  authorizer: Authorizer,
  { event, collaborators }: { event: unknown; collaborators: Collaborators },
): Promise<AuthorizerResult | Refusal> {
  const arn = functionArn(authorizer.authorizerUri);
  if (arn === undefined)
    return misconfigured("authorizerUri names no Lambda function");
  const sourceArn = `${apiArn(exchange)}authorizers/${authorizer.id}`;
  try {
    const question = {
      functionArn: arn,
      sourceArn,
      account: exchange.target.record.account,
    };
    const permitted = await mayInvoke(
      collaborators.functionPolicy,
      question,
      authorizer.authorizerCredentials,
    );
    if (!permitted)
      return misconfigured(`no permission to invoke ${arn} for ${sourceArn}`);
    return readInvocation(
      await within(
        collaborators.invokeFunction(arn, event),
        authorizerTimeoutMs,
      ),
    );
  } catch (error) {
    return failed(
      error instanceof Error
        ? error.message
        : "the authorizer could not be called",
    );
  }
}

function readInvocation({
  payload,
  functionError,
}: Invocation): AuthorizerResult | Refusal {
  if (functionError !== undefined) {
    const message = isRecord(payload) ? payload["errorMessage"] : undefined;
    return message === "Unauthorized"
      ? unauthorized
      : failed("the authorizer function failed");
  }
  const result = parseAuthorizerResult(payload);
  return typeof result === "string" ? misconfigured(result) : result;
}

function misconfigured(detail: string): Refusal {
  return { type: "AUTHORIZER_CONFIGURATION_ERROR", message: null, detail };
}

function failed(detail: string): Refusal {
  return { type: "AUTHORIZER_FAILURE", message: null, detail };
}

export interface AuthorizerResult {
  readonly statements: readonly unknown[];
  /** What `context.authorizer.*` reads: the returned context as text, and `principalId`. */
  readonly context: Readonly<Record<string, string | null>>;
  readonly usageIdentifierKey?: string;
}

/** Longest policy resource API Gateway takes, in characters (AWS: authorizer output). */
const longestResource = 512;
/** AWS documents this for WebSocket APIs; for REST APIs it is the reading that fails earlier. */
const largestResult = 8192;

/**
 * The result, or the reason it is malformed. Context values must be text, numbers, booleans or null: AWS answers 500
 * for objects and lists.
 */
export function parseAuthorizerResult(
  payload: unknown,
): AuthorizerResult | string {
  if (!isRecord(payload)) return "the result is no object";
  if (Buffer.byteLength(JSON.stringify(payload)) > largestResult)
    return `the result is over ${largestResult} bytes`;
  const {
    principalId,
    policyDocument,
    context = {},
    usageIdentifierKey,
  } = payload;
  if (typeof principalId !== "string" || principalId === "")
    return "principalId is missing";
  const statements = statementsOf(policyDocument);
  if (!statements) return "policyDocument has no Statement";
  const problem = statements
    .map(statementProblem)
    .find((text) => text !== undefined);
  if (problem !== undefined) return problem;
  const texts = contextTexts(context ?? {});
  if (typeof texts === "string") return texts;
  const result = { statements, context: { ...texts, principalId } };
  if (usageIdentifierKey === undefined || usageIdentifierKey === null)
    return result;
  return typeof usageIdentifierKey === "string"
    ? { ...result, usageIdentifierKey }
    : "usageIdentifierKey is no text";
}

function statementProblem(statement: unknown): string | undefined {
  if (!isRecord(statement)) return "a policy statement is no object";
  const { Effect: effect, Resource: resource } = statement;
  if (effect !== "Allow" && effect !== "Deny")
    return "a policy statement has no Effect";
  const long = (stringList(resource) ?? []).some(
    (arn) => arn.length > longestResource,
  );
  return long
    ? `a policy resource is over ${longestResource} characters`
    : undefined;
}

function contextTexts(
  context: unknown,
): Record<string, string | null> | string {
  if (!isRecord(context)) return "context is no object";
  const texts: Record<string, string | null> = {};
  for (const [name, value] of Object.entries(context)) {
    if (value === null) texts[name] = null;
    else if (
      typeof value === "string" ||
      typeof value === "number" ||
      typeof value === "boolean"
    ) {
      texts[name] = String(value);
    } else return `context.${name} is neither text, number nor boolean`;
  }
  return texts;
}

interface CacheKey {
  readonly apiId: string;
  readonly stageName: string;
  readonly authorizerId: string;
  /** The token, or the values of all identity sources. The method and path are not part of the key on AWS. */
  readonly identity: readonly string[];
}

export interface AuthorizerCache {
  get(key: CacheKey): AuthorizerResult | undefined;
  set(key: CacheKey, result: AuthorizerResult, ttlSeconds: number): void;
  flush(apiId: string, stageName: string): void;
}

export function createAuthorizerCache(now: () => number): AuthorizerCache {
  const entries = new Map<
    string,
    { result: AuthorizerResult; until: number }
  >();
  const dropExpired = () => {
    for (const [key, { until }] of entries)
      if (until <= now()) entries.delete(key);
  };
  return {
    get(key) {
      dropExpired();
      return entries.get(text(key))?.result;
    },
    set(key, result, ttlSeconds) {
      if (ttlSeconds > 0)
        entries.set(text(key), { result, until: now() + ttlSeconds * 1000 });
    },
    flush(apiId, stageName) {
      const prefix = stagePrefix(apiId, stageName);
      for (const key of entries.keys())
        if (key.startsWith(prefix)) entries.delete(key);
    },
  };
}

const stagePrefix = (apiId: string, stageName: string) =>
  `${JSON.stringify([apiId, stageName])} `;

function text({ apiId, stageName, authorizerId, identity }: CacheKey): string {
  return (
    stagePrefix(apiId, stageName) + JSON.stringify([authorizerId, ...identity])
  );
}
