// UpdateRestApi: the patch paths of a RestApi.

import type { RestApi } from "../model.ts";
import type { Call, Handler } from "./call.ts";
import { badRequest } from "./errors.ts";
import { theApi } from "./lookup.ts";
import {
  type Patch,
  patched,
  type PatchRule,
  textRule,
  toFlag,
} from "./patch.ts";
import {
  addressTypes,
  checkCompression,
  checkDescription,
  checkPrivate,
  endpointTypes,
} from "./rest-api-checks.ts";
import { expandPolicy } from "./rest-api-policy.ts";
import { apiView } from "./rest-apis.ts";

export const updateRestApi: Handler = (call) => {
  const record = theApi(call);
  const api = patched(record.parts.api, call.body, {
    operation: "updateRestApi",
    rules: rulesFor(call),
    refuse: ({ path }, rule) => refusal(path, rule),
  });
  checkPrivate(api.endpointConfiguration);
  record.parts.api = api;
  return apiView(api, api.tags ?? {});
};

function refusal(path: string, rule: PatchRule<RestApi> | undefined) {
  if (!rule) return badRequest(`Invalid patch path ${path}`);
  if (path.startsWith("/endpointConfiguration/types"))
    return badRequest(
      "Invalid patch operation specified. Must be 'add'|'remove'|'replace'",
    );
  return badRequest(
    `Invalid patch operation specified. Must be one of: [${rule.ops.join(", ")}]`,
  );
}

const rulesFor = (call: Call): readonly PatchRule<RestApi>[] => [
  {
    path: /^\/policy$/,
    ops: ["add", "replace", "remove"],
    apply: (api, { op, value }) => {
      if (op === "remove" || !value) delete api.policy;
      else api.policy = expandPolicy(value, call, api.id);
    },
  },
  ...rules,
];

function rename(api: RestApi, { value }: Patch): void {
  if (!value) throw badRequest("Name is a required field"); // the text is ours
  api.name = value;
}

function describe(api: RestApi, { op, value }: Patch): void {
  const description = op === "remove" ? undefined : checkDescription(value);
  if (description === undefined) delete api.description;
  else api.description = description;
}

/** A set keyed by the path, not a list: replacing takes the old type out and adds the value at the end. */
function binaryTypes(api: RestApi, { op, value, parts }: Patch): void {
  const [type = ""] = parts;
  const kept = (api.binaryMediaTypes ?? []).filter((other) => other !== type);
  if (op !== "remove") kept.push(op === "replace" ? (value ?? "") : type);
  if (kept.length > 0) api.binaryMediaTypes = kept;
  else delete api.binaryMediaTypes;
}

function compression(api: RestApi, { value }: Patch): void {
  const size =
    value === "" || value === undefined ? undefined : checkCompression(value);
  if (size === undefined) delete api.minimumCompressionSize;
  else api.minimumCompressionSize = size;
}

function keySource(api: RestApi, { value }: Patch): void {
  if (value !== "HEADER" && value !== "AUTHORIZER")
    throw badRequest(
      "Invalid API Key Source specified. Valid options are HEADER,AUTHORIZER",
    ); // the text is ours
  api.apiKeySource = value;
}

function endpointType(api: RestApi, { value = "" }: Patch): void {
  if (!endpointTypes.includes(value))
    throw badRequest(
      "Invalid EndpointTypes specified. Valid options are REGIONAL,EDGE,PRIVATE",
    );
  api.endpointConfiguration.types = [value];
}

function addressType(api: RestApi, { value = "" }: Patch): void {
  if (!addressTypes.includes(value))
    throw badRequest("ipAddressType must be either ipv4 or dualstack.");
  api.endpointConfiguration.ipAddressType = value;
}

function vpcEndpoint(api: RestApi, { op, value = "" }: Patch): void {
  const ids = (api.endpointConfiguration.vpcEndpointIds ?? []).filter(
    (id) => id !== value,
  );
  if (op === "add") ids.push(value);
  api.endpointConfiguration.vpcEndpointIds = ids;
}

const rules: readonly PatchRule<RestApi>[] = [
  { path: /^\/name$/, ops: ["replace"], apply: rename },
  {
    path: /^\/description$/,
    ops: ["add", "replace", "remove"],
    apply: describe,
  },
  textRule<RestApi>("version", ["add", "replace", "remove"]),
  {
    path: /^\/binaryMediaTypes\/(.+)$/,
    ops: ["add", "replace", "remove"],
    apply: binaryTypes,
  },
  { path: /^\/minimumCompressionSize$/, ops: ["replace"], apply: compression },
  { path: /^\/apiKeySource$/, ops: ["add", "replace"], apply: keySource },
  {
    path: /^\/disableExecuteApiEndpoint$/,
    ops: ["replace"],
    apply: (api, patch) => (api.disableExecuteApiEndpoint = toFlag(patch)),
  },
  {
    path: /^\/endpointConfiguration\/types\/\w+$/,
    ops: ["add", "replace"],
    apply: endpointType,
  },
  {
    path: /^\/endpointConfiguration\/ipAddressType$/,
    ops: ["replace"],
    apply: addressType,
  },
  {
    path: /^\/endpointConfiguration\/vpcEndpointIds$/,
    ops: ["add", "remove"],
    apply: vpcEndpoint,
  },
];
