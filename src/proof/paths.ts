// Route paths as API Gateway reads them: what a template matches, and a sample of it to ask for. Pure.
import type { Gate, HttpMethod, Route } from "../gate/gate.ts";

/** A path that the template matches: `/openai/{proxy+}` becomes `/openai/ai-gate-proof`, `/jobs/{id}` `/jobs/proof`. */
export function samplePath(template: string): string {
  return template
    .replaceAll(/\{[^}]*\+\}/g, "ai-gate-proof")
    .replaceAll(/\{[^}]*\}/g, "proof");
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

export interface Call {
  readonly method: HttpMethod;
  readonly path: string;
}

/** The question that a route and a method come to. */
export const callOf = (route: Route, method: HttpMethod): Call => ({
  method,
  path: samplePath(route.path),
});

/**
 * The routes that could take a call: a literal one does before all others. API Gateway falls back to a wider route when a
 * closer one lacks the method.
 */
export function routesAt(gate: Gate, asked: Call): readonly Route[] {
  const fitting = gate.routes.filter(
    (route) =>
      route.methods.includes(asked.method) &&
      matchesPath(route.path, asked.path),
  );
  const literal = fitting.filter(({ path }) => path === asked.path);
  return literal.length > 0 ? literal : fitting;
}
