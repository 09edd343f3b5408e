// What each consumer may call: that every entry has the form of one, and names a route and methods that there are. Pure.
import { settingsLimits } from "../../../contract/authorizer-settings.ts";
import {
  grantsOf,
  joinAccess,
  methodsAt,
  missingMethods,
  readEntry,
} from "../access/grants.ts";
import type { Access, Route } from "../gate.ts";
import type { Given, Report } from "../read/place.ts";
import { listed, quoted } from "../read/words.ts";

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
