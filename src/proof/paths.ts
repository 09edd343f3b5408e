// Route paths as API Gateway reads them: a sample of each to ask for, and the routes that could take it. Pure.
import type { Gate, HttpMethod, Route } from "../gate/gate.ts";
import { matchesPath } from "../gate/rules/paths.ts";

/** A path that the template matches: `/openai/{proxy+}` becomes `/openai/ai-gate-proof`, `/jobs/{id}` `/jobs/proof`. */
export function samplePath(template: string): string {
  return template
    .replaceAll(/\{[^}]*\+\}/g, "ai-gate-proof")
    .replaceAll(/\{[^}]*\}/g, "proof");
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
