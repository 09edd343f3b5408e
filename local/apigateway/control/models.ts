// Models: JSON schemas by name.

import type { ApiRecord, Model } from "../model.ts";
import { newId } from "../store.ts";
import { type Call, type Handler, page, param } from "./call.ts";
import { badRequest, conflict } from "./errors.ts";
import { defined, text } from "./input.ts";
import { member, theApi } from "./lookup.ts";
import { invalidPath, patched, type PatchRule, textRule } from "./patch.ts";

export const createModel: Handler = (call) => {
  const { models } = theApi(call).parts;
  const { body } = call;
  const name = text(body, "name");
  if (!name) throw badRequest("Model name must be non-empty");
  if (!/^[A-Za-z0-9]+$/.test(name))
    throw badRequest(`Model name must be alphanumeric: ${name}`);
  if (models.has(name))
    throw conflict("Model name already exists for this REST API");
  const model: Model = {
    id: newId(6),
    name,
    contentType: text(body, "contentType") ?? "application/json",
    schema: checkSchema(text(body, "schema")),
    ...defined({ description: text(body, "description") }),
  };
  models.set(name, model);
  return model;
};

function checkSchema(schema: string | undefined): string {
  if (!schema)
    throw badRequest(
      "Model schema must have at least 1 property or array items defined",
    );
  return schema;
}

function theModel(call: Call): { record: ApiRecord; model: Model } {
  const record = theApi(call);
  const name = param(call, "model");
  return {
    record,
    model: member(
      record.parts.models,
      name,
      `Invalid model name specified: ${name}`,
    ),
  };
}

export const getModel: Handler = (call) => theModel(call).model;

export const getModels: Handler = (call) =>
  page(call, [...theApi(call).parts.models.values()]);

/** Refused while a method's request uses it. The root's methods read `//VERB`, as on AWS. */
export const deleteModel: Handler = (call) => {
  const { record, model } = theModel(call);
  for (const { path, methods } of record.parts.resources.values())
    for (const { httpMethod, requestModels } of methods.values())
      if (Object.values(requestModels ?? {}).includes(model.name))
        throw conflict(
          `Cannot delete model '${model.name}', is referenced in method request: ${path}/${httpMethod}`,
        );
  record.parts.models.delete(model.name);
  return undefined;
};

const rules: readonly PatchRule<Model>[] = [
  textRule<Model>("description", ["add", "replace", "remove"]),
  {
    path: /^\/schema$/,
    ops: ["replace"],
    apply: (model, { value }) => (model.schema = checkSchema(value)),
  },
];

export const updateModel: Handler = (call) => {
  const { record, model } = theModel(call);
  const changed = patched(model, call.body, {
    operation: "updateModel",
    rules,
    refuse: invalidPath(["/description", "/schema"]),
  });
  record.parts.models.set(changed.name, changed);
  return changed;
};
