// The control plane as a function: finds the operation of a request and answers it.

import type { ControlStore } from "../store.ts";
import type { Operation } from "./call.ts";
import { serialization, ServiceError } from "./errors.ts";
import { isObject, type Json } from "./input.ts";
import { operations } from "./operations.ts";

export interface Matched {
  readonly operation: Operation;
  readonly params: Readonly<Record<string, string>>;
}

/** @param path as it came, percent-encoded; parameters are decoded one by one, so an encoded slash stays in its segment */
export function matchOperation(
  verb: string,
  path: string,
  query: URLSearchParams,
): Matched | undefined {
  for (const operation of operations) {
    const [pattern = "", condition] = operation.pattern.split("?");
    if (
      operation.verb !== verb ||
      (condition && query.get("mode") !== condition.split("=")[1])
    )
      continue;
    const params = matchPath(pattern, path);
    if (params) return { operation, params };
  }
  return undefined;
}

function matchPath(
  pattern: string,
  path: string,
): Record<string, string> | undefined {
  const wanted = pattern.split("/");
  const given = path.replace(/\/$/, "").split("/");
  const greedy = pattern.endsWith("+}");
  if (greedy ? given.length < wanted.length : given.length !== wanted.length)
    return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const name = /^\{(\w+)\+?\}$/.exec(part)?.[1];
    const last = greedy && index === wanted.length - 1;
    const value = last ? given.slice(index).join("/") : (given[index] ?? "");
    if (name === undefined && part !== value) return undefined;
    if (name !== undefined) params[name] = decode(value);
  }
  return params;
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

interface ControlRequest extends Matched {
  readonly query: URLSearchParams;
  readonly text: string;
  readonly region: string;
  readonly account: string;
}

export interface ControlAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface ControlContext {
  readonly store: ControlStore;
  readonly flush: (apiId: string, stageName: string) => void;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export function answer(
  request: ControlRequest,
  context: ControlContext,
): ControlAnswer {
  const { operation, text } = request;
  try {
    const now = Math.floor(context.now() / 1000);
    // Imports read their documents themselves: they may be YAML.
    const imports =
      operation.name === "PutRestApi" || operation.name === "ImportRestApi";
    const body = imports ? {} : parseBody(text);
    const result = operation.handler({ ...request, ...context, body, now });
    return {
      status: operation.status,
      headers: {},
      body: result === undefined ? "" : JSON.stringify(result),
    };
  } catch (error) {
    if (error instanceof ServiceError)
      return failure(error.status, error.type, error.message);
    throw error;
  }
}

export function failure(
  status: number,
  type: string,
  message: string,
): ControlAnswer {
  return {
    status,
    headers: { "x-amzn-ErrorType": type },
    body: JSON.stringify({ message }),
  };
}

function parseBody(text: string): Json {
  if (text.trim() === "") return {};
  try {
    const body: unknown = JSON.parse(text);
    if (isObject(body)) return body;
  } catch {
    // Falls through to the one error.
  }
  throw serialization("Unable to parse the request body as JSON"); // the text is ours
}
