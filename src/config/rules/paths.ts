// What a route's path may be, and the tree that API Gateway makes of all of them.
import {
  normalizePath,
  parameter,
  parametersOf,
  segmentsOf,
} from "../../gate/paths.ts";
import type { Given, Report } from "../location.ts";
import { quoted } from "../messages.ts";

/** Paths API Gateway (`/ping`, `/sping`) and the gate (`/healthz`) answer themselves. */
const reserved = ["healthz", "ping", "sping"];

/**
 * @returns the path with one leading and no trailing slash, or undefined when it was reported.
 */
export function checkPath(
  given: Given<string>,
  report: Report,
): string | undefined {
  const path = normalizePath(given.value);
  const fault = pathFault(path);
  if (fault === undefined) return path;
  report(given.place, `the path ${quoted(given.value)} ${fault}`);
  return undefined;
}

/** API Gateway takes no more for the ARN of a call; longer paths are refused before anything is done with them. */
const longestPath = 1024;
const mostSegments = 100;

function pathFault(path: string): string | undefined {
  if (path.length > longestPath)
    return `has ${path.length} characters, more than the ${longestPath} a path may have: shorten it`;
  const segments = segmentsOf(path);
  if (segments.length > mostSegments)
    return `has ${segments.length} segments, more than the ${mostSegments} a path may have: shorten it`;
  if (/[?#]/.test(path))
    return "has a query or fragment: a route is a path only";
  if (/\s/.test(path)) return "has a space: remove it";
  if (path === "/")
    return "is empty: a route needs at least one segment, like /chat";
  if (segments.includes(""))
    return "has an empty segment (two slashes): remove one slash";
  if (segments.some((segment) => segment === "." || segment.startsWith("..")))
    return "has a segment that is or starts with dots only: write the path out";
  if (segments.some((segment) => segment.length > 128))
    return "has a segment of more than 128 characters: shorten it";
  const wrong = segments.find(
    (segment) =>
      !parameter.test(segment) && !/^[A-Za-z0-9._:-]+$/.test(segment),
  );
  if (wrong !== undefined)
    return `has a segment that is not allowed, ${quoted(wrong)}: use letters, digits and . _ : - or one whole {name}`;
  if (segments.slice(0, -1).some((segment) => segment.endsWith("+}")))
    return "has a greedy {name+} before its end: it may only be last";
  const names = parametersOf(path);
  if (new Set(names).size < names.length)
    return "uses a parameter name twice: rename one";
  if (reserved.includes(segments[0] ?? ""))
    return `starts with a segment that API Gateway or the gate answers itself (${reserved.map((name) => `/${name}`).join(", ")}): use another`;
  return undefined;
}

/** Every node of the tree: the paths themselves and all paths on the way to them, without the root. */
export function nodesOf(paths: readonly string[]): Set<string> {
  const nodes = new Set<string>();
  for (const path of paths) {
    const segments = segmentsOf(path);
    for (const index of segments.keys())
      nodes.add(`/${segments.slice(0, index + 1).join("/")}`);
  }
  return nodes;
}

/** By the path above it: the `{name}` that stands below, and the route that brought it. */
export type Variables = Map<
  string,
  { readonly node: string; readonly path: string }
>;

/**
 * API Gateway allows one variable segment below a parent: `/a/{b}` and `/a/{c}` cannot both be, nor `/a/{b}` and `/a/{b+}`.
 * @param variables those of the routes before it; the path's own are added.
 * @returns the path of an earlier route that clashes with it so.
 */
export function siblingClash(
  path: string,
  variables: Variables,
): string | undefined {
  const own = [...nodesOf([path])].filter((node) => node.endsWith("}"));
  const clash = own
    .map((node) => ({ node, known: variables.get(parentOf(node)) }))
    .find(({ node, known }) => known !== undefined && known.node !== node);
  for (const node of own)
    if (!variables.has(parentOf(node)))
      variables.set(parentOf(node), { node, path });
  return clash?.known?.path;
}

function parentOf(node: string): string {
  return node.slice(0, node.lastIndexOf("/"));
}
