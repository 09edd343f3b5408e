// Integrations of methods: put, read, update, delete.

import type { Integration } from "../model.ts";
import type { Handler } from "./call.ts";
import { badRequest } from "./errors.ts";
import type { Json } from "./input.ts";
import { buildIntegration } from "./integration-values.ts";
import { theIntegration, theMethod } from "./lookup.ts";
import { type Patch, patched, type PatchRule, toAmount } from "./patch.ts";

export const putIntegration: Handler = (call) => {
  const { resource, method } = theMethod(call);
  method.methodIntegration = buildIntegration(call.body, resource.id, method);
  return method.methodIntegration;
};

export const getIntegration: Handler = (call) =>
  theIntegration(call).integration;

export const deleteIntegration: Handler = (call) => {
  delete theIntegration(call).method.methodIntegration;
  return undefined;
};

const texts = [
  "uri",
  "httpMethod",
  "credentials",
  "connectionType",
  "connectionId",
  "passthroughBehavior",
  "contentHandling",
  "cacheNamespace",
  "responseTransferMode",
];
const maps = "requestParameters|requestTemplates";

const rules: readonly PatchRule<Json>[] = [
  {
    path: new RegExp(`^/(${texts.join("|")})$`),
    ops: ["replace"],
    apply: (input, { value, parts: [name = ""] }) => {
      input[name] = value;
    },
  },
  {
    path: /^\/timeoutInMillis$/,
    ops: ["replace"],
    apply: (input, patch) => {
      input["timeoutInMillis"] = toAmount(patch);
    },
  },
  {
    path: new RegExp(`^/(${maps})/(.+)$`),
    ops: ["add", "replace", "remove"],
    apply: setKey,
  },
  {
    path: /^\/cacheKeyParameters\/(.+)$/,
    ops: ["add", "remove"],
    apply: cacheKey,
  },
];

function setKey(
  input: Json,
  { op, value, parts: [member = "", key = ""] }: Patch,
): void {
  const map = { ...(input[member] as Json | undefined) };
  if (op === "remove") Reflect.deleteProperty(map, key);
  else map[key] = value;
  input[member] = map;
}

function cacheKey(input: Json, { op, parts: [key = ""] }: Patch): void {
  const keys = (input["cacheKeyParameters"] as string[]).filter(
    (each) => each !== key,
  );
  input["cacheKeyParameters"] = op === "add" ? [...keys, key] : keys;
}

/** The changed members go through the same checks as those of a new integration. */
export const updateIntegration: Handler = (call) => {
  const { resource, method, integration } = theIntegration(call);
  const { integrationResponses, ...members } = integration;
  const input = patched<Json>(members, call.body, {
    operation: "updateIntegration",
    rules,
    refuse: ({ path }) => badRequest(`Invalid patch path ${path}`),
  });
  const changed: Integration = {
    ...buildIntegration(input, resource.id, method),
    ...(integrationResponses ? { integrationResponses } : {}),
  };
  method.methodIntegration = changed;
  return changed;
};
