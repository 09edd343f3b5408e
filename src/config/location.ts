import type { Problem } from "../gate/failure.ts";

/** An action input (`path`), or a key of the config file with its line and column. */
export type Place = Pick<Problem, "where" | "position">;

/** A value as the user gave it, with where it was given. */
export interface Located<T> {
  readonly value: T;
  readonly place: Place;
}
export type Given<T> = Located<T>;

/** Keys and indexes from the root of the config file. */
export type ConfigPath = readonly (string | number)[];

/** Takes one problem: the place at fault and a sentence that says what is wrong and what to do. */
export type Report = (place: Place, message: string) => void;

/** Whoever made a thousand mistakes made one of them a thousand times. */
export const maxProblems = 100;

/** @returns a reporter that appends to `problems`; of many the last says how many more there are. */
export function collectInto(problems: Problem[]): Report {
  let more = 0;
  return (place, message) => {
    if (problems.length < maxProblems) problems.push({ ...place, message });
    else {
      more += 1;
      problems[maxProblems] = {
        ...(problems[maxProblems] ?? place),
        message: `And ${more} more problems: fix those above first`,
      };
    }
  };
}

/** `routes[2].path`. */
export const formatPath = (path: ConfigPath): string =>
  path
    .map((part, index) =>
      typeof part === "number" ? `[${part}]` : index === 0 ? part : `.${part}`,
    )
    .join("");

/** The items of a list; none of anything else. */
export const listOf = (data: unknown): unknown[] =>
  Array.isArray(data) ? (data as unknown[]) : [];

/** The entries of a mapping; none of anything else. */
export const entriesOf = (data: unknown): [string, unknown][] =>
  typeof data === "object" && data !== null && !Array.isArray(data)
    ? Object.entries(data as Record<string, unknown>)
    : [];
