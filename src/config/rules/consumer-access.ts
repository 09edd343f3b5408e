// What each consumer may call: that every entry has the form of one, and names a route and methods that there are. Pure.
import { settingsLimits } from "../../../contract/authorizer-settings.ts";
import type {
  Access,
  Condition,
  Consumer,
  Issuer,
  Route,
} from "../../gate/gate.ts";
import {
  covers,
  grantsOf,
  joinAccess,
  methodsAt,
  missingMethods,
  readEntry,
} from "../../gate/grants.ts";
import type { Given, Report } from "../location.ts";
import { listed, quoted } from "../messages.ts";

/** What an entry comes to, or what is wrong with it: the end of a sentence that starts with the entry. */
type Resolved = { readonly access: Access } | { readonly fault: string };

/** Resolves access lists; thousands of consumers share few entries and lists. */
export interface AccessReader {
  /** @returns the access; what does not hold was reported. */
  readonly read: (entries: readonly Given<string>[], report: Report) => Access;
}

/** @param routes undefined when they are not all known, and entries can be judged by their form only. */
export function createAccessReader(
  routes: readonly Route[] | undefined,
): AccessReader {
  const entries = new Map<string, Resolved>();
  const lists = new Map<string, Access>();
  const resolve = (text: string): Resolved => {
    const known = entries.get(text) ?? resolveEntry(text, routes);
    entries.set(text, known);
    return known;
  };
  return {
    read: (given, report) => {
      const resolved = given.map(({ value }) => resolve(value));
      for (const [index, one] of resolved.entries()) {
        const entry = given[index];
        if (entry !== undefined && "fault" in one)
          report(entry.place, `${quoted(entry.value)} ${one.fault}`);
      }
      const key = JSON.stringify(given.map(({ value }) => value));
      const access =
        lists.get(key) ??
        joinAccess(
          resolved.flatMap((one) => ("access" in one ? [one.access] : [])),
        );
      lists.set(key, access);
      const [first] = given;
      if (first !== undefined && access.length > settingsLimits.access)
        report(
          first.place,
          `this access comes to ${access.length} parts of routes, more than the ${settingsLimits.access} that the authorizer takes: name a common /prefix/** instead`,
        );
      return access;
    },
  };
}

const form =
  "write a route's path, /prefix/** or /** (no other wildcards), with methods before it if only these are meant, as GET,POST /prefix/**";

function resolveEntry(
  text: string,
  routes: readonly Route[] | undefined,
): Resolved {
  const entry = readEntry(text);
  if (entry === undefined) return { fault: `is no access: ${form}` };
  if (routes === undefined) return { access: "*" };
  const { path, open } = entry;
  const all = grantsOf({ path, open }, routes);
  if (all.length === 0)
    return {
      fault: `names no route: write the path of one (${someOf(routes)}), a /prefix/** of some, or a path below one that ends in {name+}`,
    };
  const missing = missingMethods(entry, routes);
  if (missing.length === 0) return { access: grantsOf(entry, routes) };
  return {
    fault: `names ${listed(missing)}, which no route there has: ${wordMethods(all, routes)}; remove the method, or give it to the route`,
  };
}

const mostShown = 10;

function someOf(routes: readonly Route[]): string {
  const paths = [...new Set(routes.map(({ path }) => path))];
  const more = paths.length - mostShown;
  const shown = listed(paths.slice(0, mostShown));
  return more > 0 ? `${shown}, and ${more} more` : shown;
}

function wordMethods(access: Access, routes: readonly Route[]): string {
  const paths = access === "*" ? [] : access.map(({ route }) => route);
  const shown = (paths.length > 0 ? paths : routes.map(({ path }) => path))
    .slice(0, mostShown)
    .map((path) => `${path} has ${methodsAt(path, routes).join(", ")}`);
  return shown.join("; ");
}

// Which identities can never get a token, because an earlier consumer of the same issuer takes every one that they would. Pure.

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
