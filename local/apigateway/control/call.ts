import type { ApiRecord, ControlStore, Resource, Stage } from "../model.ts";
import { notFound } from "./errors.ts";
import type { Json } from "./input.ts";

export interface Call {
  readonly store: ControlStore;
  readonly region: string;
  readonly account: string;
  /** Decoded path parameters by the names of the pattern. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /** The body as it came (imports take YAML too). */
  readonly text: string;
  /** The body parsed as a JSON object; `{}` when there is none. */
  readonly body: Json;
  /** Epoch seconds. */
  readonly now: number;
  /** Forgets cached authorizer results of a stage in the data plane. */
  readonly flush: (apiId: string, stageName: string) => void;
}

/** Returns what goes into the JSON answer; undefined for an empty body. */
export type Handler = (call: Call) => unknown;

export interface Operation {
  readonly verb: string;
  /** Path with `{name}` segments; a last `{name+}` takes the rest. */
  readonly pattern: string;
  readonly name: string;
  readonly status: number;
  readonly handler: Handler;
}

export function param(call: Call, name: string): string {
  return call.params[name] ?? "";
}

/** A list answer, cut into pages as `limit` and `position` ask (AWS's default is 25, its most 500). */
export function page<Item>(
  call: Call,
  items: readonly Item[],
): { item: Item[]; position?: string } {
  const limit = Number(call.query.get("limit") ?? 25);
  const size = limit > 0 ? Math.min(limit, 500) : 25;
  const start = Number(call.query.get("position") ?? 0) || 0;
  const item = items.slice(start, start + size);
  return start + size < items.length
    ? { item, position: String(start + size) }
    : { item };
}

/** An API in the caller's account and region. */
export function apiById(call: Call, id: string): ApiRecord | undefined {
  const record = call.store.apis.get(id);
  return record?.region === call.region && record.account === call.account
    ? record
    : undefined;
}

export function theApi(call: Call): ApiRecord {
  const record = apiById(call, param(call, "api"));
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
  const record = apiById(call, param(call, "api"));
  const resource = record?.parts.resources.get(param(call, "resource"));
  if (record && resource) return { record, resource };
  throw notFound("Invalid Resource identifier specified");
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
