// Finds what a path addresses, with the 404 that AWS gives for each kind of thing.

import type {
  ApiRecord,
  Integration,
  Method,
  Resource,
  Stage,
} from "../model.ts";
import { type Call, param } from "./call.ts";
import { notFound } from "./errors.ts";

/** The API of the path, in the caller's account and region only. */
export function findApi(call: Call): ApiRecord | undefined {
  return apiById(call, param(call, "api"));
}

export function apiById(call: Call, id: string): ApiRecord | undefined {
  const record = call.store.apis.get(id);
  return record?.region === call.region && record.account === call.account
    ? record
    : undefined;
}

export function theApi(call: Call): ApiRecord {
  const record = findApi(call);
  if (record) return record;
  throw notFound(
    `Invalid API identifier specified ${call.account}:${param(call, "api")}`,
  );
}

/** For calls that address a resource, method or integration AWS complains about the resource, not the API. */
export function theResource(call: Call): {
  record: ApiRecord;
  resource: Resource;
} {
  const record = findApi(call);
  const resource = record?.parts.resources.get(param(call, "resource"));
  if (record && resource) return { record, resource };
  throw notFound("Invalid Resource identifier specified");
}

interface FoundMethod {
  readonly record: ApiRecord;
  readonly resource: Resource;
  readonly method: Method;
}

export function theMethod(call: Call): FoundMethod {
  const { record, resource } = theResource(call);
  const method = resource.methods.get(param(call, "method"));
  if (!method) throw notFound("Invalid Method identifier specified");
  return { record, resource, method };
}

export function theIntegration(
  call: Call,
): FoundMethod & { readonly integration: Integration } {
  const { record, resource } = theResource(call);
  const method = resource.methods.get(param(call, "method"));
  // AWS says this for an unknown verb as well.
  if (!method?.methodIntegration)
    throw notFound("Invalid Integration identifier specified");
  return { record, resource, method, integration: method.methodIntegration };
}

export function theStage(call: Call): { record: ApiRecord; stage: Stage } {
  const record = theApi(call);
  const stage = record.stages.get(param(call, "stage"));
  if (!stage) throw notFound("Invalid stage identifier specified");
  return { record, stage };
}

/** The member of a map, or the 404 with this message. */
export function member<Value>(
  map: ReadonlyMap<string, Value>,
  key: string,
  message: string,
): Value {
  const value = map.get(key);
  if (value === undefined) throw notFound(message);
  return value;
}
