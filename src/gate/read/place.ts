// A value with the place it came from, so that every problem can name the input or the line at fault. Pure.
import type { Problem } from "../failure.ts";

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
        message: `and ${more} more problems: correct those above first`,
      };
    }
  };
}
