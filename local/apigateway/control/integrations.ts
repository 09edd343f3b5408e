import type { Integration, Method } from "../model.ts";
import { badRequest, constraint, oneOf, validation } from "./errors.ts";
import { amount, defined, type Json, object, text, textMap } from "./input.ts";

/** The local API Gateway has no HTTP integrations, only HTTP_PROXY. */
const types = ["MOCK", "AWS_PROXY", "HTTP_PROXY", "AWS"] as const;
const verbs = [
  "GET",
  "PUT",
  "POST",
  "DELETE",
  "PATCH",
  "OPTIONS",
  "HEAD",
  "ANY",
];

/**
 * @param input members as in PutIntegration; enumerations in capitals
 * @throws ServiceError with AWS's text
 */
export function buildIntegration(input: Json, method: Method): Integration {
  const type = member(input, "type", types);
  if (type === undefined) throw badType("null");
  const requestParameters = textMap(input, "requestParameters");
  const templates = object(input, "requestTemplates");
  checkRequestMappings(requestParameters ?? {}, method.requestParameters ?? {});
  const responseTransferMode = member(input, "responseTransferMode", [
    "BUFFERED",
    "STREAM",
  ]);
  // Streaming is documented for the proxy types only; the text is ours.
  if (responseTransferMode === "STREAM" && !type.endsWith("_PROXY"))
    throw badRequest(
      "ResponseTransferMode STREAM is only supported for HTTP_PROXY and AWS_PROXY integrations",
    );
  return {
    type,
    ...(type === "MOCK" ? {} : readTarget(input, type)),
    ...defined({
      credentials: text(input, "credentials"),
      requestParameters,
      requestTemplates: templates && readTemplates(templates),
      contentHandling: readContentHandling(input),
      responseTransferMode,
    }),
    passthroughBehavior:
      member(input, "passthroughBehavior", [
        "WHEN_NO_MATCH",
        "WHEN_NO_TEMPLATES",
        "NEVER",
      ]) ?? "WHEN_NO_MATCH",
    timeoutInMillis: readTimeout(input, responseTransferMode),
  };
}

const badType = (value: string): Error =>
  validation([constraint(value, "putIntegrationInput.type", oneOf(types))]);

/** @throws ServiceError for a value that is none of the enumeration's */
function member<Value extends string>(
  input: Json,
  name: string,
  allowed: readonly Value[],
): Value | undefined {
  const value = text(input, name);
  const known = allowed.find((each) => each === value);
  if (value === undefined || known !== undefined) return known;
  throw validation([
    constraint(value, `putIntegrationInput.${name}`, oneOf(allowed)),
  ]);
}

/** Where the call goes; MOCK has none of it, and AWS forgets what was given for it. */
function readTarget(
  input: Json,
  type: Integration["type"],
): Partial<Integration> {
  const httpMethod = text(input, "httpMethod");
  if (httpMethod === undefined || httpMethod === "")
    throw badRequest("Enumeration value for HttpMethod must be non-empty");
  checkVerb(httpMethod);
  const uri = text(input, "uri");
  checkUri(type, uri ?? "");
  return {
    httpMethod,
    ...defined({ uri, connectionId: text(input, "connectionId") }),
    ...(type === "HTTP_PROXY"
      ? { connectionType: text(input, "connectionType") ?? "INTERNET" }
      : {}),
  };
}

export function checkVerb(verb: string): void {
  if (!verbs.includes(verb))
    throw badRequest(
      `Invalid HttpMethod specified. Valid options are ${verbs.join(",")}`,
    );
}

/** Buffered answers are cut at 29 s unless the account's quota was raised; streamed ones at 15 minutes. */
function readTimeout(
  input: Json,
  mode: "BUFFERED" | "STREAM" = "BUFFERED",
): number {
  const timeout = amount(input, "timeoutInMillis") ?? 29_000;
  const limit = mode === "STREAM" ? 900_000 : 29_000;
  if (!Number.isInteger(timeout) || timeout < 50 || timeout > limit)
    throw badRequest(`Timeout should be between 50 ms and ${limit} ms`);
  return timeout;
}

const readContentHandling = (input: Json): string | undefined =>
  member(input, "contentHandling", ["CONVERT_TO_BINARY", "CONVERT_TO_TEXT"]);

const endpoint = /^https?:\/\/[^/\s?#]+([/?#]\S*)?$/;
const awsAction = /^arn:[\w-]+:apigateway:[^:]*:[^:]+:(path|action)\/.+$/;
const lambdaInvocation =
  /^arn:[\w-]+:apigateway:[^:]*:lambda:path\/(2015-03-31\/functions\/.+\/invocations|2021-11-15\/functions\/.+\/response-streaming-invocations)$/;
const firehose =
  /^arn:[\w-]+:apigateway:[^:]*:firehose:action\/PutRecord(Batch)?$/;

/**
 * Whether the function exists or may be invoked is not looked at, as on AWS.
 * @throws ServiceError with AWS's text
 */
function checkUri(
  type: "HTTP_PROXY" | "AWS" | "AWS_PROXY" | "MOCK",
  uri: string,
): void {
  if (type === "MOCK") return;
  if (type === "HTTP_PROXY") {
    if (!endpoint.test(uri))
      throw badRequest("Invalid HTTP endpoint specified for URI");
    return;
  }
  if (!uri.startsWith("arn:"))
    throw badRequest("Invalid ARN specified in the request");
  if (!awsAction.test(uri))
    throw badRequest("AWS ARN for integration must contain path or action");
  if (
    type === "AWS_PROXY" &&
    !lambdaInvocation.test(uri) &&
    !firehose.test(uri)
  )
    throw badRequest(
      "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.",
    );
}

const token = "[A-Za-z0-9!#$%&'*+.^_`|~-]+";
const requestTarget = new RegExp(
  `^integration\\.request\\.(header|querystring|path)\\.${token}$`,
);
const requestSource = new RegExp(
  `^method\\.request\\.(header|querystring|path)\\.(${token})$`,
);
const responseTarget = new RegExp(`^method\\.response\\.header\\.${token}$`);
const responseSource = new RegExp(
  `^integration\\.response\\.(body|header\\.${token})$`,
);
const literal = /^'[\x20-\x7e]*'$/;
// The first steps of the documented `$context` variables; an unknown one is refused (AWS's reading of those is not recorded).
const contextVariable =
  /^context\.(accountId|apiId|authorizer\.[\w.-]+|awsEndpointRequestId|deploymentId|domainName|domainPrefix|error\.\w+|extendedRequestId|httpMethod|identity\.[\w.]+|isCanaryRequest|path|protocol|requestId|requestTime|requestTimeEpoch|resourceId|resourcePath|stage|wafResponseCode|webaclArn)$/;

const anywhere = (source: string): boolean =>
  literal.test(source) || contextVariable.test(source);

function refused(problem: string): Error {
  return badRequest(
    `Invalid mapping expression specified: Validation Result: warnings : [], errors : [${problem}]`,
  );
}

const unknownExpression = (text: string): Error =>
  refused(`Invalid mapping expression specified: ${text}`);
const undeclared = (text: string): Error =>
  refused(`Invalid mapping expression parameter specified: ${text}`);

/**
 * @param declared the method's `requestParameters`: a mapping may only read what the method declares
 * @throws ServiceError with AWS's text
 */
function checkRequestMappings(
  mappings: Readonly<Record<string, string>>,
  declared: Readonly<Record<string, boolean>>,
): void {
  for (const [target, source] of Object.entries(mappings)) {
    if (!requestTarget.test(target)) throw unknownExpression(target);
    if (anywhere(source)) continue;
    const [, place = "", name = ""] = requestSource.exec(source) ?? [];
    if (place === "") throw unknownExpression(source);
    if (!(`method.request.${place}.${name}` in declared))
      throw undeclared(source);
  }
}

/**
 * @param declared the method response's `responseParameters`
 * @throws ServiceError with AWS's text
 */
export function checkResponseMappings(
  mappings: Readonly<Record<string, string>>,
  declared: Readonly<Record<string, boolean>>,
): void {
  for (const [target, source] of Object.entries(mappings)) {
    if (!responseTarget.test(target)) throw unknownExpression(target);
    if (!(target in declared)) throw undeclared(target);
    if (!anywhere(source) && !responseSource.test(source))
      throw unknownExpression(source);
  }
}

/** Gateway responses have no method that declares parameters: any request header, query or path parameter can be read. */
export function checkGatewayMappings(
  mappings: Readonly<Record<string, string>>,
): void {
  for (const [target, source] of Object.entries(mappings)) {
    if (!new RegExp(`^gatewayresponse\\.header\\.${token}$`).test(target))
      throw unknownExpression(target);
    if (!anywhere(source) && !requestSource.test(source))
      throw unknownExpression(source);
  }
}

/**
 * Templates by content type; an empty one is stored as null, which AWS does too.
 * @throws ServiceError with AWS's text for a key that is no content type
 */
export function readTemplates(
  templates: Readonly<Record<string, unknown>>,
): Record<string, string | null> {
  const read = Object.entries(templates).map(([type, template]) => {
    if (!/^(\$default|[\w.+*-]+\/[\w.+*-]+(\s*;.*)?)$/.test(type))
      throw badRequest(
        `Validation Result: warnings : [], errors : [Invalid content type specified: ${type}]`,
      );
    return [
      type,
      typeof template === "string" && template !== "" ? template : null,
    ] as const;
  });
  return Object.fromEntries(read);
}
