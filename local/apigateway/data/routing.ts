// Finds the resource and method that answer a request. Paths are compared as they were sent: nothing is percent-decoded,
// so `/h%65alth` is not `/health`.

import type { Method, Resource } from "../model.ts";
import { defaultReadings, type Readings } from "./collaborators.ts";

export interface Route {
  readonly resource: Resource;
  readonly method: Method;
  /** Values of `{name}` and `{name+}`, still percent-encoded. */
  readonly pathParameters: Readonly<Record<string, string>>;
}

interface Node {
  readonly children: Map<string, Node>;
  resource?: Resource;
}

/** The verbs that a method `ANY` stands for; HEAD is a verb of its own and never answered by GET. */
const verbs = new Set([
  "GET",
  "PUT",
  "POST",
  "DELETE",
  "PATCH",
  "OPTIONS",
  "HEAD",
]);

/**
 * A literal segment beats `{name}`, which beats `{name+}`; a resource that lacks the verb is passed over for a less
 * exact one that has it (recorded on AWS: `OPTIONS /test` goes to `/{proxy+}` when `/test` has only POST). Slashes before
 * the path and one after it are ignored, those inside count. Undefined: no such path and verb.
 */
export function findRoute(
  resources: Iterable<Resource>,
  verb: string,
  path: string,
  { emptySegments }: Pick<Readings, "emptySegments"> = defaultReadings,
): Route | undefined {
  const matched = matchedPath(
    emptySegments === "merged" ? path.replace(/\/+/g, "/") : path,
  );
  const segments = matched === "/" ? [] : matched.split("/").slice(1);
  return descend(tree(resources), { verb, segments, pathParameters: {} });
}

/** The path that is matched: one leading slash, no trailing one. */
function matchedPath(path: string): string {
  const single = path.replace(/^\/+/, "/");
  return single.length > 1 && single.endsWith("/")
    ? single.slice(0, -1)
    : single;
}

interface Search {
  readonly verb: string;
  readonly segments: readonly string[];
  readonly pathParameters: Readonly<Record<string, string>>;
}

function descend(node: Node, search: Search): Route | undefined {
  const [segment, ...rest] = search.segments;
  if (segment === undefined) return ending(node, search);
  const literal = segment.includes("{")
    ? undefined
    : node.children.get(segment);
  const found = literal && descend(literal, { ...search, segments: rest });
  if (found) return found;
  for (const [part, child] of node.children) {
    if (!isVariable(part) || isGreedy(part) || segment === "") continue;
    const pathParameters = {
      ...search.pathParameters,
      [part.slice(1, -1)]: segment,
    };
    const route = descend(child, { ...search, segments: rest, pathParameters });
    if (route) return route;
  }
  for (const [part, child] of node.children) {
    if (!isGreedy(part) || search.segments.join("/") === "") continue;
    const pathParameters = {
      ...search.pathParameters,
      [part.slice(1, -2)]: search.segments.join("/"),
    };
    const route = ending(child, { ...search, pathParameters });
    if (route) return route;
  }
  return undefined;
}

function ending(
  node: Node,
  { verb, pathParameters }: Search,
): Route | undefined {
  const { resource } = node;
  const method =
    resource?.methods.get(verb) ??
    (verbs.has(verb) ? resource?.methods.get("ANY") : undefined);
  return resource && method ? { resource, method, pathParameters } : undefined;
}

function tree(resources: Iterable<Resource>): Node {
  const root: Node = { children: new Map() };
  for (const resource of resources) {
    let node = root;
    for (const part of resource.path
      .split("/")
      .filter((piece) => piece !== "")) {
      const child = node.children.get(part) ?? {
        children: new Map<string, Node>(),
      };
      node.children.set(part, child);
      node = child;
    }
    node.resource = resource;
  }
  return root;
}

const isVariable = (part: string) => part.startsWith("{") && part.endsWith("}");
const isGreedy = (part: string) => part.startsWith("{") && part.endsWith("+}");
