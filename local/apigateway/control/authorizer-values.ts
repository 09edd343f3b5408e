// Builds an authorizer from its wire form, whether created or imported.

import type { Authorizer } from "../model.ts";
import { badRequest, constraint, oneOf, validation } from "./errors.ts";
import { amount, defined, type Json, text, texts } from "./input.ts";

const types = ["TOKEN", "REQUEST", "COGNITO_USER_POOLS"] as const;

export function isAuthorizerType(type: string): type is Authorizer["type"] {
  return types.some((known) => known === type);
}

/** @throws ServiceError; texts marked so are ours */
export function buildAuthorizer(id: string, input: Json): Authorizer {
  const type = text(input, "type") ?? "null";
  if (!isAuthorizerType(type))
    throw validation([
      constraint(type, "createAuthorizerInput.type", oneOf(types)),
    ]);
  const name = text(input, "name");
  if (!name) throw badRequest("Authorizer name cannot be blank"); // ours
  const authorizer: Authorizer = {
    id,
    name,
    type,
    ...defined({
      authType:
        text(input, "authType") ??
        (type === "COGNITO_USER_POOLS" ? "cognito_user_pools" : "custom"),
      authorizerUri: text(input, "authorizerUri"),
      authorizerCredentials: text(input, "authorizerCredentials"),
      identitySource: text(input, "identitySource"),
      identityValidationExpression: text(input, "identityValidationExpression"),
      authorizerResultTtlInSeconds: amount(
        input,
        "authorizerResultTtlInSeconds",
      ),
      providerARNs: texts(input, "providerARNs"),
    }),
  };
  checkAuthorizer(authorizer);
  return authorizer;
}

const header = /^method\.request\.header\.[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const source =
  /^(method\.request\.(header|querystring|multivalueheader|multivaluequerystring)\.\S+|stageVariables\.\w+|context\.[\w.]+)$/;

/** The function behind the URI is not looked at, as on AWS. @throws ServiceError */
export function checkAuthorizer(authorizer: Authorizer): void {
  const {
    type,
    authorizerUri: uri = "",
    authorizerResultTtlInSeconds: ttl = 300,
  } = authorizer;
  if (
    type !== "COGNITO_USER_POOLS" &&
    !/^arn:[\w-]+:apigateway:[^:]*:lambda:path\//.test(uri)
  )
    throw badRequest(
      `Invalid Authorizer URI: ${uri}. Authorizer URI should be a valid API Gateway ARN that represents a Lambda function invocation.`,
    );
  if (!Number.isInteger(ttl) || ttl < 0 || ttl > 3600)
    throw badRequest(
      "Authorizer result TTL must be between 0 and 3600 seconds",
    ); // ours
  checkIdentitySource(authorizer, ttl);
  checkExpression(authorizer.identityValidationExpression);
}

// An empty text is accepted where nothing is cached: AWS was seen to import one.
function checkIdentitySource(
  { type, identitySource }: Authorizer,
  ttl: number,
): void {
  if (type === "TOKEN" && identitySource && !header.test(identitySource))
    throw badRequest(`Invalid identity source specified: ${identitySource}`); // ours
  if (type !== "REQUEST") return;
  if (!identitySource && ttl > 0)
    throw badRequest(
      "Identity source is required when authorizer caching is enabled",
    ); // ours
  const sources = identitySource
    ? identitySource.split(",").map((each) => each.trim())
    : [];
  const wrong = sources.find((each) => !source.test(each));
  if (wrong !== undefined)
    throw badRequest(`Invalid identity source specified: ${wrong}`); // ours
}

function checkExpression(expression = ""): void {
  try {
    new RegExp(expression);
  } catch {
    throw badRequest(
      `Invalid identity validation expression specified: ${expression}`,
    ); // ours
  }
}
