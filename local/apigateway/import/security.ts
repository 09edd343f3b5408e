import {
  badRequest,
  constraint,
  oneOf,
  validation,
} from "../control/errors.ts";
import {
  amount,
  defined,
  isObject,
  type Json,
  object,
  text,
} from "../control/input.ts";
import {
  type ApiParts,
  type Authorizer,
  type Method,
  newId,
} from "../model.ts";
import { attempt, type Problems } from "./problems.ts";

/** What a scheme does to a method that names it. */
type Protection =
  | { readonly kind: "authorizer"; readonly id: string }
  | { readonly kind: "key" }
  | { readonly kind: "signature" }
  | { readonly kind: "nothing" }
  /** The method is not made at all. */
  | { readonly kind: "broken" };

export type Protections = ReadonlyMap<string, Protection>;

/** Authorizers an API may have, its default quota. */
const most = 10;

export function importSecurity(
  document: Json,
  parts: ApiParts,
  problems: Problems,
): Protections {
  const schemes =
    object(object(document, "components") ?? {}, "securitySchemes") ?? {};
  const protections = new Map<string, Protection>();
  for (const [name, scheme] of Object.entries(schemes))
    protections.set(
      name,
      protectionOf(name, isObject(scheme) ? scheme : {}, parts, problems),
    );
  if (parts.authorizers.size > most)
    problems.errors.push(
      "Unable to create authorizer: Maximum number of Authorizers for this API has been reached. Please contact AWS if you need additional Authorizers.",
    );
  return protections;
}

function protectionOf(
  name: string,
  scheme: Json,
  parts: ApiParts,
  problems: Problems,
): Protection {
  const authType = scheme["x-amazon-apigateway-authtype"];
  const extension = scheme["x-amazon-apigateway-authorizer"];
  if (extension !== undefined)
    return importAuthorizer({ name, scheme, extension }, parts, problems);
  if (typeof authType === "string" && authType.toLowerCase() === "awssigv4")
    return { kind: "signature" };
  if (authType !== undefined) {
    problems.warnings.push(missingAuthorizer(name));
    return { kind: "broken" };
  }
  if (isKey(scheme)) return { kind: "key" };
  // Other schemes mean nothing to REST APIs. The warning is ours: a method that looks protected would be open.
  problems.warnings.push(
    `Security definition '${name}' is not supported. Ignoring.`,
  );
  return { kind: "nothing" };
}

const missingAuthorizer = (name: string): string =>
  `Unable to create authorizer from security definition: '${name}'. Extension x-amazon-apigateway-authorizer is required. ` +
  `Any methods with security: '${name}' will not be created. If this security definition is not a custom authorizer, ` +
  "remove the x-amazon-apigateway-authtype extension and it will be ignored.";

const isKey = ({ type, name, in: place }: Json): boolean =>
  type === "apiKey" &&
  place === "header" &&
  String(name).toLowerCase() === "x-api-key";

interface Scheme {
  readonly name: string;
  readonly scheme: Json;
  readonly extension: unknown;
}

function importAuthorizer(
  { name, scheme, extension }: Scheme,
  parts: ApiParts,
  problems: Problems,
): Protection {
  const authType = scheme["x-amazon-apigateway-authtype"];
  const authorizer = attempt(problems, `create authorizer '${name}'`, () => {
    if (!isObject(extension))
      throw badRequest("Extension x-amazon-apigateway-authorizer is malformed"); // ours
    const type = String(extension["type"]).toUpperCase();
    return buildAuthorizer(newId(6), {
      // The scheme's header of a REQUEST authorizer is documented as `Unused`.
      ...(type !== "REQUEST" && { identitySource: schemeSource(scheme) }),
      ...extension,
      name,
      type,
      authType: typeof authType === "string" ? authType : undefined,
    });
  });
  if (!authorizer) return { kind: "broken" };
  parts.authorizers.set(authorizer.id, authorizer);
  // Users report that AWS leaves methods open when the scheme has no x-amazon-apigateway-authtype; so do we, for tests to notice.
  if (authType === undefined) return { kind: "nothing" };
  return { kind: "authorizer", id: authorizer.id };
}

const schemeSource = (scheme: Json): string =>
  `method.request.${scheme["in"] === "query" ? "querystring" : "header"}.${String(scheme["name"])}`;

/**
 * Applies the security requirements to a method.
 * @returns false when the method must not be made
 * @throws ServiceError for a scheme the document does not define (the text is ours)
 */
export function protect(
  method: Method,
  security: unknown,
  protections: Protections,
): boolean {
  const requirements = Array.isArray(security) ? security.filter(isObject) : [];
  for (const name of requirements.flatMap((each) => Object.keys(each))) {
    const protection = protections.get(name);
    if (!protection)
      throw badRequest(`Security definition '${name}' is not defined`);
    if (protection.kind === "broken") return false;
    apply(method, protection);
  }
  return true;
}

function apply(method: Method, protection: Protection): void {
  if (protection.kind === "key") method.apiKeyRequired = true;
  if (protection.kind === "signature") method.authorizationType = "AWS_IAM";
  if (protection.kind !== "authorizer") return;
  method.authorizationType = "CUSTOM";
  method.authorizerId = protection.id;
}

const types = ["TOKEN", "REQUEST"] as const;

/** @throws ServiceError; texts marked so are ours */
function buildAuthorizer(id: string, input: Json): Authorizer {
  const given = text(input, "type") ?? "null";
  const type = types.find((known) => known === given);
  if (!type)
    throw validation([
      constraint(given, "createAuthorizerInput.type", oneOf(types)),
    ]);
  const authorizer: Authorizer = {
    id,
    name: text(input, "name") ?? "",
    type,
    ...defined({
      authType: text(input, "authType") ?? "custom",
      authorizerUri: text(input, "authorizerUri"),
      authorizerCredentials: text(input, "authorizerCredentials"),
      identitySource: text(input, "identitySource"),
      authorizerResultTtlInSeconds: amount(
        input,
        "authorizerResultTtlInSeconds",
      ),
    }),
  };
  // Not served: a token that the expression keeps out must not get in.
  if (text(input, "identityValidationExpression"))
    throw badRequest(
      "The local API Gateway has no identityValidationExpression",
    ); // ours
  checkAuthorizer(authorizer);
  return authorizer;
}

/** The function behind the URI is not looked at, as on AWS. @throws ServiceError */
function checkAuthorizer({
  type,
  authorizerUri: uri = "",
  authorizerResultTtlInSeconds: ttl = 300,
  identitySource = "",
}: Authorizer): void {
  if (!/^arn:[\w-]+:apigateway:[^:]*:lambda:path\//.test(uri))
    throw badRequest(
      `Invalid Authorizer URI: ${uri}. Authorizer URI should be a valid API Gateway ARN that represents a Lambda function invocation.`,
    );
  if (!Number.isInteger(ttl) || ttl < 0 || ttl > 3600)
    throw badRequest(
      "Authorizer result TTL must be between 0 and 3600 seconds",
    ); // ours
  checkIdentitySource(type, identitySource, ttl);
}

const header = /^method\.request\.header\.[A-Za-z0-9!#$%&'*+.^_`|~-]+$/;
const source = /^(method\.request\.(header|querystring)\.\S+|context\.[\w.]+)$/;

// An empty text is accepted where nothing is cached: AWS was seen to import one.
function checkIdentitySource(
  type: Authorizer["type"],
  identitySource: string,
  ttl: number,
): void {
  if (type === "REQUEST" && identitySource === "" && ttl > 0)
    throw badRequest(
      "Identity source is required when authorizer caching is enabled",
    ); // ours
  if (identitySource === "") return;
  const wrong =
    type === "TOKEN"
      ? [identitySource].find((each) => !header.test(each))
      : identitySource
          .split(",")
          .map((each) => each.trim())
          .find((each) => !source.test(each));
  if (wrong !== undefined)
    throw badRequest(`Invalid identity source specified: ${wrong}`); // ours
}
