// A value with the place it came from, so that every problem can name the input or the line at fault. Pure.
import type * as z from "zod";
import type { Problem } from "../gate/failure.ts";
import type { ConfigPath } from "./yaml.ts";

/** An action input (`path`), or a key of the config file with its line and column. */
export type Place = Pick<Problem, "where" | "position">;

/** A value as the user gave it. */
export interface Given<T> {
  readonly value: T;
  readonly place: Place;
}

/** Takes one problem: the place at fault and a sentence that says what is wrong and what to do. */
export type Report = (place: Place, message: string) => void;

/** Whoever made a thousand mistakes made one of them a thousand times. */
export const mostTold = 100;

/** @returns a reporter that appends to `problems`; of many the last says how many more there are. */
export function collectInto(problems: Problem[]): Report {
  let more = 0;
  return (place, message) => {
    if (problems.length < mostTold) problems.push({ ...place, message });
    else {
      more += 1;
      problems[mostTold] = {
        ...(problems[mostTold] ?? place),
        message: `And ${more} more problems: fix those above first`,
      };
    }
  };
}

// Takes apart data of the config file that may not have the right shape. Pure.

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
