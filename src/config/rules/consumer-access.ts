// What each consumer may call: every entry has the form of one, and names a route and methods that there are.
import { settingsLimits } from "../../../contract/authorizer-settings.ts";
import type { Access, Route } from "../../gate/gate.ts";
import {
  grantsOf,
  joinAccess,
  missingMethods,
  readEntry,
} from "../../gate/grants.ts";
import type { Located } from "../location.ts";
import { listed } from "../messages.ts";

/** Reads the entries of one consumer; what is invalid is reported. */
export type AccessReader = (entries: readonly Located<string>[]) => Access;

interface Resolved {
  readonly access: Access;
  readonly fault?: string;
}

/**
 * Remembers each entry, since thousands of consumers share few.
 * @param routes undefined when they are not all known: then only the form of entries is checked
 */
export function createAccessReader(
  routes: readonly Route[] | undefined,
): AccessReader {
  const known = new Map<string, Resolved>();
  return (entries) => {
    const parts = entries.map((entry) => {
      const resolved = known.get(entry.value) ?? resolve(entry.value, routes);
      known.set(entry.value, resolved);
      entry.refuse(resolved.fault);
      return resolved.access;
    });
    const access = joinAccess(parts);
    const [first] = entries;
    if (first !== undefined && access.length > settingsLimits.access)
      first.report(
        `Too many routes for one consumer (${access.length}): use at most ${settingsLimits.access}, or a common /prefix/**`,
      );
    return access;
  };
}

const mostShown = 10;

function resolve(text: string, routes: readonly Route[] | undefined): Resolved {
  const entry = readEntry(text);
  if (entry === undefined)
    return {
      access: [],
      fault:
        "is not a route, a /prefix/** or /**: use one of these, with methods in front to allow only them, like GET,POST /prefix/**",
    };
  if (routes === undefined) return { access: "*" };
  const { path, open } = entry;
  if (grantsOf({ path, open }, routes).length === 0) {
    const paths = [...new Set(routes.map((route) => route.path))];
    return {
      access: [],
      fault: `matches no route: use a route's path (${listed(paths.slice(0, mostShown))}), a /prefix/** of some, or a path below one that ends in {name+}`,
    };
  }
  const missing = missingMethods(entry, routes);
  return missing.length === 0
    ? { access: grantsOf(entry, routes) }
    : {
        access: [],
        fault: `has a method that no route there has (${missing.join(", ")}): remove it, or add it to the route`,
      };
}
