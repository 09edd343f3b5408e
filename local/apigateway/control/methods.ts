// Methods: put, read, update, delete.

import type { ApiParts, Method } from "../model.ts";
import { type Handler, param } from "./call.ts";
import { badRequest } from "./errors.ts";
import { defined, flag, flagMap, text, textMap, texts } from "./input.ts";
import { verbs } from "./integration-values.ts";
import { theMethod, theResource } from "./lookup.ts";
import {
  invalidPath,
  type Patch,
  patched,
  type PatchRule,
  textRule,
  toFlag,
} from "./patch.ts";

export const putMethod: Handler = (call) => {
  const { record, resource } = theResource(call);
  const httpMethod = param(call, "method");
  if (!verbs.includes(httpMethod))
    throw badRequest(
      `Invalid HttpMethod specified. Valid options are ${verbs.join(",")}`,
    );
  const { body } = call;
  const authorizationType = readAuthorizationType(
    text(body, "authorizationType"),
  );
  const method: Method = {
    httpMethod,
    authorizationType,
    apiKeyRequired: flag(body, "apiKeyRequired") ?? false,
    ...defined({
      authorizerId: text(body, "authorizerId"),
      authorizationScopes: texts(body, "authorizationScopes"),
      requestParameters: flagMap(body, "requestParameters"),
      requestModels: textMap(body, "requestModels"),
      requestValidatorId: text(body, "requestValidatorId"),
      operationName: text(body, "operationName"),
    }),
  };
  checkMethod(method, record.parts);
  resource.methods.set(httpMethod, method);
  return method;
};

/** `none` and `None` are taken for `NONE`. */
function readAuthorizationType(given: string | undefined): string {
  const type = (given ?? "").toUpperCase();
  if (["NONE", "AWS_IAM", "CUSTOM", "COGNITO_USER_POOLS"].includes(type))
    return type;
  throw badRequest("Invalid authorization type specified"); // the text is ours
}

/** @throws ServiceError with AWS's text */
function checkMethod(method: Method, parts: ApiParts): void {
  const {
    authorizationType: type,
    authorizerId = "",
    requestValidatorId,
  } = method;
  if (
    (type === "CUSTOM" || type === "COGNITO_USER_POOLS") &&
    !parts.authorizers.has(authorizerId)
  )
    throw badRequest(
      "Invalid authorizer ID specified. Setting the authorization type to CUSTOM or COGNITO_USER_POOLS requires a valid authorizer.",
    );
  if (
    requestValidatorId !== undefined &&
    !parts.validators.has(requestValidatorId)
  )
    throw badRequest("Invalid Request Validator identifier specified");
  const model = Object.values(method.requestModels ?? {}).find(
    (name) => !parts.models.has(name),
  );
  if (model !== undefined)
    throw badRequest(`Invalid model identifier specified: ${model}`);
  const names = Object.keys(method.requestParameters ?? {}).map((key) =>
    key.split(".").slice(3).join("."),
  );
  if (new Set(names).size < names.length)
    throw badRequest(
      "Parameter names must be unique across querystring, header and path",
    );
}

export const getMethod: Handler = (call) => theMethod(call).method;

export const deleteMethod: Handler = (call) => {
  const { resource, method } = theMethod(call);
  resource.methods.delete(method.httpMethod);
  return undefined;
};

const rules: readonly PatchRule<Method>[] = [
  { path: /^\/authorizationType$/, ops: ["replace"], apply: authorize },
  {
    path: /^\/authorizerId$/,
    ops: ["replace"],
    // Without a type that needs one, AWS takes the authorizer and forgets it.
    apply: (method, { value = "" }) => {
      if (method.authorizationType !== "NONE") method.authorizerId = value;
    },
  },
  {
    path: /^\/apiKeyRequired$/,
    ops: ["replace"],
    apply: (method, patch) => (method.apiKeyRequired = toFlag(patch)),
  },
  textRule<Method>("operationName", ["add", "replace", "remove"]),
  {
    path: /^\/requestValidatorId$/,
    ops: ["add", "replace", "remove"],
    apply: (method, { op, value }) => {
      if (op === "remove" || !value) delete method.requestValidatorId;
      else method.requestValidatorId = value;
    },
  },
  {
    path: /^\/requestParameters\/(.+)$/,
    ops: ["add", "replace", "remove"],
    apply: (method, patch) =>
      setKey(method, "requestParameters", patch, toFlag(patch)),
  },
  {
    path: /^\/requestModels\/(.+)$/,
    ops: ["add", "replace", "remove"],
    apply: (method, patch) =>
      setKey(method, "requestModels", patch, patch.value ?? ""),
  },
  { path: /^\/authorizationScopes$/, ops: ["add", "remove"], apply: scope },
];

function authorize(method: Method, { value }: Patch): void {
  method.authorizationType = readAuthorizationType(value);
  if (method.authorizationType === "NONE") delete method.authorizerId;
}

/** Sets or takes away one key of a map member; an empty map leaves no member. */
function setKey(
  method: Method,
  member: "requestParameters" | "requestModels",
  { op, parts: [key = ""] }: Patch,
  value: string | boolean,
): void {
  const map: Record<string, string | boolean> = { ...method[member] };
  if (op === "remove") Reflect.deleteProperty(map, key);
  else map[key] = value;
  if (Object.keys(map).length > 0) Object.assign(method, { [member]: map });
  else Reflect.deleteProperty(method, member);
}

function scope(method: Method, { op, value = "" }: Patch): void {
  const kept = (method.authorizationScopes ?? []).filter(
    (each) => each !== value,
  );
  method.authorizationScopes = op === "add" ? [...kept, value] : kept;
}

export const updateMethod: Handler = (call) => {
  const { record, resource, method } = theMethod(call);
  const changed = patched(method, call.body, {
    operation: "updateMethod",
    rules,
    refuse: invalidPath([
      "/authorizationType",
      "/authorizerId",
      "/apiKeyRequired",
      "/operationName",
      "/requestValidatorId",
      "/requestParameters",
      "/requestModels",
      "/authorizationScopes",
    ]),
  });
  checkMethod(changed, record.parts);
  resource.methods.set(method.httpMethod, changed);
  return changed;
};
