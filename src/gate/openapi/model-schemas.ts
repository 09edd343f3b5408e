// Access by model: a schema of the request body, which API Gateway checks before the upstream is asked (developer guide, "Request
// validation"). Only bodies of the type `application/json` are checked; the authorizer refuses every other type.
import type { Gate, Route } from "../gate.ts";
import type { Digest } from "../usage-keys.ts";

const validator = "body";

/** Some services (in Go or C#) read a key whatever its case, so that `Model` may count more than `model`. */
const spellings = Array.from("model").reduce<readonly string[]>(
  (starts, letter) =>
    starts.flatMap((start) => [start + letter, start + letter.toUpperCase()]),
  [""],
);

/** Lists of models to fall back to, as OpenRouter and LiteLLM read them. */
const lists = [
  "models",
  "fallbacks",
  "context_window_fallbacks",
  "content_policy_fallbacks",
];

const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });

/** Alphanumeric, as API Gateway wants them; routes with the same models share them. */
function schemaNames(models: readonly string[], sha256: Digest) {
  const digest = sha256(JSON.stringify(models)).slice(0, 16);
  return { name: `Model${digest}`, body: `Body${digest}` };
}

/** What an operation of the route has. */
export function modelCheck({ models }: Route, sha256: Digest) {
  if (models === undefined) return {};
  const schema = reference(schemaNames(models, sha256).body);
  return {
    requestBody: {
      required: true,
      content: { "application/json": { schema } },
    },
    "x-amazon-apigateway-request-validator": validator,
  };
}

/** What the document has, and its components; undefined without such routes. */
export function modelSchemas({ routes }: Pick<Gate, "routes">, sha256: Digest) {
  const schemas = new Map<string, object>();
  for (const { models } of routes) {
    if (models === undefined) continue;
    const { body, name } = schemaNames(models, sha256);
    const one = reference(name);
    const many = { type: "array", items: one };
    const properties = {
      ...Object.fromEntries(spellings.map((key) => [key, one])),
      ...Object.fromEntries(lists.map((key) => [key, many])),
    };
    schemas.set(name, { type: "string", enum: models });
    schemas.set(body, { type: "object", required: ["model"], properties });
  }
  if (schemas.size === 0) return undefined;
  return {
    schemas: Object.fromEntries(schemas),
    validators: {
      "x-amazon-apigateway-request-validators": {
        [validator]: {
          validateRequestBody: true,
          validateRequestParameters: false,
        },
      },
    },
  };
}

/** The models of all limited routes, when these have the same; else a caller would read of others' models. */
export function commonModels({
  routes,
}: Pick<Gate, "routes">): readonly string[] {
  const lists = routes.flatMap(({ models }) => (models ? [models] : []));
  const [first = []] = lists;
  const same = lists.every((one) => one.join() === first.join());
  return same && first.length <= 20 ? first : [];
}
