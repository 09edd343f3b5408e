import { importDocument } from "../import/document.ts";
import { type ApiRecord, newId, type RestApi } from "../model.ts";
import {
  apiById,
  type Call,
  type Handler,
  page,
  param,
  theApi,
} from "./call.ts";
import {
  badRequest,
  constraint,
  oneOf,
  ServiceError,
  validation,
} from "./errors.ts";
import {
  defined,
  flag,
  isObject,
  type Json,
  object,
  text,
  textMap,
  texts,
  without,
} from "./input.ts";
import {
  type Patch,
  patched,
  type PatchRule,
  textRule,
  toFlag,
} from "./patch.ts";
import { checkTls, readTls, tlsRules } from "./tls.ts";
import { detachStages } from "./usage-plans.ts";

/** The wire shape. Reads and updates show `tags` always, create only when there are some. */
function view(api: RestApi, tags?: Record<string, string>): object {
  const policy = policyOnTheWire(api.policy);
  return { ...without(api, "policy", "tags"), ...defined({ policy, tags }) };
}

export const createRestApi: Handler = (call) => {
  const { body } = call;
  const endpointConfiguration = readEndpoint(body, "createRestApiInput");
  const name = checkName(text(body, "name"));
  const record = newRecord(call, name, endpointConfiguration);
  const { api } = record.parts;
  const tls = readTls(body);
  checkTls(tls, endpointConfiguration.types[0]);
  const types = texts(body, "binaryMediaTypes");
  const tags = textMap(body, "tags") ?? {};
  const policy = text(body, "policy");
  Object.assign(
    api,
    defined({
      description: checkDescription(text(body, "description")),
      apiKeySource: text(body, "apiKeySource"),
      binaryMediaTypes: types && types.length > 0 ? types : undefined,
      disableExecuteApiEndpoint: flag(body, "disableExecuteApiEndpoint"),
      policy: policy ? expandPolicy(policy, call, api.id) : undefined,
      tags: Object.keys(tags).length > 0 ? tags : undefined,
      ...tls,
    }),
  );
  call.store.apis.set(api.id, record);
  return view(api, api.tags);
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

const readView = (api: RestApi): object => view(api, api.tags ?? {});

export const getRestApi: Handler = (call) => readView(theApi(call).parts.api);

export const getRestApis: Handler = (call) => {
  const mine = [...call.store.apis.values()].filter((record) =>
    apiById(call, record.parts.api.id),
  );
  return page(
    call,
    mine.map(({ parts }) => readView(parts.api)),
  );
};

export const deleteRestApi: Handler = (call) => {
  const { id } = theApi(call).parts.api;
  const mapped = [...call.store.domainNames.values()].some(({ mappings }) =>
    [...mappings.values()].some(({ restApiId }) => restApiId === id),
  );
  if (mapped)
    throw badRequest(
      "Please remove all base path mappings related to the API in your account before deleting the API.",
    );
  call.store.apis.delete(id);
  detachStages(call, ({ apiId }) => apiId === id);
  return undefined;
};

/** PutRestApi. AWS reads the body before it looks for the API. */
export const putRestApi: Handler = (call) => {
  // AWS merges unless told otherwise, which is not served; the text is ours.
  if (call.query.get("mode") !== "overwrite")
    throw badRequest("The local API Gateway takes mode=overwrite only");
  const record =
    apiById(call, param(call, "api")) ??
    newRecord(call, "", readEndpoint({}, "putRestApiInput"));
  const { parts, warnings } = importDocument({
    text: call.text,
    failOnWarnings: call.query.get("failonwarnings") === "true",
    current: record.parts,
    expandPolicy: (policy) => expandPolicy(policy, call, record.parts.api.id),
  });
  theApi(call);
  checkTls(parts.api, parts.api.endpointConfiguration.types[0]);
  record.parts = parts;
  return {
    ...readView(parts.api),
    ...(warnings.length > 0 ? { warnings } : {}),
  };
};

export const updateRestApi: Handler = (call) => {
  const record = theApi(call);
  const api = patched(record.parts.api, call.body, {
    operation: "updateRestApi",
    rules: rulesFor(call),
    refuse,
  });
  checkAddress(api.endpointConfiguration);
  checkTls(api, api.endpointConfiguration.types[0]);
  record.parts.api = api;
  return readView(api);
};

function refuse({ path }: Patch, rule?: PatchRule<RestApi>): ServiceError {
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
  ...tlsRules,
  {
    path: /^\/policy$/,
    ops: ["add", "replace", "remove"],
    apply: (api, { op, value }) => {
      if (op === "remove" || !value) delete api.policy;
      else api.policy = expandPolicy(value, call, api.id);
    },
  },
  {
    path: /^\/name$/,
    ops: ["replace"],
    apply: (api, { value }) => (api.name = checkName(value)),
  },
  textRule<RestApi>("description", ["add", "replace", "remove"]),
  {
    path: /^\/binaryMediaTypes\/(.+)$/,
    ops: ["add", "replace", "remove"],
    apply: binaryTypes,
  },
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

/** A set keyed by the path, not a list: replacing takes the old type out and adds the value at the end. */
function binaryTypes(api: RestApi, { op, value, parts }: Patch): void {
  const [type = ""] = parts;
  const kept = (api.binaryMediaTypes ?? []).filter((other) => other !== type);
  if (op !== "remove") kept.push(op === "replace" ? (value ?? "") : type);
  if (kept.length > 0) api.binaryMediaTypes = kept;
  else delete api.binaryMediaTypes;
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
  if (ids.length > 0) api.endpointConfiguration.vpcEndpointIds = ids;
  else delete api.endpointConfiguration.vpcEndpointIds;
}

const endpointTypes = ["PRIVATE", "EDGE", "REGIONAL"];
const addressTypes = ["ipv4", "dualstack"];

/** @param input name of the input in validation errors, e.g. `createRestApiInput` */
export function readEndpoint(
  body: Json,
  input: string,
): RestApi["endpointConfiguration"] {
  const given = object(body, "endpointConfiguration") ?? {};
  const types = texts(given, "types") ?? ["EDGE"];
  const address = text(given, "ipAddressType");
  checkEnums(types, address, `${input}.endpointConfiguration`);
  if (types.length === 0)
    throw badRequest(
      "REGIONAL Configuration and EDGE Configuration cannot be both DISABLED.",
    );
  if (types.length > 1)
    throw badRequest("Cannot create an api with multiple Endpoint Types.");
  const endpoint = {
    types,
    ipAddressType: address ?? (types[0] === "PRIVATE" ? "dualstack" : "ipv4"),
    ...defined({ vpcEndpointIds: texts(given, "vpcEndpointIds") }),
  };
  checkAddress(endpoint);
  return endpoint;
}

function checkAddress(endpoint: RestApi["endpointConfiguration"]): void {
  // As in hashicorp/terraform-provider-aws#14269.
  if (endpoint.types[0] !== "PRIVATE" && endpoint.vpcEndpointIds)
    throw badRequest("VPCEndpoints can only be specified with PRIVATE apis.");
  if (endpoint.types[0] === "PRIVATE" && endpoint.ipAddressType === "ipv4")
    throw badRequest(
      "Only dualstack ipAddressType is supported for Private APIs.",
    );
}

function checkEnums(
  types: readonly string[],
  address: string | undefined,
  at: string,
): void {
  const broken: string[] = [];
  if (types.some((type) => !endpointTypes.includes(type)))
    broken.push(
      constraint(
        `[${types.join(", ")}]`,
        `${at}.types`,
        `Member must satisfy constraint: [${oneOf(endpointTypes)}]`,
      ),
    );
  if (address !== undefined && !addressTypes.includes(address))
    broken.push(
      constraint(address, `${at}.ipAddressType`, oneOf(addressTypes)),
    );
  if (broken.length > 0) throw validation(broken);
}

function checkDescription(description: string | undefined): string | undefined {
  if (description === "")
    throw badRequest("Description cannot be an empty string");
  return description;
}

function checkName(name: string | undefined): string {
  if (!name) throw badRequest("Name is a required field"); // the text is ours
  return name;
}

/** AWS answers the policy as the inside of a JSON string literal, so readers have to unescape it once more. */
function policyOnTheWire(policy: string | undefined): string | undefined {
  return policy === undefined ? undefined : JSON.stringify(policy).slice(1, -1);
}

/**
 * @returns the policy as JSON text, `execute-api:/x` expanded to the API's ARN and lists of one made single values
 * @throws ServiceError for anything that is no policy document (the text is ours)
 */
function expandPolicy(
  policy: string,
  place: { readonly region: string; readonly account: string },
  apiId: string,
): string {
  const document = parsePolicy(policy);
  const partition = partitionOf(place.region);
  const arn = `arn:${partition}:execute-api:${place.region}:${place.account}:${apiId}/`;
  const expand = (value: unknown): unknown =>
    typeof value === "string" ? value.replace(/^execute-api:\//, arn) : value;
  const statements = [document["Statement"]].flat().map((statement) => {
    if (!isObject(statement)) throw invalid();
    const changed = { ...statement };
    for (const key of ["Resource", "NotResource"]) {
      const resources = [statement[key] ?? []].flat().map(expand);
      if (resources.length > 0)
        changed[key] = resources.length === 1 ? resources[0] : resources;
    }
    return changed;
  });
  return JSON.stringify({ ...document, Statement: statements });
}

const invalid = (): Error =>
  badRequest(
    "Invalid policy document. Please check the policy syntax and ensure that Principals are valid.",
  );

function parsePolicy(policy: string): Record<string, unknown> {
  try {
    const document: unknown = JSON.parse(policy);
    if (isObject(document) && document["Statement"] !== undefined)
      return document;
  } catch {
    // Falls through to the one error.
  }
  throw invalid();
}

function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}
