// `x-amazon-apigateway-integration`: an integration with its responses.

import { badRequest } from "../control/errors.ts";
import {
  defined,
  isObject,
  type Json,
  object,
  text,
} from "../control/input.ts";
import { buildIntegration } from "../control/integration-values.ts";
import {
  checkResponseMappings,
  readTemplates,
} from "../control/mapping-expressions.ts";
import type { IntegrationResponse, Method, Resource } from "../model.ts";
import { attempt, type Problems } from "./problems.ts";

interface Place {
  readonly resource: Resource;
  readonly method: Method;
  readonly extension: unknown;
}

const types = ["http", "http_proxy", "aws", "aws_proxy", "mock"];

export function importIntegration(problems: Problems, place: Place): void {
  const { resource, method, extension } = place;
  if (
    !isObject(extension) ||
    !types.includes(String(extension["type"]).toLowerCase())
  )
    throw badRequest(
      `Unable to parse API definition because of a malformed integration at path ${resource.path}.`,
    );
  const where = `on '${method.httpMethod}' for resource at path '${resource.path}'`;
  attempt(problems, `put integration ${where}`, () => {
    const input = integrationInput(problems, place, extension);
    method.methodIntegration = buildIntegration(input, resource.id, method);
  });
  attempt(problems, `put integration response ${where}`, () => {
    const responses = integrationResponses(
      object(extension, "responses") ?? {},
      method,
    );
    if (method.methodIntegration && Object.keys(responses).length > 0)
      method.methodIntegration.integrationResponses = responses;
  });
}

const capitals = (value: unknown): unknown =>
  typeof value === "string" ? value.toUpperCase() : value;

function integrationInput(
  problems: Problems,
  place: Place,
  extension: Json,
): Json {
  const input: Json = { ...extension };
  for (const name of [
    "type",
    "httpMethod",
    "passthroughBehavior",
    "contentHandling",
    "connectionType",
    "responseTransferMode",
  ])
    input[name] = capitals(extension[name]);
  // A document's cache namespace is honoured; the other members not named in PutIntegration are ignored, as AWS does.
  const parameters = object(extension, "requestParameters");
  if (parameters)
    input["requestParameters"] = textParameters(problems, place, parameters);
  return input;
}

/** AWS drops a parameter whose value is no text, with this warning. */
function textParameters(
  problems: Problems,
  { resource, method }: Place,
  parameters: Json,
): Json {
  const kept = Object.entries(parameters).filter(([name, value]) => {
    if (typeof value === "string") return true;
    problems.warnings.push(
      `Invalid format for 'requestParameters'. Expected type string for property '${name}' of resource ` +
        `'${resource.path}' and method '${method.httpMethod}' but got '${String(value)}'`,
    );
    return false;
  });
  return Object.fromEntries(kept);
}

/** Keyed by status code; the pattern `default` is the response without a pattern. */
function integrationResponses(
  responses: Json,
  method: Method,
): Record<string, IntegrationResponse> {
  const made: Record<string, IntegrationResponse> = {};
  for (const [pattern, value] of Object.entries(responses)) {
    if (!isObject(value))
      throw badRequest("Invalid integration response specified"); // the text is ours
    const statusCode = String(value["statusCode"]);
    if (!/^[1-5]\d\d$/.test(statusCode))
      throw badRequest("Invalid Response status code specified");
    const responseParameters = object(value, "responseParameters") as
      Record<string, string> | undefined;
    const templates = object(value, "responseTemplates");
    const declared =
      method.methodResponses?.[statusCode]?.responseParameters ?? {};
    checkResponseMappings(responseParameters ?? {}, declared);
    made[statusCode] = {
      statusCode,
      ...defined({
        selectionPattern: pattern === "default" ? undefined : pattern,
        responseParameters,
        responseTemplates: templates && readTemplates(templates),
        contentHandling: text({ it: capitals(value["contentHandling"]) }, "it"),
      }),
    };
  }
  return made;
}
