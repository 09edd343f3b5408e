// Which questions a gate has to answer rightly, from its model alone. Pure.
import type { Gate } from "../gate/gate.ts";
import { active, mayCall } from "./callers.ts";
import type { PlanOptions } from "./callers.ts";
import type { Check } from "./check.ts";
import { openChecks, secondHeaderChecks } from "./open-checks.ts";
import { matchesPath } from "../gate/rules/paths.ts";
import { callOf, routesAt } from "./paths.ts";
import { removedChecks } from "./removed.ts";

/** The checks of a gate, the ones that show it closed first. */
export function planProof(gate: Gate, options: PlanOptions): readonly Check[] {
  return [
    ...closedChecks(gate),
    ...removedChecks(gate, options.removedRoutes),
    ...unknownChecks(gate),
    healthCheck,
    ...deniedChecks(gate, options),
    ...openChecks(gate, options),
    ...secondHeaderChecks(gate, options),
  ];
}

const healthCheck: Check = {
  id: "health",
  title: "GET /healthz",
  method: "GET",
  path: "/healthz",
  credential: "none",
  expect: "healthy",
};

function closedChecks(gate: Gate): Check[] {
  const closed = gate.routes.flatMap((route) =>
    route.methods.map((method) => ({
      id: `closed ${method} ${route.path}`,
      title: `${method} ${route.path} without a credential`,
      ...callOf(route, method),
      credential: "none" as const,
      expect: refusalOf(gate, "none"),
    })),
  );
  const first = closed[0];
  if (!first) return [];
  const wrong: Check = {
    ...first,
    id: "wrong",
    title: first.title.replace("without a", "with a wrong"),
    credential: "wrong",
    expect: refusalOf(gate, "wrong"),
  };
  return [...closed, wrong];
}

/**
 * A user's own authorizer may say no with a Deny policy (403) instead of `Unauthorized` (401), when it is asked at all: a TOKEN
 * authorizer is not, without a credential.
 */
const refusalOf = (
  { auth }: Gate,
  credential: "none" | "wrong",
): "refused" | "unauthorized" =>
  auth.mode === "custom" && (credential === "wrong" || auth.type === "request")
    ? "refused"
    : "unauthorized";

/** One path that no route matches; none when a route takes everything. */
function unknownChecks(gate: Gate): Check[] {
  const candidates = [
    "/ai-gate-proof-unknown",
    "/ai-gate-proof/unknown",
    "/ai-gate-proof/unknown/route/of/many/parts",
  ];
  const path = candidates.find(
    (candidate) =>
      !gate.routes.some((route) => matchesPath(route.path, candidate)),
  );
  if (!path) return [];
  return [
    {
      id: "unknown",
      title: "a route that is not there",
      method: "GET",
      path,
      credential: "none",
      expect: "unknown",
    },
  ];
}

/** For every access list that does not cover everything, one call outside it. Consumers with the same list count once. */
function deniedChecks(gate: Gate, options: PlanOptions): Check[] {
  const byAccess = new Map(
    active(gate, options)
      .toReversed()
      .map((consumer) => [JSON.stringify(consumer.access), consumer]),
  );
  return [...byAccess.values()].toReversed().flatMap((consumer) => {
    const outside = gate.routes
      .flatMap((route) =>
        route.methods.map((method) => ({ route, ...callOf(route, method) })),
      )
      .find((asked) =>
        routesAt(gate, asked).every(
          (route) => !mayCall(consumer, route, asked),
        ),
      );
    if (!outside) return [];
    return [
      {
        id: `denied ${consumer.id}`,
        title: `${outside.method} ${outside.route.path} as ${consumer.id}, who may not call it`,
        method: outside.method,
        path: outside.path,
        credential: { consumer: consumer.id },
        expect: "denied" as const,
      },
    ];
  });
}
