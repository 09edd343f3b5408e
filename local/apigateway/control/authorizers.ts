// Authorizers: create, read, update, delete.

import type { ApiRecord, Authorizer } from "../model.ts";
import { newId } from "../store.ts";
import {
  buildAuthorizer,
  checkAuthorizer,
  isAuthorizerType,
} from "./authorizer-values.ts";
import { type Call, type Handler, page, param } from "./call.ts";
import { badRequest, conflict, limitExceeded } from "./errors.ts";
import { findApi, member, theApi } from "./lookup.ts";
import { patched, type PatchRule, textRule, toAmount } from "./patch.ts";

export const createAuthorizer: Handler = (call) => {
  const record = findApi(call);
  // What AWS says for an unknown API here is this, not a 404.
  if (!record)
    throw conflict(
      "Unable to complete operation due to concurrent modification. Please try again later.",
    );
  const { authorizers } = record.parts;
  const authorizer = buildAuthorizer(newId(6), call.body);
  if ([...authorizers.values()].some(({ name }) => name === authorizer.name))
    throw conflict(
      "Authorizer name must be unique. Authorizer with name already exists in this RestApi.",
    ); // ours
  if (authorizers.size >= 10)
    throw limitExceeded(
      "Maximum number of Authorizers for this API has been reached.",
    );
  authorizers.set(authorizer.id, authorizer);
  return authorizer;
};

function theAuthorizer(call: Call): {
  record: ApiRecord;
  authorizer: Authorizer;
} {
  const record = theApi(call);
  const id = param(call, "authorizer");
  return {
    record,
    authorizer: member(
      record.parts.authorizers,
      id,
      "Invalid Authorizer identifier specified",
    ),
  };
}

export const getAuthorizer: Handler = (call) => theAuthorizer(call).authorizer;

export const getAuthorizers: Handler = (call) =>
  page(call, [...theApi(call).parts.authorizers.values()]);

export const deleteAuthorizer: Handler = (call) => {
  const { record, authorizer } = theAuthorizer(call);
  const used = [...record.parts.resources.values()].some(({ methods }) =>
    [...methods.values()].some(
      ({ authorizerId }) => authorizerId === authorizer.id,
    ),
  );
  if (used)
    throw conflict(
      `Cannot delete authorizer '${authorizer.name}', is referenced in method`,
    ); // ours
  record.parts.authorizers.delete(authorizer.id);
  return undefined;
};

const rules: readonly PatchRule<Authorizer>[] = [
  textRule<Authorizer>("name"),
  ...(
    [
      "authorizerUri",
      "authorizerCredentials",
      "identitySource",
      "identityValidationExpression",
      "authType",
    ] as const
  ).map((name) => textRule<Authorizer>(name, ["add", "replace", "remove"])),
  {
    path: /^\/type$/,
    ops: ["replace"],
    apply: (authorizer, { value = "" }) => {
      if (!isAuthorizerType(value))
        throw badRequest(`Invalid authorizer type specified: ${value}`); // ours
      authorizer.type = value;
    },
  },
  {
    path: /^\/authorizerResultTtlInSeconds$/,
    ops: ["replace"],
    apply: (authorizer, patch) =>
      (authorizer.authorizerResultTtlInSeconds = toAmount(patch)),
  },
  {
    path: /^\/providerARNs$/,
    ops: ["add", "remove"],
    apply: (authorizer, { op, value = "" }) => {
      const kept = (authorizer.providerARNs ?? []).filter(
        (arn) => arn !== value,
      );
      authorizer.providerARNs = op === "add" ? [...kept, value] : kept;
    },
  },
];

export const updateAuthorizer: Handler = (call) => {
  const { record, authorizer } = theAuthorizer(call);
  const changed = patched(authorizer, call.body, {
    operation: "updateAuthorizer",
    rules,
    refuse: ({ path }) => badRequest(`Invalid patch path ${path}`),
  });
  checkAuthorizer(changed);
  record.parts.authorizers.set(changed.id, changed);
  return changed;
};
