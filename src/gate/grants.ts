import { matchesPath } from "../../contract/path-template.ts";
import {
  type Access,
  type Grant,
  type HttpMethod,
  httpMethods,
  type Route,
} from "./gate.ts";
import {
  greedyParameterOf,
  normalizePath,
  parameter,
  segmentsOf,
} from "./paths.ts";

/** `[METHOD[,METHOD…] ]PATTERN`, as `GET,POST /openai/**`. */
export interface AccessEntry {
  readonly methods?: readonly HttpMethod[];
  /** A path, or what is before `/**`. */
  readonly path: string;
  /** Whether it ended in `/**`. */
  readonly open: boolean;
}

type Routes = readonly Pick<Route, "path" | "methods">[];

/** Without encoded letters, digits, `-`, `.`, `_` and `~`: the authorizer refuses paths with them. */
const literalSegment =
  /^(?!\.{1,2}$)(?:[A-Za-z0-9._~:@!&(),;=+-]|%(?!2[DdEe]|3\d|[46][1-9A-Fa-f]|[57][\dAa]|5[Ff]|7[Ee])[\dA-Fa-f]{2}){1,170}$/;
const maxSegments = 100;

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
  const segments = segmentsOf(path);
  return (
    segments.length <= maxSegments &&
    segments.every((one) => literalSegment.test(one) || parameter.test(one))
  );
}

/** @returns the parts of routes that the entry names, one a path of the gate; none where it names none. */
export function grantsOf(entry: AccessEntry, routes: Routes): Access {
  const { methods, open, path } = entry;
  const parts = partsOf(entry, routes);
  if (methods === undefined) return open && path === "" ? "*" : parts;
  return parts.flatMap((part) => {
    const all = methodsAt(part.route, routes);
    const some = all.filter((method) => methods.includes(method));
    if (some.length === 0) return [];
    return [some.length === all.length ? part : { ...part, methods: some }];
  });
}

export function missingMethods(
  entry: AccessEntry,
  routes: Routes,
): HttpMethod[] {
  const known = partsOf(entry, routes).flatMap(({ route }) =>
    methodsAt(route, routes),
  );
  return (entry.methods ?? []).filter((method) => !known.includes(method));
}

function methodsAt(path: string, routes: Routes): HttpMethod[] {
  const known = routes
    .filter((route) => route.path === path)
    .flatMap(({ methods }) => methods);
  return httpMethods.filter((method) => known.includes(method));
}

function partsOf({ open, path }: AccessEntry, routes: Routes): Grant[] {
  const paths = [...new Set(routes.map((route) => route.path))];
  if (open)
    return paths.flatMap((route): Grant[] => {
      if (`${route}/`.startsWith(`${path}/`)) return [{ route }];
      return isWithin(route, `${path}/any`) ? [{ route, below: path }] : [];
    });
  if (paths.includes(path)) return [{ route: path }];
  // Which of several greedy routes takes a call, API Gateway decides; it is the same call.
  return paths
    .filter((route) => isWithin(route, path))
    .map((route) => ({ route, exactly: path }));
}

const isWithin = (route: string, path: string): boolean =>
  greedyParameterOf(route) !== undefined &&
  !/[{}]/.test(path) &&
  matchesPath(route, path);

export function joinAccess(parts: readonly Access[]): Access {
  const lists = parts.flatMap((part) => (part === "*" ? [] : [part]));
  if (lists.length < parts.length) return "*";
  const keyed = lists.flat().map((one) => [JSON.stringify(one), one] as const);
  return [...new Map(keyed).values()];
}

/** @returns the grants by which some call of the method of the route may be made; of `*` the route itself. */
export const grantsFor = (
  access: Access,
  path: string,
  method: HttpMethod,
): readonly Grant[] =>
  access === "*"
    ? [{ route: path }]
    : access.filter(
        ({ route, methods }) =>
          route === path && (methods === undefined || methods.includes(method)),
      );

export const mayCallRoute = (
  access: Access,
  { path, methods }: Routes[number],
): boolean =>
  methods.some((method) => grantsFor(access, path, method).length > 0);

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
