// Base path mappings of custom domain names: which API and stage answers below which path. Documented on AWS, not recorded.

import type { BasePathMapping, DomainName } from "../store.ts";
import { type Call, type Handler, page, param } from "./call.ts";
import { theDomain } from "./domains.ts";
import { badRequest, conflict } from "./errors.ts";
import { defined, text } from "./input.ts";
import { apiById, member } from "./lookup.ts";
import { invalidPath, patched, type PatchRule, textRule } from "./patch.ts";

const none = "(none)";

export const createBasePathMapping: Handler = (call) => {
  const { mappings } = theDomain(call);
  const { body } = call;
  const mapping: BasePathMapping = {
    basePath: text(body, "basePath") || none,
    restApiId: text(body, "restApiId") ?? "",
    ...defined({ stage: text(body, "stage") }),
  };
  if (mappings.has(mapping.basePath))
    throw conflict("Base path already exists for this domain name");
  checkMapping(call, mapping);
  mappings.set(mapping.basePath, mapping);
  return mapping;
};

function checkMapping(call: Call, { restApiId, stage }: BasePathMapping): void {
  const record = apiById(call, restApiId);
  if (!record) throw badRequest("Invalid REST API identifier specified");
  if (stage !== undefined && !record.stages.has(stage))
    throw badRequest("Invalid stage identifier specified");
}

function theMapping(call: Call): {
  domain: DomainName;
  mapping: BasePathMapping;
} {
  const domain = theDomain(call);
  const message = "Invalid base path mapping identifier specified";
  return {
    domain,
    mapping: member(domain.mappings, param(call, "basePath"), message),
  };
}

export const getBasePathMapping: Handler = (call) => theMapping(call).mapping;

export const getBasePathMappings: Handler = (call) =>
  page(call, [...theDomain(call).mappings.values()]);

export const deleteBasePathMapping: Handler = (call) => {
  const { domain, mapping } = theMapping(call);
  domain.mappings.delete(mapping.basePath);
  return undefined;
};

const mappingRules: readonly PatchRule<BasePathMapping>[] = [
  textRule<BasePathMapping>("stage"),
  {
    path: /^\/basePath$/,
    ops: ["replace"],
    apply: (it, { value }) => (it.basePath = value || none),
  },
  // Both spellings are in use: the documentation has the first, SDK users send the second.
  {
    path: /^\/rest[aA]piId$/,
    ops: ["replace"],
    apply: (it, { value = "" }) => (it.restApiId = value),
  },
];

export const updateBasePathMapping: Handler = (call) => {
  const { domain, mapping } = theMapping(call);
  const changed = patched(mapping, call.body, {
    operation: "updateBasePathMapping",
    rules: mappingRules,
    refuse: invalidPath(["/stage", "/basePath", "/restapiId"]),
  });
  checkMapping(call, changed);
  domain.mappings.delete(mapping.basePath);
  domain.mappings.set(changed.basePath, changed);
  return changed;
};
