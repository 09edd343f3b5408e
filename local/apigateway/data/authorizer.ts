// Asks the method's Lambda authorizer, or its cached answer, and applies the returned policy to this request.

import type { Authorizer } from "../model.ts";
import type { AuthorizerCache, CacheKey } from "./authorizer-cache.ts";
import {
  askFunction,
  misconfigured,
  unauthorized,
} from "./authorizer-function.ts";
import { identityOf, passesExpression } from "./authorizer-identity.ts";
import type { AuthorizerResult } from "./authorizer-result.ts";
import type { Collaborators } from "./collaborators.ts";
import {
  methodArn,
  type Exchange,
  type Refusal,
  type Routed,
} from "./exchange.ts";
import { evaluate } from "./policy.ts";
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
  const expression =
    authorizer.type === "TOKEN"
      ? authorizer.identityValidationExpression
      : undefined;
  if (!passesExpression(expression, token)) return unauthorized;
  const { apiId, stageName } = {
    apiId: exchange.parts.api.id,
    stageName: exchange.target.stageName,
  };
  const key: CacheKey = {
    apiId,
    stageName,
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
