// Takes apart data of the config file that may not have the right shape. Pure.
import type * as z from "zod";
import type { Given } from "./place.ts";
import type { ConfigPath } from "./source.ts";

/** Places a value of the file. */
export type Giver = <T>(value: T, path: ConfigPath) => Given<T>;

/** Zod compiles a shape when it is first used, so that thousands of consumers must share one. */
const stripped = new WeakMap<object, object>();

/** Unknown keys are dropped here: they are a problem of their own, not one of the part's other keys. */
export function part<Shape extends z.core.$ZodLooseShape>(
  shape: z.ZodObject<Shape>,
  data: unknown,
) {
  const known = (stripped.get(shape) ?? shape.strip()) as ReturnType<
    typeof shape.strip
  >;
  stripped.set(shape, known);
  return known.safeParse(data).data;
}

export function listOf(data: unknown): unknown[] {
  return Array.isArray(data) ? (data as unknown[]) : [];
}

export function entriesOf(data: unknown): [string, unknown][] {
  return typeof data === "object" && data !== null && !Array.isArray(data)
    ? Object.entries(data as Record<string, unknown>)
    : [];
}

/** The place of a value is its own in a list, else the key's. */
export function oneOrMore<T>(value: T | T[], path: ConfigPath, given: Giver) {
  return Array.isArray(value)
    ? value.map((one: T, index) => given(one, [...path, index]))
    : [given(value, path)];
}
