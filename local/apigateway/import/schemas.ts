import { badRequest } from "../control/errors.ts";
import { isObject, type Json, object } from "../control/input.ts";
import { type ApiParts, type Model, newId } from "../model.ts";
import { attempt, type Problems } from "./problems.ts";

const prefix = "#/components/schemas/";

export function importSchemas(
  document: Json,
  parts: ApiParts,
  problems: Problems,
): void {
  const schemas = object(object(document, "components") ?? {}, "schemas") ?? {};
  for (const [name, schema] of Object.entries(schemas))
    attempt(problems, `create model for '${name}'`, () => {
      if (!/^[A-Za-z0-9]+$/.test(name))
        throw badRequest(`Model name must be alphanumeric: ${name}`);
      parts.models.set(name, model(parts, name, schema));
    });
}

function model(parts: ApiParts, name: string, schema: unknown): Model {
  const description = isObject(schema) ? schema["description"] : undefined;
  return {
    id: newId(6),
    name,
    contentType: "application/json",
    schema: JSON.stringify(linked(schema, parts.api.id)),
    ...(typeof description === "string" ? { description } : {}),
  };
}

/** References become the URLs under which API Gateway keeps its models. */
function linked(schema: unknown, apiId: string): unknown {
  if (Array.isArray(schema)) return schema.map((item) => linked(item, apiId));
  if (!isObject(schema)) return schema;
  const entries = Object.entries(schema).map(([key, value]) => {
    if (key === "$ref" && typeof value === "string" && value.startsWith(prefix))
      return [key, modelUrl(apiId, value.slice(prefix.length))];
    return [key, linked(value, apiId)];
  });
  return Object.fromEntries(entries) as Json;
}

const modelUrl = (apiId: string, name: string): string =>
  `https://apigateway.amazonaws.com/restapis/${apiId}/models/${name}`;

/**
 * Model names by content type, from a request's or a response's `content`.
 * A schema written in place becomes a model with a generated name, as on AWS.
 */
export function modelsOf(
  content: Json,
  parts: ApiParts,
  problems: Problems,
): Record<string, string> {
  const names: Record<string, string> = {};
  for (const [type, media] of Object.entries(content)) {
    const schema = isObject(media) ? media["schema"] : undefined;
    if (!isObject(schema)) continue;
    const reference = schema["$ref"];
    if (typeof reference !== "string") {
      const name = `MODEL${newId(6)}`;
      parts.models.set(name, model(parts, name, schema));
      names[type] = name;
      continue;
    }
    const name = reference.slice(prefix.length);
    if (parts.models.has(name)) names[type] = name;
    else
      problems.warnings.push(
        `Reference to model '${name}' not found. Ignoring.`,
      );
  }
  return names;
}
