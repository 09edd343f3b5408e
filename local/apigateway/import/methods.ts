// One operation of a document becomes one method with its responses and its integration.

import { badRequest } from "../control/errors.ts";
import { isObject, type Json, mapValues, object } from "../control/input.ts";
import type { ApiParts, Method, MethodResponse, Resource } from "../model.ts";
import { importIntegration } from "./integrations.ts";
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
  if (typeof operation["operationId"] === "string")
    method.operationName = operation["operationId"];
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
  const names = Object.keys(declared).map((key) =>
    key.replace(/^method\.request\.\w+\./, ""),
  );
  if (new Set(names).size < names.length)
    throw badRequest(
      "Parameter names must be unique across querystring, header and path",
    );
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
    const models = modelsOf(
      object(response, "content") ?? {},
      setting.parts,
      setting.problems,
    );
    const headers = mapValues(object(response, "headers") ?? {}, () => false);
    const declared = Object.entries(headers).map(
      ([name, no]) => [`method.response.header.${name}`, no] as const,
    );
    made[statusCode] = {
      statusCode,
      ...(declared.length > 0
        ? { responseParameters: Object.fromEntries(declared) }
        : {}),
      ...(Object.keys(models).length > 0 ? { responseModels: models } : {}),
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
