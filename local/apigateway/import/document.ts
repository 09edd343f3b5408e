// Import of an OpenAPI 3.0 document into an API's parts, as ImportRestApi and PutRestApi do it. Nothing is changed in place:
// the caller gets new parts, or an error that names everything that is wrong.

import { badRequest } from "../control/errors.ts";
import { buildGatewayResponse } from "../control/gateway-response-values.ts";
import { isObject, type Json, object } from "../control/input.ts";
import type { ApiParts } from "../model.ts";
import { newId } from "../store.ts";
import { importMethod, type Setting } from "./methods.ts";
import { type KnownIds, resourceAt } from "./paths.ts";
import { attempt, type Problems, settle } from "./problems.ts";
import { importSchemas } from "./schemas.ts";
import { importSecurity } from "./security.ts";
import { importSettings } from "./settings.ts";
import { type BasepathMode, prefixOf, readDocument } from "./source.ts";

interface ImportInput {
  /** JSON or YAML. */
  readonly text: string;
  readonly mode: "overwrite" | "merge";
  readonly basepath: BasepathMode;
  readonly failOnWarnings: boolean;
  /** The API as it is; a new one has only its root resource. */
  readonly current: ApiParts;
  readonly region: string;
  readonly account: string;
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
  const known = new Map(
    [...input.current.resources.values()].map(({ path, id }) => [path, id]),
  );
  const parts =
    input.mode === "overwrite"
      ? emptied(input.current)
      : structuredClone(input.current);
  parts.api = importSettings(document, input.current.api, input.mode, input);
  importValidators(document, parts);
  importGatewayResponses(document, parts, problems);
  importSchemas(document, parts, problems);
  const protections = importSecurity(document, parts, problems);
  const setting = { document, parts, problems, protections };
  importPaths(setting, prefixOf(document, input.basepath), known);
  settle(problems, input.failOnWarnings);
  return { parts, warnings: problems.warnings };
}

/** Overwriting starts from nothing but the root; whether AWS keeps the ids of authorizers is not known, so they are new. */
function emptied({ api, resources }: ApiParts): ApiParts {
  const root = resources.get(api.rootResourceId);
  return {
    api,
    resources: new Map(
      root ? [[root.id, { ...root, methods: new Map() }]] : [],
    ),
    authorizers: new Map(),
    gatewayResponses: new Map(),
    validators: new Map(),
    models: new Map(),
  };
}

function importValidators(document: Json, parts: ApiParts): void {
  const validators =
    object(document, "x-amazon-apigateway-request-validators") ?? {};
  for (const [name, value] of Object.entries(validators)) {
    const settings = isObject(value) ? value : {};
    const known = [...parts.validators.values()].find(
      (validator) => validator.name === name,
    );
    const id = known?.id ?? newId(6);
    parts.validators.set(id, {
      id,
      name,
      validateRequestBody: settings["validateRequestBody"] === true,
      validateRequestParameters: settings["validateRequestParameters"] === true,
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

function importPaths(setting: Setting, prefix: string, known: KnownIds): void {
  for (const [written, item] of Object.entries(
    object(setting.document, "paths") ?? {},
  )) {
    const path =
      prefix === "" ? written : `${prefix}${written === "/" ? "" : written}`;
    if (path.startsWith("x-")) continue;
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
      const verb = key === anyMethod ? "ANY" : key.toUpperCase();
      importMethod(setting, {
        resource: resource.at,
        item: resource.item,
        verb,
        operation,
      });
    }
  }
}
