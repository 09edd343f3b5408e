// What a control-plane handler gets, and the rows of the table that names operations.

import type { ControlStore } from "../store.ts";
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
