// What a consumer may call, as the patterns of the policy its authorizer result holds. A pattern that could also match a call
// the consumer was not given is an error: a Deny could not take it back safely, because a call to a route can also be
// written with a trailing slash or percent-encoded. Pure.
import type { Gate, HttpMethod, Route } from "../gate.ts";
import { intersects } from "./globs.ts";
import { normalizePath } from "../rules/paths.ts";

/** One method of one route: the smallest thing a consumer can be given. */
export interface Call {
  readonly method: HttpMethod;
  readonly path: string;
  readonly upstream: string;
}

/** @returns whether the access glob names the route: its path, a `/prefix/**` above it, or `/**`. */
export function namesRoute(glob: string, path: string): boolean {
  if (!glob.endsWith("/**")) return normalizePath(glob) === path;
  const prefix = prefixOf(glob);
  return prefix === "" || path === prefix || path.startsWith(`${prefix}/`);
}

/** @returns the calls a consumer was given, in the order of the routes. */
function callsOf(access: readonly string[], routes: readonly Route[]): Call[] {
  return allCalls(routes).filter(({ path }) =>
    access.some((glob) => namesRoute(glob, path)),
  );
}

/**
 * @returns ARN suffixes after `apiId/stage/`: `["*"]` for `/**`; for other globs `METHOD/path` with a literal method, since
 * an IAM `*` would cross the slash behind it.
 */
export function resourcesOf(
  access: readonly string[],
  routes: readonly Route[],
): string[] {
  if (access.includes("/**")) return ["*"];
  return [...new Set(grantsOf(access, routes).map(({ pattern }) => pattern))];
}

interface Grant {
  readonly pattern: string;
  readonly call: Call;
}

/**
 * @returns the first call (`other`) that a pattern matches although it was not given, and the given call (`call`) that the
 * pattern is for.
 */
export function findOverlap(
  access: readonly string[],
  routes: readonly Route[],
): (Grant & { readonly other: Call }) | undefined {
  if (access.includes("/**")) return undefined;
  const grants = grantsOf(access, routes);
  for (const other of callsBeyond(access, routes)) {
    const spellings = spellingsOf(other);
    const grant = grants.find(({ pattern }) => matchesAny(pattern, spellings));
    if (grant !== undefined) return { ...grant, other };
  }
  return undefined;
}

/** @returns the gate's calls that a consumer was not given. */
export function callsBeyond(
  access: readonly string[],
  routes: readonly Route[],
): Call[] {
  return allCalls(routes).filter(
    ({ path }) => !access.some((glob) => namesRoute(glob, path)),
  );
}

/** How a call can be written: API Gateway also routes `/a/` and `/a//` to `/a`. */
export function spellingsOf({ method, path }: Call): string[] {
  const exact = patternOf(method, path);
  return [exact, `${exact}/`, `${exact}//`];
}

export function matchesAny(
  pattern: string,
  spellings: readonly string[],
): boolean {
  return spellings.some((spelling) => intersects(pattern, spelling));
}

function grantsOf(
  access: readonly string[],
  routes: readonly Route[],
): Grant[] {
  return access.flatMap((glob) =>
    callsOf([glob], routes).map((call) => ({
      pattern: grantPattern(glob, call),
      call,
    })),
  );
}

/** @returns names of the upstreams with a credential that the consumer's calls lead to, sorted. */
export function upstreamsOf(
  access: readonly string[],
  gate: Pick<Gate, "routes" | "upstreams">,
): string[] {
  const called = new Set(
    callsOf(access, gate.routes).map(({ upstream }) => upstream),
  );
  return gate.upstreams
    .filter(
      ({ name, credential }) => credential !== undefined && called.has(name),
    )
    .map(({ name }) => name);
}

function allCalls(routes: readonly Route[]): Call[] {
  return routes.flatMap(({ path, methods, upstream }) =>
    methods.map((method) => ({ method, path, upstream })),
  );
}

function grantPattern(glob: string, { method, path }: Call): string {
  const prefix = glob.endsWith("/**") ? prefixOf(glob) : path;
  return patternOf(method, path === prefix ? path : `${prefix}/{proxy+}`);
}

function patternOf(method: HttpMethod, path: string): string {
  return method + path.replace(/\{[^}]*\}/g, "*");
}

/** `/a/b/**` → `/a/b`, and `/**` → nothing. */
function prefixOf(glob: string): string {
  const prefix = glob.slice(0, -"/**".length);
  return prefix === "" ? "" : normalizePath(prefix);
}
