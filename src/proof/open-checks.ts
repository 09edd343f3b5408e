// The checks that a gate lets the right callers through, one pair per upstream. Pure.
import type { Gate, HttpMethod, Route } from "../gate/gate.ts";
import { callerOf } from "./callers.ts";
import type { PlanOptions } from "./callers.ts";
import type { Check } from "./check.ts";
import { callOf, samplePath } from "./paths.ts";

/** Per upstream: a right credential reaches it, and where it is to stream, the answer comes in pieces. */
export function openChecks(gate: Gate, options: PlanOptions): Check[] {
  return gate.upstreams.flatMap((upstream) => {
    const routes = gate.routes.filter(
      (route) => route.upstream === upstream.name,
    );
    const open = openCheck(gate, routes, options);
    const reached: Check = {
      ...open,
      id: `open ${upstream.name}`,
      title: `${open.title} reaches ${upstream.name}`,
    };
    const streamed = routes.filter((route) => route.stream);
    if (streamed.length === 0) return [reached];
    const stream = openCheck(gate, streamed, options);
    return [
      reached,
      {
        ...stream,
        id: `streamed ${upstream.name}`,
        title: `${stream.title} is streamed`,
        expect: "streamed" as const,
        ...(stream.method === "HEAD" && { notMade: "HEAD has no body" }),
      },
    ];
  });
}

/** The first of the routes that somebody may call, asked as that caller. */
function openCheck(
  gate: Gate,
  routes: readonly Route[],
  options: PlanOptions,
): Check {
  for (const route of routes) {
    const method = harmlessMethods.find((one) => route.methods.includes(one));
    const caller = callerOf(gate, route, options);
    if (!method || !caller) continue;
    const who = typeof caller === "object" ? caller.consumer : "your token";
    return {
      id: route.path,
      title: `${method} ${route.path} as ${who}`,
      ...callOf(route, method),
      credential: caller,
      expect: "reached",
    };
  }
  return impossible(gate, routes, options);
}

/** DELETE is never sent with a right credential; the empty POST that AI services refuse with 400 costs nothing. */
const harmlessMethods: readonly HttpMethod[] = [
  "GET",
  "POST",
  "HEAD",
  "PUT",
  "PATCH",
];

function impossible(
  gate: Gate,
  routes: readonly Route[],
  options: PlanOptions,
): Check {
  const [route] = routes;
  const path = route?.path ?? "/";
  const method = route?.methods[0] ?? "GET";
  const called = routes.some((one) => callerOf(gate, one, options));
  return {
    id: path,
    title: `${method} ${path}`,
    method,
    path: samplePath(path),
    credential: "none",
    expect: "reached",
    notMade: called
      ? "the proof sends no DELETE with a right credential"
      : gate.auth.mode === "custom"
        ? "your own authorizer knows the callers; give `proof-token` to have this checked"
        : "no consumer may call it today",
  };
}
