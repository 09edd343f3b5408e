import type { HttpUpstream, Route } from "./gate.ts";

/** A whole segment of a route's path: `{name}`, or `{name+}` for the rest of the path. */
export const parameter = /^\{([A-Za-z][A-Za-z0-9_]{0,63})(\+?)\}$/;

/** A `{name}` in an upstream's URL. */
export const placeholder = /\{([A-Za-z][A-Za-z0-9_]*)\}/g;

/** One leading slash, no trailing one. */
export const normalizePath = (text: string): string =>
  `/${text.replace(/^\/|\/$/g, "")}`;

export const segmentsOf = (path: string): string[] => path.slice(1).split("/");

/** Names of the path's parameters, the greedy one last: `/a/{b}/{proxy+}` has `b` and `proxy`. */
export const parametersOf = (path: string): string[] =>
  segmentsOf(path).flatMap((segment) => parameter.exec(segment)?.[1] ?? []);

/** The name of the `{name+}` at the path's end. */
export function greedyParameterOf(path: string): string | undefined {
  const [, name, plus] = parameter.exec(segmentsOf(path).at(-1) ?? "") ?? [];
  return plus === "+" ? name : undefined;
}

export const placeholdersOf = (url: string): string[] =>
  [...url.matchAll(placeholder)].map(([, name]) => name ?? "");

/** The URL that API Gateway calls for the route, with `{name}` placeholders. */
export function targetUrl(
  route: Pick<Route, "path">,
  upstream: Pick<HttpUpstream, "url">,
): string {
  const greedy = greedyParameterOf(route.path);
  return greedy === undefined || placeholdersOf(upstream.url).includes(greedy)
    ? upstream.url
    : `${upstream.url.replace(/\/$/, "")}/{${greedy}}`;
}

/** API Gateway's resources per API; every node of the path tree is one, and so are the root and /healthz. */
export const mostResources = 300;

export const countResources = (paths: readonly string[]): number =>
  nodesOf(paths).size + 2;

/** The paths and all on the way to them. */
export function nodesOf(paths: readonly string[]): Set<string> {
  return new Set(
    paths.flatMap((path) => {
      const segments = segmentsOf(path);
      return segments.map(
        (_, index) => `/${segments.slice(0, index + 1).join("/")}`,
      );
    }),
  );
}
