import type { Problem } from "../gate/failure.ts";
import { inline, quoted } from "./messages.ts";

/** An action input (`path`), or a key of the config file with its line and column. */
export type Place = Pick<Problem, "where" | "position">;

/** Keys and indexes from the root of the config file. */
export type ConfigPath = readonly (string | number)[];

type Defined<T> = Exclude<T, undefined>;
type Item<T> = T extends readonly (infer One)[] ? One : T;

/** Takes one problem: the place at fault and a sentence that says what is wrong and what to do; a function when it takes time to make. */
export type Report = (place: Place, message: string | (() => string)) => void;

export interface Reports {
  readonly report: Report;
  readonly warn: Report;
}

interface Origin extends Reports {
  readonly placeOf: (path: ConfigPath) => Place;
}

/** A value as the user gave it, with where it was given: an input, or a value of the config. */
export class Located<T> {
  readonly value: T;
  readonly #path: ConfigPath;
  readonly #origin: Origin;

  constructor(value: T, path: ConfigPath, origin: Origin) {
    this.value = value;
    this.#path = path;
    this.#origin = origin;
  }

  get place(): Place {
    return this.#origin.placeOf(this.#path);
  }

  report(message: string | (() => string)): void {
    this.#origin.report(this.place, message);
  }

  warn(message: string): void {
    this.#origin.warn(this.place, message);
  }

  /** @param fault what is wrong, if anything: the rest of a sentence that starts with the value */
  refuse(fault: string | undefined): void {
    if (fault !== undefined)
      this.report(`${quoted(String(this.value))} ${fault}`);
  }

  /** @returns a value that comes of this one, or stands for it */
  as<Other>(value: Other): Located<Other> {
    return new Located(value, this.#path, this.#origin);
  }

  /** @returns undefined for a key that is not there */
  at<Key extends keyof T & string>(
    key: Key,
  ): Located<Defined<T[Key]>> | Extract<T[Key], undefined> {
    const value = this.value[key];
    const found = value === undefined ? undefined : this.#below(value, key);
    return found as Located<Defined<T[Key]>> | Extract<T[Key], undefined>;
  }

  /** @returns the items of a list, or a single value that stands for a list of one */
  items(): Located<Item<T>>[] {
    const { value } = this;
    return Array.isArray(value)
      ? value.flatMap((one: Item<T>, index) =>
          one === undefined ? [] : [this.#below(one, index)],
        )
      : [this as Located<unknown> as Located<Item<T>>];
  }

  /** @returns the names of a mapping, each with its value */
  entries(): [string, Located<T[keyof T]>][] {
    return Object.entries(this.value as Record<string, T[keyof T]>).map(
      ([name, value]) => [name, this.#below(value, name)],
    );
  }

  #below<Value>(value: Value, key: string | number): Located<Value> {
    return new Located(value, [...this.#path, key], this.#origin);
  }
}

/** Of many problems most have the same cause. */
const maxProblems = 100;

/** @returns a reporter that appends to `problems`; of many the last says how many more there are. */
export function collectInto(problems: Problem[]): Report {
  let more = 0;
  return (place, message) => {
    const index = Math.min(problems.length, maxProblems);
    if (index === maxProblems) more += 1;
    const { where, position } = problems[maxProblems] ?? place;
    const text = typeof message === "string" ? () => message : message;
    problems[index] = {
      where,
      ...(position && { position }),
      message:
        more > 0 ? `And ${more} more problems: fix those above first` : text(),
    };
  };
}

/** `routes[2].path`. A key may be any text. */
export const formatPath = (path: ConfigPath): string =>
  path
    .map((part, index) =>
      typeof part === "number"
        ? `[${part}]`
        : `${index === 0 ? "" : "."}${inline(part)}`,
    )
    .join("");
