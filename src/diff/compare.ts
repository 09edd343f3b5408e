import { finding, type Finding, type FindingCode } from "./finding-codes.ts";
import { joinWords, without } from "./wording.ts";

/** A finding without its subject; the words go on with a sentence that starts with it. */
export type Fact = readonly [code: FindingCode, words: string];

/** Compares one thing of two summaries. */
export type Row<T> = (was: T, is: T) => Fact[];

export const rows =
  <T>(...all: readonly Row<T>[]): Row<T> =>
  (was, is) =>
    all.flatMap((row) => row(was, is));

/** Codes of what is more than before, and less. */
type Codes = readonly [more: FindingCode, less: FindingCode];

export const widening: Codes = ["policy-widened", "policy-narrowed"];

/** A value that is another one; not compared where a side has none. */
export function value<T, V>(
  code: FindingCode,
  read: (one: T) => V | undefined,
  say: (is: V, was: V) => string,
): Row<T> {
  return (before, after) => {
    const [was, is] = [read(before), read(after)];
    return was === undefined || is === undefined || isSame(was, is)
      ? []
      : [[code, say(is, was)]];
  };
}

/** An amount that is higher or lower; `isMore` is for what is not a number or text. */
export function amount<T, V>(
  [more, less]: Codes,
  read: (one: T) => V,
  say: (is: V, was: V) => string,
  isMore: (one: V, other: V) => boolean = (one, other) => one > other,
): Row<T> {
  return (before, after) => {
    const [was, is] = [read(before), read(after)];
    if (isMore(is, was)) return [[more, say(is, was)]];
    return isMore(was, is) ? [[less, say(is, was)]] : [];
  };
}

type SayItems = (items: string, count: number) => string;

/** Items that are added or removed; `beyond` gives those of one side that the other lacks, in words. */
export function list<T>(
  [more, less]: Codes,
  beyond: (one: T, other: T) => readonly string[],
  sayAdded: SayItems,
  sayRemoved: SayItems,
): Row<T> {
  const facts = (
    code: FindingCode,
    items: readonly string[],
    say: SayItems,
  ): Fact[] =>
    items.length === 0 ? [] : [[code, say(joinWords(items), items.length)]];
  return (was, is) => [
    ...facts(more, beyond(is, was), sayAdded),
    ...facts(less, beyond(was, is), sayRemoved),
  ];
}

/** @param start what every sentence begins with. */
export const compare = <T>(
  row: Row<T>,
  [was, is]: readonly [T, T],
  subject: string,
  start = "",
): Finding[] =>
  row(was, is).map(([code, words]) => finding(code, subject, start + words));

/** Compares what both sides have under one key, in the newer side's order; then comes what is gone. */
export function compareByKey<T>(
  [before, after]: readonly [readonly T[], readonly T[]],
  keyOf: (one: T) => string,
  say: {
    readonly added: (one: T) => Finding;
    readonly removed: (one: T) => Finding;
    readonly changed: (was: T, is: T) => Finding[];
  },
): Finding[] {
  const old = new Map(before.map((one) => [keyOf(one), one]));
  return [
    ...after.flatMap((is) => {
      const was = old.get(keyOf(is));
      return was === undefined ? say.added(is) : say.changed(was, is);
    }),
    ...without(before, after, keyOf).map(say.removed),
  ];
}

export const isSame = (one: unknown, other: unknown): boolean =>
  JSON.stringify(one) === JSON.stringify(other);
