// Which identities can never get a token, because an earlier consumer of the same issuer takes every one that they would. Pure.
import { covers } from "../access/globs.ts";
import type { Condition, Consumer, Issuer } from "../gate.ts";

/** A consumer behind an earlier one that wants no more of a token than it does. */
export interface Unreachable {
  readonly index: number;
  readonly issuer: string;
  readonly earlier: string;
}

interface Earlier {
  readonly id: string;
  readonly conditions: readonly Condition[];
}

/** Earlier consumers by a value that tokens of theirs have; thousands of consumers would take too long to compare in pairs. */
type Index = Map<string, Earlier[]>;

/** @returns every consumer with an identity that never gets a token, by its index, with one that takes them all. */
export function findUnreachable(
  consumers: readonly Consumer[],
  issuers: readonly Issuer[],
): Unreachable[] {
  const indexes = new Map<string, Index>();
  return consumers.flatMap(({ id, identities }, index) =>
    identities.flatMap(({ issuer, conditions }) => {
      const always = issuers.find(({ name }) => name === issuer)?.conditions;
      const known = [...conditions, ...(always ?? [])];
      const earlier = indexes.get(issuer) ?? new Map<string, Earlier[]>();
      indexes.set(issuer, earlier);
      const taker = candidates(earlier, known).find((one) =>
        isImplied(one.conditions, known),
      );
      add(earlier, { id, conditions });
      return taker === undefined ? [] : [{ index, issuer, earlier: taker.id }];
    }),
  );
}

/** Under this key are those that want no certain value. */
const anyValue = "";

function add(index: Index, one: Earlier): void {
  const certain = one.conditions.map(keysOf).filter((keys) => keys.length > 0);
  const crowd = (keys: readonly string[]) =>
    keys.reduce((sum, key) => sum + (index.get(key)?.length ?? 0), 0);
  const [rarest = [anyValue]] = certain.sort((a, b) => crowd(a) - crowd(b));
  for (const key of rarest) index.set(key, [...(index.get(key) ?? []), one]);
}

/** Whoever takes all tokens with these conditions wants, of one of the claims, every value that they may have. */
function candidates(index: Index, known: readonly Condition[]): Earlier[] {
  const keys = known.flatMap((condition) => keysOf(condition).slice(0, 1));
  return [anyValue, ...keys].flatMap((key) => index.get(key) ?? []);
}

/** One key a value; none where text with a wildcard is wanted, which stands for many. */
function keysOf({ claim, anyOf }: Condition): string[] {
  const open = anyOf.some(
    (one) => typeof one === "string" && one.includes("*"),
  );
  return open ? [] : anyOf.map((one) => JSON.stringify([claim, one]));
}

/** @returns whether every token that meets `known` meets `wanted` too. */
function isImplied(
  wanted: readonly Condition[],
  known: readonly Condition[],
): boolean {
  return wanted.every((one) =>
    known.some((other) => other.claim === one.claim && follows(one, other)),
  );
}

const follows = (wanted: Condition, known: Condition): boolean =>
  known.anyOf.every((value) =>
    wanted.anyOf.some((one) =>
      typeof one === "string" && typeof value === "string"
        ? covers(one, value)
        : one === value,
    ),
  );
