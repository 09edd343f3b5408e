// What a consumer may call: an entry of its `routes` is read, and comes to parts of routes. Pure.
import {
  type Access,
  type Grant,
  type HttpMethod,
  httpMethods,
  type Route,
} from "./gate.ts";
import { greedyParameterOf, normalizePath } from "./paths.ts";

/** `[METHOD[,METHOD…] ]PATTERN`, as `GET,POST /openai/**`. */
export interface AccessEntry {
  /** Absent for all. */
  readonly methods?: readonly HttpMethod[];
  /** A path, or what is before `/**`. */
  readonly path: string;
  /** Whether it ended in `/**`. */
  readonly open: boolean;
}

type Routes = readonly Pick<Route, "path" | "methods">[];

/** What a path may be made of besides `{name}`: an encoded letter or digit would never be let through. */
const segment =
  /^(?!\.{1,2}$)(?:[A-Za-z0-9._~:@!&(),;=+-]|%(?!2[DdEe]|3\d|[46][1-9A-Fa-f]|[57][\dAa]|5[Ff]|7[Ee])[\dA-Fa-f]{2}){1,170}$/;
const parameter = /^\{[A-Za-z][A-Za-z0-9_]{0,63}\+?\}$/;

const mostSegments = 100;

/** @returns undefined when the text has not the form of an entry. */
export function readEntry(text: string): AccessEntry | undefined {
  const [, words, pattern = ""] =
    /^(?:([A-Za-z]+(?:,[A-Za-z]+)*) +)?(\S+)$/.exec(text) ?? [];
  const names = words?.toUpperCase().split(",");
  const methods = httpMethods.filter((method) => names?.includes(method));
  if (names !== undefined && methods.length < names.length) return undefined;
  const open = pattern.endsWith("/**");
  const body = open ? pattern.slice(0, -"/**".length) : pattern;
  const path = open && body === "" ? "" : normalizePath(body);
  return (path === "" || isPath(path)) && pattern !== ""
    ? { path, open, ...(names && { methods }) }
    : undefined;
}

function isPath(path: string): boolean {
  const segments = path.slice(1).split("/");
  return (
    segments.length <= mostSegments &&
    segments.every((one) => segment.test(one) || parameter.test(one))
  );
}

/** @returns the parts of routes that the entry names, one a path of the gate; none where it names none. */
export function grantsOf(entry: AccessEntry, routes: Routes): Access {
  const { methods, open, path } = entry;
  if (open && path === "" && methods === undefined) return "*";
  const parts = open ? partsBelow(path, routes) : partsAt(path, routes);
  return parts.flatMap((part) => {
    if (methods === undefined) return [part];
    const all = methodsAt(part.route, routes);
    const some = all.filter((method) => methods.includes(method));
    if (some.length === 0) return [];
    return [some.length === all.length ? part : { ...part, methods: some }];
  });
}

/** @returns the methods of the entry that no route it names has. */
export function missingMethods(
  { methods = [], ...rest }: AccessEntry,
  routes: Routes,
): HttpMethod[] {
  const grants = grantsOf({ ...rest, methods: httpMethods }, routes);
  const known = grants === "*" ? [] : grants.map(({ route }) => route);
  return methods.filter(
    (method) =>
      !known.some((route) => methodsAt(route, routes).includes(method)),
  );
}

/** The methods that the routes of a path have together, in the order of `httpMethods`. */
export function methodsAt(path: string, routes: Routes): HttpMethod[] {
  const known = routes
    .filter((route) => route.path === path)
    .flatMap(({ methods }) => methods);
  return httpMethods.filter((method) => known.includes(method));
}

const pathsOf = (routes: Routes): string[] => [
  ...new Set(routes.map(({ path }) => path)),
];

function partsBelow(prefix: string, routes: Routes): Grant[] {
  return pathsOf(routes).flatMap((route): Grant[] => {
    if (prefix === "" || `${route}/`.startsWith(`${prefix}/`))
      return [{ route }];
    return isWithin(prefix, route, 0) ? [{ route, below: prefix }] : [];
  });
}

function partsAt(path: string, routes: Routes): Grant[] {
  const paths = pathsOf(routes);
  if (paths.includes(path)) return [{ route: path }];
  // Which of several greedy routes takes a call, API Gateway decides; it is the same call.
  return paths
    .filter((route) => isWithin(path, route, 1))
    .map((route) => ({ route, exactly: path }));
}

/** Whether a literal path fits a greedy route and has at least `least` segments of what the greedy parameter takes. */
function isWithin(literal: string, route: string, least: number): boolean {
  if (greedyParameterOf(route) === undefined || /[{}]/.test(literal))
    return false;
  const given = literal.split("/");
  const fixed = route.split("/").slice(0, -1);
  return (
    given.length >= fixed.length + least &&
    fixed.every((wanted, index) => isAt(given[index] ?? "", wanted))
  );
}

const isAt = (given: string, wanted: string): boolean =>
  wanted === given || (wanted.startsWith("{") && given !== "");

/** @returns several accesses as one, without repetitions. */
export function joinAccess(parts: readonly Access[]): Access {
  const lists = parts.flatMap((part) => (part === "*" ? [] : [part]));
  if (lists.length < parts.length) return "*";
  const grants = lists.flat();
  return [...new Map(grants.map((one) => [keyOf(one), one])).values()];
}

const keyOf = ({ route, methods, below, exactly }: Grant): string =>
  JSON.stringify([route, methods, below, exactly]);

/** @returns the grants by which some call of the method of the route may be made; of `*` the route itself. */
export function grantsFor(
  access: Access,
  path: string,
  method: HttpMethod,
): readonly Grant[] {
  if (access === "*") return [{ route: path }];
  return access.filter(
    ({ route, methods }) =>
      route === path && (methods === undefined || methods.includes(method)),
  );
}

/** @returns whether some call of the route may be made. */
export const mayCallRoute = (access: Access, route: Routes[number]): boolean =>
  access === "*" ||
  access.some(
    ({ route: path, methods }) =>
      path === route.path &&
      (methods?.some((method) => route.methods.includes(method)) ?? true),
  );

/** @returns whether every path that the narrow grant opens, the wide one opens too; both are of the same route and method. */
export function coversGrant(wide: Grant, narrow: Grant): boolean {
  const { below, exactly } = wide;
  if (exactly !== undefined) return exactly === narrow.exactly;
  if (below === undefined) return true;
  const path = narrow.below ?? narrow.exactly;
  return path !== undefined && `${path}/`.startsWith(`${below}/`);
}

/** The paths of a grant as `routes` of a consumer has them: `/openai/v1/**`. */
export const pathsOfGrant = ({ route, below, exactly }: Grant): string =>
  exactly ?? (below === undefined ? route : `${below}/**`);

// Patterns in which `*` stands for any text, slashes and nothing included: the way IAM reads a Resource. Pure.

/** @returns whether everything that `other` matches, `one` matches too: a star of `other` is text that only a star covers. */
export function covers(one: string, other: string): boolean {
  const [first = "", ...rest] = one.split("*");
  if (rest.length === 0) return one === other;
  const last = rest.pop() ?? "";
  if (!other.startsWith(first) || !other.endsWith(last)) return false;
  const end = other.length - last.length;
  let position = first.length;
  for (const part of rest) {
    const found = other.indexOf(part, position);
    if (found < 0) return false;
    position = found + part.length;
  }
  return position <= end;
}
