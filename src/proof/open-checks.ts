// The checks that a gate lets the right callers through. Pure.
import type { Gate, HttpMethod, Route } from "../gate/gate.ts";
import { openCallOf } from "./callers.ts";
import type { PlanOptions } from "./callers.ts";
import type { Check } from "./check.ts";
import { samplePath } from "./paths.ts";

/** Per upstream: a right credential reaches it, and where it is to stream, the answer comes in pieces. */
export function openChecks(gate: Gate, options: PlanOptions): Check[] {
  return gate.upstreams.flatMap((upstream) => {
    const routes = gate.routes.filter(
      (route) => route.upstream === upstream.name,
    );
    const open =
      openCheck(gate, routes, options) ?? impossible(gate, routes, options);
    const reached: Check = {
      ...open,
      id: `open ${upstream.name}`,
      title: `${open.title} reaches ${upstream.name}`,
    };
    const streamed = routes.filter((route) => route.stream);
    if (streamed.length === 0) return [reached];
    const stream =
      openCheck(gate, streamed, options) ?? impossible(gate, streamed, options);
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

/** With several token headers, the built-in authorizer reads each: the second one stands for all behind the first. */
export function secondHeaderChecks(gate: Gate, options: PlanOptions): Check[] {
  const [, header] = gate.tokenHeaders;
  if (header === undefined || gate.auth.mode === "custom") return [];
  const open = openCheck(gate, gate.routes, options);
  return open
    ? [
        {
          ...open,
          id: `header ${header}`,
          title: `${open.title} in ${header}`,
          header,
        },
      ]
    : [];
}

/** The first of the routes that somebody may call, asked as that caller. */
function openCheck(
  gate: Gate,
  routes: readonly Route[],
  options: PlanOptions,
): Check | undefined {
  for (const route of routes)
    for (const method of harmlessMethods) {
      if (!route.methods.includes(method)) continue;
      const call = openCallOf(gate, route, method, options);
      if (!call) continue;
      const { credential } = call;
      const who =
        typeof credential === "object" ? credential.consumer : "your token";
      return {
        id: route.path,
        title: `${method} ${route.path} as ${who}`,
        ...call,
        expect: "reached",
      };
    }
  return undefined;
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
  const called = routes.some(
    (one) =>
      one.methods.includes("DELETE") &&
      openCallOf(gate, one, "DELETE", options),
  );
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
