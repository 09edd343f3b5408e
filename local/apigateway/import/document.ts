// Import of an OpenAPI 3.0 document over an API's parts, as PutRestApi with mode=overwrite does it. Nothing is changed in
// place: the caller gets new parts, or an error that names everything that is wrong.

import { badRequest } from "../control/errors.ts";
import { buildGatewayResponse } from "../control/gateway-responses.ts";
import { isObject, type Json, list, object } from "../control/input.ts";
import { addResource, childPath } from "../control/resources.ts";
import { importedTls } from "../control/tls.ts";
import { type ApiParts, newId, type Resource, type RestApi } from "../model.ts";
import { importMethod, type Setting } from "./methods.ts";
import { attempt, type Problems, report } from "./problems.ts";
import { importSchemas } from "./schemas.ts";
import { importSecurity } from "./security.ts";

interface ImportInput {
  /** JSON. */
  readonly text: string;
  readonly failOnWarnings: boolean;
  /** The API as it is; a new one has only its root resource. */
  readonly current: ApiParts;
  /** Checks a resource policy and writes it in full. @throws ServiceError */
  readonly expandPolicy: (policy: string) => string;
}

/**
 * @returns the new parts, and warnings worded as AWS's
 * @throws ServiceError 400 BadRequestException
 */
export function importDocument(input: ImportInput): {
  parts: ApiParts;
  warnings: string[];
} {
  const document = readDocument(input.text);
  const problems: Problems = { errors: [], warnings: [] };
  const parts = emptied(input.current, document, input.expandPolicy);
  importValidators(document, parts);
  importGatewayResponses(document, parts, problems);
  importSchemas(document, parts, problems);
  const protections = importSecurity(document, parts, problems);
  // A path that was there before keeps its id.
  const known = new Map(
    [...input.current.resources.values()].map(({ path, id }) => [path, id]),
  );
  importPaths({ document, parts, problems, protections }, known);
  report(problems, input.failOnWarnings);
  return { parts, warnings: problems.warnings };
}

const invalidInput = (): Error => badRequest("Invalid OpenAPI input.");

/** AWS takes YAML and Swagger 2.0 as well, and no OpenAPI 3.1; the gate writes OpenAPI 3.0 in JSON. */
function readDocument(text: string): Json {
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch {
    throw invalidInput();
  }
  if (
    !isObject(document) ||
    !/^3\.0\.\d+$/.test(String(document["openapi"])) ||
    !isObject(document["paths"]) ||
    !isObject(document["info"])
  )
    throw invalidInput();
  return document;
}

/** Overwriting starts from nothing but the root; whether AWS keeps the ids of authorizers is not known, so they are new. */
function emptied(
  { api, resources }: ApiParts,
  document: Json,
  expandPolicy: ImportInput["expandPolicy"],
): ApiParts {
  const root = resources.get(api.rootResourceId);
  return {
    api: settings(document, api, expandPolicy),
    resources: new Map(
      root ? [[root.id, { ...root, methods: new Map() }]] : [],
    ),
    authorizers: new Map(),
    // Those that were put besides the document go too (aws/serverless-application-model#390).
    gatewayResponses: new Map(),
    validators: new Map(),
    models: new Map(),
  };
}

/** What the document does not have is taken away, but for the endpoint type and tags, which are no part of a document. */
function settings(
  document: Json,
  current: RestApi,
  expandPolicy: ImportInput["expandPolicy"],
): RestApi {
  const { title, version, description } = object(document, "info") ?? {};
  if (typeof title !== "string" || title === "") throw invalidInput();
  const { id, createdDate, rootResourceId, tags } = current;
  // The VPC endpoints go (Terraform provider, RestApi with a body and mode=overwrite).
  const { ipAddressType, types } = current.endpointConfiguration;
  const given = document["x-amazon-apigateway-policy"];
  const policy =
    given === undefined ? undefined : expandPolicy(JSON.stringify(given));
  const binary = list(document, "x-amazon-apigateway-binary-media-types");
  return {
    id,
    name: title,
    createdDate,
    apiKeySource: keySource(document),
    disableExecuteApiEndpoint: false,
    endpointConfiguration: { ipAddressType, types },
    rootResourceId,
    ...(version === undefined ? {} : { version: scalar(version) }),
    ...(typeof description === "string" ? { description } : {}),
    ...(binary?.length ? { binaryMediaTypes: binary.map(String) } : {}),
    ...(tags ? { tags } : {}),
    ...(policy === undefined ? {} : { policy }),
    ...importedTls(document),
  };
}

function keySource(document: Json): "HEADER" | "AUTHORIZER" {
  const source = document["x-amazon-apigateway-api-key-source"];
  const name = source === undefined ? "HEADER" : scalar(source).toUpperCase();
  if (name === "HEADER" || name === "AUTHORIZER") return name;
  throw badRequest(`Invalid API key source specified: ${name}`); // the text is ours
}

/** Documents may write numbers and booleans where API Gateway keeps text. */
function scalar(value: unknown): string {
  return typeof value === "string" ? value : JSON.stringify(value);
}

function importValidators(document: Json, parts: ApiParts): void {
  const validators =
    object(document, "x-amazon-apigateway-request-validators") ?? {};
  for (const [name, value] of Object.entries(validators)) {
    const given = isObject(value) ? value : {};
    const id = newId(6);
    parts.validators.set(id, {
      id,
      name,
      validateRequestBody: given["validateRequestBody"] === true,
      validateRequestParameters: given["validateRequestParameters"] === true,
    });
  }
}

function importGatewayResponses(
  document: Json,
  parts: ApiParts,
  problems: Problems,
): void {
  const responses =
    object(document, "x-amazon-apigateway-gateway-responses") ?? {};
  for (const [type, value] of Object.entries(responses))
    attempt(problems, `put gateway response '${type}'`, () => {
      const input: Json = isObject(value) ? { ...value } : {};
      if (typeof input["statusCode"] === "number")
        input["statusCode"] = String(input["statusCode"]);
      parts.gatewayResponses.set(type, buildGatewayResponse(type, input));
    });
}

const verbs = ["get", "put", "post", "delete", "options", "head", "patch"];
const anyMethod = "x-amazon-apigateway-any-method";

type KnownIds = ReadonlyMap<string, string>;

function importPaths(setting: Setting, known: KnownIds): void {
  for (const [path, item] of Object.entries(
    object(setting.document, "paths") ?? {},
  )) {
    const what = `create resource at path '${path}'`;
    const resource = attempt(setting.problems, what, () => {
      if (!isObject(item) || "$ref" in item)
        throw badRequest("Invalid path item specified"); // the text is ours
      return { at: resourceAt(setting.parts, path, known), item };
    });
    for (const [key, operation] of Object.entries(resource?.item ?? {})) {
      if (
        !resource ||
        !isObject(operation) ||
        (!verbs.includes(key) && key !== anyMethod)
      )
        continue;
      importMethod(setting, {
        resource: resource.at,
        item: resource.item,
        verb: key === anyMethod ? "ANY" : key.toUpperCase(),
        operation,
      });
    }
  }
}

/**
 * The resource of a path, made with its parents where they are missing.
 * @throws ServiceError with AWS's text where a part is not allowed at its place
 */
function resourceAt(parts: ApiParts, path: string, known: KnownIds): Resource {
  const root = parts.resources.get(parts.api.rootResourceId);
  if (!root) throw new Error("an API always has its root resource");
  if (path === "/") return root;
  // AWS's text for a path without a leading slash or with an empty segment is not known; this is ours.
  if (!/^(\/[^/]+)+$/.test(path))
    throw badRequest(`Invalid path specified: ${path}`);
  let resource = root;
  for (const part of path.slice(1).split("/")) {
    const here = childPath(resource, part);
    const there = [...parts.resources.values()].find(
      (each) => each.path === here,
    );
    resource =
      there ?? addResource(parts, resource, part, known.get(here) ?? newId(6));
  }
  return resource;
}
