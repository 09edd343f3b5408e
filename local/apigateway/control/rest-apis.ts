// RestApi: create, read, delete, import and replace.

import { importDocument } from "../import/document.ts";
import type { ApiRecord, Model, RestApi } from "../model.ts";
import { newId } from "../store.ts";
import { type Call, type Handler, page, param } from "./call.ts";
import { badRequest } from "./errors.ts";
import { defined, flag, text, textMap, texts, without } from "./input.ts";
import { apiById, theApi } from "./lookup.ts";
import { deletedApi } from "./removal.ts";
import {
  checkCompression,
  checkDescription,
  readEndpoint,
} from "./rest-api-checks.ts";
import { expandPolicy, policyOnTheWire } from "./rest-api-policy.ts";

/** The wire shape. Reads and updates show `tags` always, create only when there are some. */
export function apiView(
  api: RestApi,
  tags: Record<string, string> | undefined,
): object {
  const policy = policyOnTheWire(api.policy);
  return { ...without(api, "policy", "tags"), ...defined({ policy, tags }) };
}

const readView = ({ parts: { api } }: ApiRecord): object =>
  apiView(api, api.tags ?? {});

export const createRestApi: Handler = (call) => {
  const { body } = call;
  const endpointConfiguration = readEndpoint(body, "createRestApiInput");
  const name = text(body, "name");
  if (!name) throw badRequest("Name is a required field"); // the text is ours
  const record = newRecord(call, name, endpointConfiguration);
  const { api } = record.parts;
  const types = texts(body, "binaryMediaTypes");
  const tags = textMap(body, "tags");
  const policy = text(body, "policy");
  Object.assign(
    api,
    defined({
      description: checkDescription(text(body, "description")),
      version: text(body, "version"),
      apiKeySource: text(body, "apiKeySource"),
      binaryMediaTypes: types && types.length > 0 ? types : undefined,
      minimumCompressionSize: checkCompression(body["minimumCompressionSize"]),
      disableExecuteApiEndpoint: flag(body, "disableExecuteApiEndpoint"),
      policy: policy ? expandPolicy(policy, call, api.id) : undefined,
      tags: tags && Object.keys(tags).length > 0 ? tags : undefined,
    }),
  );
  addDefaultModels(record.parts.models);
  call.store.apis.set(api.id, record);
  return apiView(api, api.tags);
};

/** A new, empty API: the root resource is always there. */
function newRecord(
  call: Call,
  name: string,
  endpointConfiguration: RestApi["endpointConfiguration"],
): ApiRecord {
  const rootResourceId = newId();
  const api: RestApi = {
    id: newId(),
    name,
    createdDate: call.now,
    apiKeySource: "HEADER",
    disableExecuteApiEndpoint: false,
    endpointConfiguration,
    rootResourceId,
  };
  const root = { id: rootResourceId, path: "/", methods: new Map() };
  return {
    region: call.region,
    account: call.account,
    parts: {
      api,
      resources: new Map([[rootResourceId, root]]),
      authorizers: new Map(),
      gatewayResponses: new Map(),
      validators: new Map(),
      models: new Map(),
    },
    deployments: new Map(),
    stages: new Map(),
  };
}

function addDefaultModels(models: Map<string, Model>): void {
  const schema = (title: string, more: object): string =>
    JSON.stringify({
      $schema: "http://json-schema.org/draft-04/schema#",
      title,
      type: "object",
      ...more,
    });
  const add = (name: string, description: string, text: string): unknown =>
    models.set(name, {
      id: newId(6),
      name,
      description,
      schema: text,
      contentType: "application/json",
    });
  const message = { properties: { message: { type: "string" } } };
  add(
    "Empty",
    "This is a default empty schema model",
    schema("Empty Schema", {}),
  );
  add(
    "Error",
    "This is a default error schema model",
    schema("Error Schema", message),
  );
}

export const getRestApi: Handler = (call) => readView(theApi(call));

export const getRestApis: Handler = (call) => {
  const mine = [...call.store.apis.values()].filter((record) =>
    apiById(call, record.parts.api.id),
  );
  return page(call, mine.map(readView));
};

export const deleteRestApi: Handler = (call) => {
  const { parts } = theApi(call);
  deletedApi(call, parts.api.id);
  return undefined;
};

/** ImportRestApi: a new API from a document; nothing is left behind when the document is refused. */
export const importRestApi: Handler = (call) => {
  const type = call.query.get("endpointConfigurationTypes") ?? "EDGE";
  const endpoint = readEndpoint(
    { endpointConfiguration: { types: [type] } },
    "importRestApiInput",
  );
  const record = newRecord(call, "", endpoint);
  const warnings = replaceParts(call, record, "overwrite");
  call.store.apis.set(record.parts.api.id, record);
  return { ...apiView(record.parts.api, record.parts.api.tags), ...warnings };
};

/** PutRestApi. AWS reads the body before it looks for the API. */
export const putRestApi: Handler = (call) => {
  const mode = call.query.get("mode") ?? "merge";
  const id = param(call, "api");
  const record =
    apiById(call, id) ??
    newRecord(call, "", readEndpoint({}, "putRestApiInput"));
  const warnings = replaceParts(
    call,
    record,
    mode === "overwrite" ? "overwrite" : "merge",
  );
  theApi(call);
  return { ...readView(record), ...warnings };
};

function replaceParts(
  call: Call,
  record: ApiRecord,
  mode: "overwrite" | "merge",
): { warnings?: string[] } {
  const { parts, warnings } = importDocument({
    text: call.text,
    mode,
    basepath: basepathOf(call.query.get("basepath")),
    failOnWarnings: call.query.get("failonwarnings") === "true",
    current: record.parts,
    region: call.region,
    account: call.account,
  });
  record.parts = parts;
  return warnings.length > 0 ? { warnings } : {};
}

function basepathOf(value: string | null): "ignore" | "prepend" | "split" {
  if (value === null || value === "ignore") return "ignore";
  if (value === "prepend" || value === "split") return value;
  throw badRequest(`Invalid value '${value}' for parameter 'basepath'`); // the text is ours
}
