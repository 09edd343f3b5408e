// Gateway responses: all 21 types are always there; only the customised ones are stored.

import type { GatewayResponse } from "../model.ts";
import { type Call, type Handler, page, param } from "./call.ts";
import { badRequest, notFound } from "./errors.ts";
import {
  buildGatewayResponse,
  checkGatewayStatus,
  checkResponseType,
  defaultResponse,
  responseTypes,
  shownResponse,
} from "./gateway-response-values.ts";
import { theApi } from "./lookup.ts";
import { type Patch, patched, type PatchRule } from "./patch.ts";

const typeOf = (call: Call): string => checkResponseType(param(call, "type"));

export const getGatewayResponses: Handler = (call) => {
  const { gatewayResponses } = theApi(call).parts;
  return page(
    call,
    responseTypes.map((type) => shownResponse(gatewayResponses, type)),
  );
};

export const getGatewayResponse: Handler = (call) =>
  shownResponse(theApi(call).parts.gatewayResponses, typeOf(call));

export const putGatewayResponse: Handler = (call) => {
  const { gatewayResponses } = theApi(call).parts;
  const response = buildGatewayResponse(typeOf(call), call.body);
  gatewayResponses.set(response.responseType, response);
  return response;
};

export const deleteGatewayResponse: Handler = (call) => {
  const { gatewayResponses } = theApi(call).parts;
  if (!gatewayResponses.delete(typeOf(call)))
    throw notFound("Gateway response type not defined on api");
  return undefined;
};

type MapMember = "responseParameters" | "responseTemplates";

const mapRule = (name: MapMember): PatchRule<GatewayResponse> => ({
  path: new RegExp(`^/${name}/(.+)$`),
  ops: ["add", "replace", "remove"],
  apply: (response, patch) => setKey(response[name], name, patch),
});

function setKey(
  map: Record<string, string>,
  name: MapMember,
  { op, value, parts: [key = ""] }: Patch,
): void {
  if (op !== "add" && !(key in map))
    throw notFound(
      `Invalid ${name === "responseParameters" ? "parameter" : "template"} name specified`,
    );
  if (op === "remove") {
    Reflect.deleteProperty(map, key);
    return;
  }
  if (!value) throw badRequest(`Invalid null or empty value in ${name}`);
  map[key] = value;
}

const rules: readonly PatchRule<GatewayResponse>[] = [
  {
    path: /^\/statusCode$/,
    ops: ["replace"],
    apply: (response, { value = "" }) =>
      (response.statusCode = checkGatewayStatus(value)),
  },
  mapRule("responseParameters"),
  mapRule("responseTemplates"),
];

/** Updating a type that was never put makes it a custom one. */
export const updateGatewayResponse: Handler = (call) => {
  const { gatewayResponses } = theApi(call).parts;
  const type = typeOf(call);
  const changed = patched(
    gatewayResponses.get(type) ?? defaultResponse(type),
    call.body,
    {
      operation: "updateGatewayResponse",
      rules,
      refuse: ({ path }) => badRequest(`Invalid patch path ${path}`),
    },
  );
  changed.defaultResponse = false;
  gatewayResponses.set(type, changed);
  return changed;
};
