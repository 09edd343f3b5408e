import { Ajv } from "ajv";
import type { Model } from "../model.ts";
import { mediaType } from "./content.ts";
import type { Refusal, Routed } from "./exchange.ts";
import { lastHeader } from "./headers.ts";
import { configurationError, requestValue } from "./mapping.ts";
import { isRecord } from "./policy.ts";

const invalidBody: Refusal = {
  type: "BAD_REQUEST_BODY",
  message: "Invalid request body",
};

/** Parameters before the body, as AWS checks them; nothing without a validator on the method. */
export function validate(exchange: Routed): Refusal | undefined {
  const { method } = exchange.route;
  const validator = exchange.parts.validators.get(
    method.requestValidatorId ?? "",
  );
  return (
    (validator?.validateRequestParameters
      ? missingParameters(exchange)
      : undefined) ??
    (validator?.validateRequestBody ? invalidModel(exchange) : undefined)
  );
}

function missingParameters(exchange: Routed): Refusal | undefined {
  const required = Object.entries(
    exchange.route.method.requestParameters ?? {},
  ).filter(([, isRequired]) => isRequired);
  const missing = required
    .map(([source]) => source)
    .filter((source) => (requestValue(exchange, source) ?? "") === "")
    .sort()
    .map((source) => source.split(".").slice(3).join("."));
  if (missing.length === 0) return undefined;
  return {
    type: "BAD_REQUEST_PARAMETERS",
    message: `Missing required request parameters: [${missing.join(", ")}]`,
  };
}

/** A content type without a model is not validated at all, unless there is a model for `$default` (AWS documentation). */
function invalidModel(exchange: Routed): Refusal | undefined {
  const contentType = mediaType(
    lastHeader(exchange.headers, "content-type") ?? "application/json",
  );
  const models = exchange.route.method.requestModels ?? {};
  const model = exchange.parts.models.get(
    models[contentType] ?? models["$default"] ?? "",
  );
  if (!model) return undefined;
  const text = exchange.body.toString("utf8");
  const body = parse(
    exchange.readings.repeatedKeys === "first" ? withoutRepeats(text) : text,
  );
  if (body === undefined) return invalidBody;
  try {
    const check = compile(
      model,
      exchange.parts.models.values(),
      exchange.parts.api.id,
    );
    return check(body) ? undefined : invalidBody;
  } catch {
    return configurationError(`model ${model.name} is no usable schema`);
  }
}

function compile(
  model: Model,
  models: Iterable<Model>,
  apiId: string,
): (body: unknown) => boolean {
  const ajv = new Ajv({
    strict: false,
    validateSchema: false,
    validateFormats: false,
    logger: false,
  });
  const address = (name: string) =>
    `https://apigateway.amazonaws.com/restapis/${apiId}/models/${name}`;
  for (const one of models) {
    const schema = fromDraft4(JSON.parse(one.schema));
    if (isRecord(schema)) ajv.addSchema({ ...schema, $id: address(one.name) });
  }
  const check = ajv.getSchema(address(model.name));
  if (!check) throw new Error("no schema");
  return (body) => check(body) === true;
}

/** Models are JSON schema draft 4: `id` for `$id`, and exclusive bounds as flags beside the bound. */
function fromDraft4(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(fromDraft4);
  if (!isRecord(schema)) return schema;
  const kept = Object.entries(schema).filter(
    ([key, value]) =>
      key !== "$schema" && (key !== "id" || typeof value !== "string"),
  );
  const { exclusiveMinimum, exclusiveMaximum, minimum, maximum, ...rest } =
    Object.fromEntries(kept.map(([key, value]) => [key, fromDraft4(value)]));
  return {
    ...rest,
    ...(minimum !== undefined && {
      [exclusiveMinimum === true ? "exclusiveMinimum" : "minimum"]: minimum,
    }),
    ...(maximum !== undefined && {
      [exclusiveMaximum === true ? "exclusiveMaximum" : "maximum"]: maximum,
    }),
  };
}

/** Of each object's keys the first alone: the later ones get names that no schema has. */
function withoutRepeats(text: string): string {
  const seen: Set<string>[] = [];
  let repeats = 0;
  return text.replace(
    /"(?:[^"\\]|\\.)*"(?<colon>\s*:)?|[{}]/g,
    (token, colon: string | undefined) => {
      if (token === "{") seen.push(new Set());
      else if (token === "}") seen.pop();
      else if (colon !== undefined) {
        const key = String(parse(token.slice(0, -colon.length)));
        const keys = seen.at(-1);
        if (keys?.has(key)) return `"repeated ${(repeats += 1)}":`;
        keys?.add(key);
      }
      return token;
    },
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
