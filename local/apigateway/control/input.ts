// Reads members of a JSON request body with the types the service model gives them; anything else is a SerializationException.

import { serialization } from "./errors.ts";

export type Json = Record<string, unknown>;

export function isObject(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

// AWS's Java front names the classes it met; recorded for a boolean in a map of strings, the others are formed alike.
function javaClass(value: unknown): string {
  if (typeof value === "boolean") return "java.lang.Boolean";
  if (typeof value === "number")
    return Number.isInteger(value) ? "java.lang.Integer" : "java.lang.Double";
  if (typeof value === "string") return "java.lang.String";
  return Array.isArray(value)
    ? "java.util.ArrayList"
    : "java.util.LinkedHashMap";
}

function refuse(value: unknown, wanted: string): never {
  throw serialization(
    `class ${javaClass(value)} can not be converted to an ${wanted}`,
  );
}

function toText(value: unknown): string {
  return typeof value === "string" ? value : refuse(value, "String");
}

export function text(body: Json, key: string): string | undefined {
  const value = body[key];
  return value === undefined || value === null ? undefined : toText(value);
}

export function flag(body: Json, key: string): boolean | undefined {
  const value = body[key];
  if (value === undefined || value === null) return undefined;
  return typeof value === "boolean" ? value : refuse(value, "Boolean");
}

export function amount(body: Json, key: string): number | undefined {
  const value = body[key];
  if (value === undefined || value === null) return undefined;
  return typeof value === "number" ? value : refuse(value, "Number");
}

export function object(body: Json, key: string): Json | undefined {
  const value = body[key];
  if (value === undefined || value === null) return undefined;
  return isObject(value) ? value : refuse(value, "Map");
}

export function list(body: Json, key: string): unknown[] | undefined {
  const value = body[key];
  if (value === undefined || value === null) return undefined;
  return Array.isArray(value) ? (value as unknown[]) : refuse(value, "List");
}

export function texts(body: Json, key: string): string[] | undefined {
  return list(body, key)?.map(toText);
}

export function textMap(
  body: Json,
  key: string,
): Record<string, string> | undefined {
  const map = object(body, key);
  return map && mapValues(map, toText);
}

export function flagMap(
  body: Json,
  key: string,
): Record<string, boolean> | undefined {
  const map = object(body, key);
  return (
    map &&
    mapValues(map, (v) => (typeof v === "boolean" ? v : refuse(v, "Boolean")))
  );
}

function mapValues<From, To>(
  map: Record<string, From>,
  change: (value: From) => To,
): Record<string, To> {
  return Object.fromEntries(
    Object.entries(map).map(([key, value]) => [key, change(value)]),
  );
}

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> };

/** The object without its undefined members: AWS leaves out what is not set. */
export function defined<T extends object>(members: T): Partial<Defined<T>> {
  const entries = Object.entries(members).filter(
    ([, value]) => value !== undefined,
  );
  return Object.fromEntries(entries) as Partial<Defined<T>>;
}

/** A shallow copy that lacks some members. */
export function without<T extends object, Key extends keyof T>(
  value: T,
  ...keys: readonly Key[]
): Omit<T, Key> {
  const copy = { ...value };
  for (const key of keys) Reflect.deleteProperty(copy, key);
  return copy;
}
