// Routes: each one's path, methods and timeout, and what they may not do together in API Gateway's tree of resources.
import {
  defaults,
  type HttpMethod,
  httpMethods,
  type Route,
} from "../../gate/gate.ts";
import {
  countResources,
  mostResources,
  nodesOf,
  normalizePath,
  parameter,
  parametersOf,
  segmentsOf,
} from "../../gate/paths.ts";
import { metadataPath } from "../../gate/openapi/mcp-metadata.ts";
import { upstreamKind } from "../../gate/upstream-kinds.ts";
import type { Config } from "../from-inputs.ts";
import type { Located } from "../location.ts";
import { listed, quoted } from "../messages.ts";
import { isWithoutUrl, type UpstreamConfig } from "./kinds-without-url.ts";
import { checkModels } from "./models.ts";
import { checkKnown, type Checks } from "./value-checks.ts";

type RouteConfig = Config["routes"][number];

/** A valid route, with its place for the checks that come later. */
export interface PlacedRoute {
  readonly route: Route;
  readonly given: Located<RouteConfig>;
}

/** @returns the valid routes; invalid ones were reported. None of too many: everything else would be compared with each. */
export function checkRoutes({ config, whole, report }: Checks): PlacedRoute[] {
  const all = config.at("routes").items();
  const [first] = all;
  if (first === undefined && whole)
    report(
      { where: "routes" },
      "No routes: add at least one, with a path and the name of an upstream",
    );
  const names = Object.keys(config.value.upstreams);
  for (const given of whole ? all : [])
    checkKnown("upstream", given.at("upstream"), names);
  const routes = all.flatMap((given) => {
    const route = checkRoute(given, kindOf(config.value, given.value));
    return route === undefined ? [] : [{ route, given }];
  });
  reportClashes(routes);
  const nodes = countResources(routes.map(({ route }) => route.path));
  if (nodes <= mostResources) return routes;
  const { position } = first?.place ?? {};
  report(
    { where: "routes", ...(position && { position }) },
    `Too many routes for one API (${nodes} API Gateway resources, one for each path and each path on the way to it): use at most ${mostResources}, and merge some under {proxy+}`,
  );
  return [];
}

const kindOf = (
  { upstreams }: Config,
  { upstream }: RouteConfig,
): UpstreamConfig["kind"] =>
  Object.hasOwn(upstreams, upstream) ? upstreams[upstream]?.kind : undefined;

/** A Lambda function's answers are whole unless its handler is written to stream them; the others cannot. */
const isBuffered = (kind: UpstreamConfig["kind"]): boolean =>
  kind !== undefined && isWithoutUrl(kind);

function defaultMethods(kind: UpstreamConfig["kind"] = "http"): string[] {
  if (kind === "sagemaker") return ["POST"];
  const own = isWithoutUrl(kind) ? undefined : upstreamKind(kind).methods;
  return own ? [...own] : defaults.methods.split(",");
}

const neverStreams = ["sagemaker", "mock"] as const;

function checkRoute(
  given: Located<RouteConfig>,
  kind: UpstreamConfig["kind"],
): Route | undefined {
  const { stream = !isBuffered(kind), upstream } = given.value;
  const path = checkPath(given.at("path"));
  const only = kind === "sagemaker" ? "POST" : undefined;
  const methods = checkMethods(
    given.at("methods") ?? given.as(defaultMethods(kind)),
  );
  if (only && methods?.some((method) => method !== only))
    given
      .at("methods")
      ?.report(
        `Invalid value ${methods.join(", ")}: use POST alone, since a SageMaker endpoint takes no other method`,
      );
  const most = stream ? 900 : 29;
  const timeout = given.at("timeout");
  const buffered = neverStreams.find((name) => name === kind);
  if (stream && buffered)
    given
      .at("stream")
      ?.report(
        `API Gateway cannot stream an upstream of the kind ${buffered}: remove it, and expect whole answers within 29 seconds`,
      );
  else if (timeout !== undefined && timeout.value > most)
    timeout.report(
      buffered
        ? `Invalid value ${timeout.value}: use at most ${most} seconds, since API Gateway collects the answers of the kind ${buffered}`
        : `Invalid value ${timeout.value}: use at most ${most} seconds for a route that does not stream, or stream: true`,
    );
  if (path === undefined || methods === undefined) return undefined;
  const models = checkModels(given, { path, methods });
  return {
    path,
    methods,
    upstream,
    stream,
    timeout: timeout?.value ?? most,
    ...(models && { models }),
  };
}

function checkMethods(given: Located<string[]>): HttpMethod[] | undefined {
  const names = given.value.map((method) => method.trim().toUpperCase());
  const wrong = names.filter((method) => method !== "ANY" && !isMethod(method));
  const use = `use ${listed([...httpMethods, "ANY"])}`;
  for (const method of wrong)
    given.report(
      method === "OPTIONS"
        ? "OPTIONS cannot be a route's method, since it belongs to CORS: use `cors` in the config file"
        : `Invalid value ${quoted(method)}: ${use}`,
    );
  const all = names.flatMap((method) =>
    method === "ANY" ? httpMethods : [method],
  );
  if (new Set(all).size < all.length)
    given.report(
      `Duplicate method in ${names.join(", ")} (ANY is all of them): remove one`,
    );
  if (names.length === 0) given.report(`Missing method: ${use}`);
  return wrong.length > 0 || names.length === 0
    ? undefined
    : httpMethods.filter((method) => all.includes(method));
}

function isMethod(text: string): text is HttpMethod {
  return (httpMethods as readonly string[]).includes(text);
}

function reportClashes(routes: readonly PlacedRoute[]): void {
  const methodsOf = new Map<string, HttpMethod[]>();
  const siblingOf = createSiblingCheck();
  for (const { route, given } of routes) {
    const { path, methods } = route;
    const before = methodsOf.get(path) ?? [];
    const duplicates = methods.filter((method) => before.includes(method));
    methodsOf.set(path, [...before, ...methods]);
    if (duplicates.length > 0)
      given
        .at("path")
        .report(`Duplicate route ${duplicates.join(", ")} ${path}: remove one`);
    const sibling = siblingOf(path);
    if (sibling !== undefined)
      given
        .at("path")
        .report(
          `${quoted(path)} has a parameter where ${quoted(sibling)} has another, which API Gateway refuses: use the same {name} in both, or a literal segment`,
        );
  }
}

/** Paths API Gateway (`/ping`, `/sping`) and the gate (`/healthz`) answer themselves. */
const reserved = ["healthz", "ping", "sping"];

/** API Gateway takes no more for the ARN of a call; longer paths are refused before anything is done with them. */
const longestPath = 1024;
const longestSegment = 128;
const mostSegments = 100;

/** @returns the path with one leading and no trailing slash, or undefined when it was reported */
function checkPath(given: Located<string>): string | undefined {
  const path = normalizePath(given.value);
  const fault = pathFault(path);
  given.refuse(fault);
  return fault === undefined ? path : undefined;
}

function pathFault(path: string): string | undefined {
  if (path.length > longestPath)
    return `is too long (${path.length} characters): use at most ${longestPath}`;
  if (/[?#]/.test(path)) return "has a query or fragment: remove it";
  if (/\s/.test(path)) return "has a space: remove it";
  if (path === "/") return "is empty: use at least one segment, like /chat";
  const segments = segmentsOf(path);
  if (segments.length > mostSegments)
    return `has too many segments (${segments.length}): use at most ${mostSegments}`;
  if (segments.includes("")) return "has an empty segment: remove one slash";
  if (segments.slice(0, -1).some((segment) => segment.endsWith("+}")))
    return "has a greedy {name+} before its end: use it as the last segment only";
  const names = parametersOf(path);
  if (new Set(names).size < names.length)
    return "has a parameter name twice: rename one";
  if (reserved.includes(segments[0] ?? ""))
    return `starts with a segment that API Gateway or the gate answers itself (${reserved.map((name) => `/${name}`).join(", ")}): use another`;
  if (`${path}/`.includes(`${metadataPath}/`))
    return `is where the gate itself tells MCP clients where to sign in (${metadataPath}): use another`;
  return segments.map(segmentFault).find((fault) => fault !== undefined);
}

function segmentFault(segment: string): string | undefined {
  if (segment === "." || segment.startsWith(".."))
    return "has a dot segment: write the path in full";
  if (segment.length > longestSegment)
    return `has a segment that is too long (${segment.length} characters): use at most ${longestSegment}`;
  return parameter.test(segment) || /^[A-Za-z0-9._:-]+$/.test(segment)
    ? undefined
    : `has an invalid segment ${quoted(segment)}: use letters, digits and . _ : - or one whole {name}`;
}

/**
 * API Gateway allows one variable segment below a parent: `/a/{b}` and `/a/{c}` cannot both be, nor `/a/{b}` and `/a/{b+}`.
 * @returns a function that takes one path after the other, and returns an earlier one that clashes with it so
 */
function createSiblingCheck(): (path: string) => string | undefined {
  /** By the node above. */
  const variables = new Map<string, { node: string; path: string }>();
  return (path) => {
    let sibling: string | undefined;
    for (const node of nodesOf([path])) {
      if (!node.endsWith("}")) continue;
      const parent = node.slice(0, node.lastIndexOf("/"));
      const known = variables.get(parent);
      if (known === undefined) variables.set(parent, { node, path });
      else if (known.node !== node) sibling ??= known.path;
    }
    return sibling;
  };
}
