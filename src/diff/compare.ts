import type { Difference, DifferenceCode } from "./differences.ts";
import { joinWords } from "./wording.ts";

/** A difference without its subject; the words go on with a sentence that starts with it. */
export interface Fact {
  readonly code: DifferenceCode;
  readonly words: string;
}

/** One line of a table: compares one thing of two summaries. */
export type Row<T> = (was: T, is: T) => Fact[];

/** Codes of what is more than before, and less. */
type Codes = readonly [more: DifferenceCode, less: DifferenceCode];

export const widening: Codes = ["policy-widened", "policy-narrowed"];

/** A value that is another one; not compared where a side has none. */
export function value<T, V>(
  code: DifferenceCode,
  read: (one: T) => V | undefined,
  say: (is: V, was: V) => string,
): Row<T> {
  return (before, after) => {
    const [was, is] = [read(before), read(after)];
    return was === undefined || is === undefined || isSame(was, is)
      ? []
      : [{ code, words: say(is, was) }];
  };
}

/** An amount that is higher or lower; `isMore` is for what is no number or text. */
export function amount<T, V>(
  [more, less]: Codes,
  read: (one: T) => V,
  say: (is: V, was: V) => string,
  isMore: (one: V, other: V) => boolean = (one, other) => one > other,
): Row<T> {
  return (before, after) => {
    const [was, is] = [read(before), read(after)];
    if (isMore(is, was)) return [{ code: more, words: say(is, was) }];
    return isMore(was, is) ? [{ code: less, words: say(is, was) }] : [];
  };
}

type SayItems = (items: string, count: number) => string;

/** Items that are added or removed; `beyond` gives those of one side that the other lacks, in words. */
export function list<T>(
  [more, less]: Codes,
  beyond: (one: T, other: T) => readonly string[],
  [sayAdded, sayRemoved]: readonly [SayItems, SayItems],
): Row<T> {
  const fact = (
    code: DifferenceCode,
    items: readonly string[],
    say: SayItems,
  ) =>
    items.length === 0
      ? []
      : [{ code, words: say(joinWords(items), items.length) }];
  return (was, is) => [
    ...fact(more, beyond(is, was), sayAdded),
    ...fact(less, beyond(was, is), sayRemoved),
  ];
}

/** @param start what every sentence begins with. */
export function compare<T>(
  rows: readonly Row<T>[],
  [was, is]: readonly [T, T],
  {
    subject,
    start = "",
  }: { readonly subject: string; readonly start?: string },
): Difference[] {
  return rows
    .flatMap((row) => row(was, is))
    .map(({ code, words }) => ({ code, subject, sentence: start + words }));
}

/** Compares what both sides have under one key, in the newer side's order; then comes what is gone. */
export function compareByKey<T>(
  [before, after]: readonly [readonly T[], readonly T[]],
  keyOf: (one: T) => string,
  say: {
    readonly added: (one: T) => Difference[];
    readonly removed: (one: T) => Difference[];
    readonly changed: (was: T, is: T) => Difference[];
  },
): Difference[] {
  const old = new Map(before.map((one) => [keyOf(one), one]));
  const kept = new Set(after.map(keyOf));
  return [
    ...after.flatMap((is) => {
      const was = old.get(keyOf(is));
      return was === undefined ? say.added(is) : say.changed(was, is);
    }),
    ...before.filter((one) => !kept.has(keyOf(one))).flatMap(say.removed),
  ];
}

export const isSame = (one: unknown, other: unknown): boolean =>
  JSON.stringify(one) === JSON.stringify(other);
