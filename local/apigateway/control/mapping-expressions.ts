// Parameter mappings of integrations and their responses: which sources and targets API Gateway takes.

import { badRequest } from "./errors.ts";

const token = "[A-Za-z0-9!#$%&'*+.^_`|~-]+";
const requestTarget = new RegExp(
  `^integration\\.request\\.(header|querystring|path)\\.${token}$`,
);
const requestSource = new RegExp(
  `^method\\.request\\.(header|multivalueheader|querystring|multivaluequerystring|path)\\.(${token})$`,
);
const requestBody = /^method\.request\.body(\.[\w.[\]$]+)?$/;
const responseTarget = new RegExp(`^method\\.response\\.header\\.${token}$`);
const responseSource = new RegExp(
  `^integration\\.response\\.(body(\\.[\\w.[\\]$]+)?|(header|multivalueheader)\\.${token})$`,
);
const literal = /^'[\x20-\x7e]*'$/;
const stageVariable = /^stageVariables\.\w+$/;
// The first steps of the documented `$context` variables; an unknown one is refused (AWS's reading of those is not recorded).
const contextVariable =
  /^context\.(accountId|apiId|authorizer\.[\w.-]+|awsEndpointRequestId|deploymentId|domainName|domainPrefix|error\.\w+|extendedRequestId|httpMethod|identity\.[\w.]+|isCanaryRequest|path|protocol|requestId|requestTime|requestTimeEpoch|resourceId|resourcePath|stage|wafResponseCode|webaclArn)$/;

const anywhere = (source: string): boolean =>
  literal.test(source) ||
  stageVariable.test(source) ||
  contextVariable.test(source);

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
export function checkRequestMappings(
  mappings: Readonly<Record<string, string>>,
  declared: Readonly<Record<string, boolean>>,
): void {
  for (const [target, source] of Object.entries(mappings)) {
    if (!requestTarget.test(target)) throw unknownExpression(target);
    if (anywhere(source) || requestBody.test(source)) continue;
    const [, place = "", name = ""] = requestSource.exec(source) ?? [];
    if (place === "") throw unknownExpression(source);
    if (
      !(`method.request.${place.replace("multivalue", "")}.${name}` in declared)
    )
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
