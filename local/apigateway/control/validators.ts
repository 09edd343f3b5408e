// Request validators.

import type { ApiRecord, RequestValidator } from "../model.ts";
import { newId } from "../store.ts";
import { type Call, type Handler, page, param } from "./call.ts";
import { badRequest } from "./errors.ts";
import { flag, text } from "./input.ts";
import { findApi, member, theApi } from "./lookup.ts";
import { invalidPath, patched, type PatchRule, toFlag } from "./patch.ts";

export const createRequestValidator: Handler = (call) => {
  const record = findApi(call);
  if (!record) throw badRequest("Invalid REST API identifier specified");
  const name = text(call.body, "name");
  if (!name) throw blankName();
  const validator: RequestValidator = {
    id: newId(6),
    name,
    validateRequestBody: flag(call.body, "validateRequestBody") ?? false,
    validateRequestParameters:
      flag(call.body, "validateRequestParameters") ?? false,
  };
  record.parts.validators.set(validator.id, validator);
  return validator;
};

const blankName = (): Error =>
  badRequest("Request Validator name cannot be blank");

function theValidator(call: Call): {
  record: ApiRecord;
  validator: RequestValidator;
} {
  const record = theApi(call);
  const message = "Invalid Request Validator identifier specified";
  return {
    record,
    validator: member(
      record.parts.validators,
      param(call, "validator"),
      message,
    ),
  };
}

export const getRequestValidator: Handler = (call) =>
  theValidator(call).validator;

export const getRequestValidators: Handler = (call) =>
  page(call, [...theApi(call).parts.validators.values()]);

export const deleteRequestValidator: Handler = (call) => {
  const { record, validator } = theValidator(call);
  record.parts.validators.delete(validator.id);
  return undefined;
};

const rules: readonly PatchRule<RequestValidator>[] = [
  {
    path: /^\/name$/,
    ops: ["replace"],
    apply: (validator, { value }) => {
      if (!value) throw blankName();
      validator.name = value;
    },
  },
  // Replacing without a value gives false.
  {
    path: /^\/validateRequestBody$/,
    ops: ["replace"],
    apply: (it, patch) => (it.validateRequestBody = toFlag(patch)),
  },
  {
    path: /^\/validateRequestParameters$/,
    ops: ["replace"],
    apply: (it, patch) => (it.validateRequestParameters = toFlag(patch)),
  },
];

export const updateRequestValidator: Handler = (call) => {
  const { record, validator } = theValidator(call);
  const changed = patched(validator, call.body, {
    operation: "updateRequestValidator",
    rules,
    refuse: invalidPath([
      "/name",
      "/validateRequestBody",
      "/validateRequestParameters",
    ]),
  });
  record.parts.validators.set(changed.id, changed);
  return changed;
};
