import type { Route, Upstream } from "./gate.ts";

// A route's path template.

export const parameter = /^\{([A-Za-z][A-Za-z0-9_]{0,63})(\+?)\}$/;

/** One leading slash, no trailing one. */
export function normalizePath(text: string): string {
  return `/${text.replace(/^\/|\/$/g, "")}`;
}

export function segmentsOf(path: string): string[] {
  return path.slice(1).split("/");
}

/** Names of the path's parameters, the greedy one last: `/a/{b}/{proxy+}` has `b` and `proxy`. */
export function parametersOf(path: string): string[] {
  return segmentsOf(path).flatMap(
    (segment) => parameter.exec(segment)?.[1] ?? [],
  );
}

/** @returns the name of the `{name+}` at the path's end, if there is one. */
export function greedyParameterOf(path: string): string | undefined {
  const [, name, plus] = parameter.exec(segmentsOf(path).at(-1) ?? "") ?? [];
  return plus === "+" ? name : undefined;
}

/** Whether a template matches a path: `{name}` one segment, `{name+}` one or more, anything else literally. */
export function matchesPath(template: string, path: string): boolean {
  const wanted = template.split("/");
  const given = path.split("/");
  const greedy = wanted.at(-1)?.endsWith("+}") === true;
  if (greedy ? given.length < wanted.length : given.length !== wanted.length) {
    return false;
  }
  return wanted.every(
    (segment, index) =>
      segment === given[index] ||
      (segment.startsWith("{") && given[index] !== ""),
  );
}

export const placeholder = /\{([A-Za-z][A-Za-z0-9_]*)\}/g;

/** Names of the `{name}` placeholders in a URL. */
export function placeholdersOf(url: string): string[] {
  return [...url.matchAll(placeholder)].map(([, name]) => name ?? "");
}

/** @returns the URL API Gateway calls for the route, with `{name}` placeholders. */
export function targetUrl(
  route: Pick<Route, "path">,
  upstream: Pick<Upstream, "url">,
): string {
  const greedy = greedyParameterOf(route.path);
  return greedy === undefined || placeholdersOf(upstream.url).includes(greedy)
    ? upstream.url
    : `${upstream.url}/{${greedy}}`;
}
