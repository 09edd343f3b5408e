// The parts of a document that concern the API as a whole: name, key source, binary types, compression, endpoint, policy.

import { badRequest } from "../control/errors.ts";
import { isObject, type Json, list, object } from "../control/input.ts";
import { checkCompression } from "../control/rest-api-checks.ts";
import { expandPolicy } from "../control/rest-api-policy.ts";
import type { RestApi } from "../model.ts";

export interface Place {
  readonly region: string;
  readonly account: string;
}

/** @returns the API's settings after the import; overwriting takes away what the document does not have */
export function importSettings(
  document: Json,
  current: RestApi,
  mode: "overwrite" | "merge",
  place: Place,
): RestApi {
  const api = structuredClone(current);
  if (mode === "overwrite") reset(api);
  const info = object(document, "info") ?? {};
  const title = info["title"];
  if (typeof title !== "string" || title === "")
    throw badRequest("Invalid OpenAPI input.");
  api.name = title;
  if (info["version"] !== undefined) api.version = scalar(info["version"]);
  if (typeof info["description"] === "string")
    api.description = info["description"];
  importKeySource(document, api);
  importBinaryTypes(document, api);
  const size = checkCompression(
    document["x-amazon-apigateway-minimum-compression-size"],
  );
  if (size !== undefined) api.minimumCompressionSize = size;
  importEndpoint(document, api);
  const policy = document["x-amazon-apigateway-policy"];
  if (policy !== undefined)
    api.policy = expandPolicy(JSON.stringify(policy), place, api.id);
  return api;
}

/** Endpoint type and tags are no part of a document, so they stay. */
function reset(api: RestApi): void {
  api.apiKeySource = "HEADER";
  api.disableExecuteApiEndpoint = false;
  delete api.description;
  delete api.version;
  delete api.binaryMediaTypes;
  delete api.minimumCompressionSize;
  delete api.policy;
}

function importKeySource(document: Json, api: RestApi): void {
  const source = document["x-amazon-apigateway-api-key-source"];
  if (source === undefined) return;
  const name = scalar(source).toUpperCase();
  if (name !== "HEADER" && name !== "AUTHORIZER")
    throw badRequest(`Invalid API key source specified: ${scalar(source)}`); // the text is ours
  api.apiKeySource = name;
}

function importBinaryTypes(document: Json, api: RestApi): void {
  const types =
    list(document, "x-amazon-apigateway-binary-media-types")?.map(String) ?? [];
  const all = [...new Set([...(api.binaryMediaTypes ?? []), ...types])];
  if (all.length > 0) api.binaryMediaTypes = all;
}

/** In OpenAPI 3.0 the extension stands at the top or inside a server object. */
function importEndpoint(document: Json, api: RestApi): void {
  const servers = list(document, "servers") ?? [];
  for (const holder of [document, ...servers.filter(isObject)]) {
    const endpoint = holder["x-amazon-apigateway-endpoint-configuration"];
    if (!isObject(endpoint)) continue;
    const vpcEndpointIds = list(endpoint, "vpcEndpointIds")?.map(String);
    if (vpcEndpointIds)
      api.endpointConfiguration.vpcEndpointIds = vpcEndpointIds;
    if (endpoint["disableExecuteApiEndpoint"] !== undefined)
      api.disableExecuteApiEndpoint =
        scalar(endpoint["disableExecuteApiEndpoint"]) === "true";
  }
}

/** Documents may write numbers and booleans where API Gateway keeps text. */
function scalar(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}
