import { badRequest } from "../control/errors.ts";
import {
  defined,
  isObject,
  type Json,
  object,
  text,
} from "../control/input.ts";
import {
  buildIntegration,
  checkResponseMappings,
  readTemplates,
} from "../control/integrations.ts";
import { checkParameterNames } from "../control/resources.ts";
import type {
  ApiParts,
  IntegrationResponse,
  Method,
  MethodResponse,
  Resource,
} from "../model.ts";
import { attempt, type Problems } from "./problems.ts";
import { modelsOf } from "./schemas.ts";
import { protect, type Protections } from "./security.ts";

/** What every method of one import shares. */
export interface Setting {
  readonly document: Json;
  readonly parts: ApiParts;
  readonly problems: Problems;
  readonly protections: Protections;
}

export interface Source {
  readonly resource: Resource;
  readonly verb: string;
  /** The path item, for the parameters that all of its operations have. */
  readonly item: Json;
  readonly operation: Json;
}

export function importMethod(setting: Setting, source: Source): void {
  const { resource, verb, operation } = source;
  const where = `method '${verb}' for resource at path '${resource.path}'`;
  const made = attempt(setting.problems, `create ${where}`, () =>
    baseMethod(setting, source),
  );
  if (!made) return;
  const { method, wanted } = made;
  if (!wanted) return;
  const extension = operation["x-amazon-apigateway-integration"];
  if (extension !== undefined)
    importIntegration(setting.problems, { resource, method, extension });
  resource.methods.set(verb, method);
}

function baseMethod(
  setting: Setting,
  source: Source,
): { method: Method; wanted: boolean } {
  const { operation, verb } = source;
  const method: Method = {
    httpMethod: verb,
    authorizationType: "NONE",
    apiKeyRequired: false,
  };
  const security = operation["security"] ?? setting.document["security"];
  const wanted = protect(method, security, setting.protections);
  const parameters = requestParameters(setting.document, source);
  if (Object.keys(parameters).length > 0) method.requestParameters = parameters;
  const body = resolved(setting.document, operation["requestBody"]);
  const models = modelsOf(
    object(body, "content") ?? {},
    setting.parts,
    setting.problems,
  );
  if (Object.keys(models).length > 0) method.requestModels = models;
  const responses = methodResponses(
    setting,
    object(operation, "responses") ?? {},
  );
  if (Object.keys(responses).length > 0) method.methodResponses = responses;
  chooseValidator(setting, operation, method);
  return { method, wanted };
}

const places: Readonly<Record<string, string | undefined>> = {
  header: "header",
  query: "querystring",
  path: "path",
};

function requestParameters(
  document: Json,
  { item, operation }: Source,
): Record<string, boolean> {
  const declared: Record<string, boolean> = {};
  for (const parameter of [
    item["parameters"] ?? [],
    operation["parameters"] ?? [],
  ].flat()) {
    const { in: place, name, required } = resolved(document, parameter);
    const at = places[String(place)];
    if (at === undefined) continue; // cookies: REST APIs have no such parameter
    declared[`method.request.${at}.${String(name)}`] = required === true;
  }
  checkParameterNames(declared);
  return declared;
}

/** Follows one local reference (`#/components/…`). */
function resolved(document: Json, value: unknown): Json {
  if (!isObject(value)) return {};
  const reference = value["$ref"];
  if (typeof reference !== "string") return value;
  const steps = reference.replace(/^#\//, "").split("/");
  const found = steps.reduce<unknown>(
    (at, step) => (isObject(at) ? at[step] : undefined),
    document,
  );
  if (!isObject(found)) throw badRequest(`Reference '${reference}' not found`); // the text is ours
  return found;
}

function methodResponses(
  setting: Setting,
  responses: Json,
): Record<string, MethodResponse> {
  const made: Record<string, MethodResponse> = {};
  for (const [statusCode, value] of Object.entries(responses)) {
    if (!/^[1-5]\d\d$/.test(statusCode)) continue; // `default`, `4XX`: no such thing in API Gateway
    const response = resolved(setting.document, value);
    const declared = Object.keys(object(response, "headers") ?? {}).map(
      (name) => [`method.response.header.${name}`, false] as const,
    );
    made[statusCode] = {
      statusCode,
      ...(declared.length > 0
        ? { responseParameters: Object.fromEntries(declared) }
        : {}),
    };
  }
  return made;
}

function chooseValidator(
  { document, parts }: Setting,
  operation: Json,
  method: Method,
): void {
  const key = "x-amazon-apigateway-request-validator";
  const name = operation[key] ?? document[key];
  if (name === undefined) return;
  const validator = [...parts.validators.values()].find(
    (each) => each.name === name,
  );
  if (!validator)
    throw badRequest("Invalid Request Validator identifier specified");
  method.requestValidatorId = validator.id;
}

interface Place {
  readonly resource: Resource;
  readonly method: Method;
  readonly extension: unknown;
}

const types = ["http_proxy", "aws", "aws_proxy", "mock"];

function importIntegration(problems: Problems, place: Place): void {
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
    method.methodIntegration = buildIntegration(input, method);
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
