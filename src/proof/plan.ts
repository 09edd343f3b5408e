// The checks of a gate, planned from its model alone.
import { matchesPath } from "../../contract/path-template.ts";
import {
  type Consumer,
  type Gate,
  type Grant,
  type HttpMethod,
  type Route,
  upstreamOf,
} from "../gate/gate.ts";
import { grantsFor } from "../gate/grants.ts";
import type { Check, Credential } from "./check.ts";

/** A path with the methods that it does not answer any more. */
export type RemovedRoute = Pick<Route, "path" | "methods">;

export interface PlanOptions {
  /** Routes and methods that were on the gate before this `up` and are not any more. */
  readonly removedRoutes: readonly RemovedRoute[];
  /** Whether the user gave a token for the positive checks of a custom authorizer. */
  readonly proofToken: boolean;
  /** The day of the run in UTC, `2027-06-30`: an expired consumer proves nothing, nor does a disabled one. */
  readonly today: string;
}

interface Call {
  readonly method: HttpMethod;
  readonly path: string;
}

/** The checks of a gate, the ones that show it closed first. */
export function planProof(gate: Gate, options: PlanOptions): readonly Check[] {
  return [
    ...closedChecks(gate),
    ...removedChecks(gate, options.removedRoutes),
    ...unknownChecks(gate),
    healthCheck,
    ...deniedChecks(gate, options),
    ...modelChecks(gate, options),
    ...openChecks(gate, options),
    ...secondHeaderChecks(gate, options),
  ];
}

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
  const [first] = closed;
  const [route] = gate.routes;
  if (!first || !route) return [];
  const wrong: Check = {
    ...first,
    header: headerOf(gate, route),
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

/** The gate no longer knows the route; or, where a wider route takes the call now, it asks for a credential. */
function removedChecks(gate: Gate, removed: readonly RemovedRoute[]): Check[] {
  return removed.flatMap(({ path, methods }) =>
    methods.map((method) => {
      const asked = { method, path: samplePath(path) };
      const covered = routesAt(gate, asked).length > 0;
      const isPath = gate.routes.some((route) =>
        matchesPath(route.path, asked.path),
      );
      return {
        id: `removed ${method} ${path}`,
        title: `${method} ${path}, removed`,
        ...asked,
        credential: "none" as const,
        expect: covered ? "gone-or-guarded" : isPath ? "gone" : "unknown",
      };
    }),
  );
}

/** One path that no route matches; none when a route takes everything. */
function unknownChecks(gate: Gate): Check[] {
  const path = [
    "/ai-gate-proof-unknown",
    "/ai-gate-proof/unknown",
    "/ai-gate-proof/unknown/route/of/many/parts",
  ].find((one) => !gate.routes.some((route) => matchesPath(route.path, one)));
  const asked = {
    method: "GET",
    credential: "none",
    expect: "unknown",
  } as const;
  return path === undefined
    ? []
    : [{ id: "unknown", title: "a route that is not there", path, ...asked }];
}

const healthCheck: Check = {
  id: "health",
  title: "GET /healthz",
  method: "GET",
  path: "/healthz",
  credential: "none",
  expect: "healthy",
};

/** For every access list that does not cover everything, one call outside it. Consumers with the same list count once. */
function deniedChecks(gate: Gate, options: PlanOptions): Check[] {
  const byAccess = new Map(
    active(gate, options)
      .toReversed()
      .map((consumer) => [JSON.stringify(consumer.access), consumer]),
  );
  const calls = gate.routes.flatMap((route) =>
    route.methods.map((method) => ({ route, ...callOf(route, method) })),
  );
  return [...byAccess.values()].toReversed().flatMap((consumer) => {
    const outside = calls.find((call) =>
      routesAt(gate, call).every((route) => !mayCall(consumer, route, call)),
    );
    if (!outside) return [];
    const { method, path, route } = outside;
    return [
      {
        id: `denied ${consumer.id}`,
        title: `${method} ${route.path} as ${consumer.id}, who may not call it`,
        method,
        path,
        credential: { consumer: consumer.id },
        header: headerOf(gate, route),
        expect: "denied" as const,
      },
    ];
  });
}

/** Of each route that limits models: another one is refused, and so is a body that API Gateway would not look at. */
function modelChecks(gate: Gate, options: PlanOptions): Check[] {
  const limited = gate.routes.filter(({ models }) => models !== undefined);
  return limited.flatMap((route) => {
    const open = openCheck(gate, [route], options);
    const name = `${open.method} ${route.path}`;
    const body = bodyNaming("ai-gate-proof");
    return [
      {
        ...open,
        id: `model ${name}`,
        title: `${open.title} with another model`,
        body,
        expect: "bad-body",
      },
      {
        ...open,
        id: `body ${name}`,
        title: `${open.title} with another type of body`,
        body: { ...body, type: "text/plain" },
        expect: "denied",
      },
    ] as const;
  });
}

const bodyNaming = (model: string) => ({
  type: "application/json",
  text: JSON.stringify({ model }),
});

/** Per upstream: a right credential reaches it, and where it is to stream, the answer comes in pieces. */
function openChecks(gate: Gate, options: PlanOptions): Check[] {
  return gate.upstreams.flatMap(({ name }) => {
    const routes = gate.routes.filter(({ upstream }) => upstream === name);
    const open = openCheck(gate, routes, options);
    const reached = {
      ...open,
      id: `open ${name}`,
      title: `${open.title} reaches ${name}`,
    };
    const streamed = routes.filter(({ stream }) => stream);
    if (streamed.length === 0) return [reached];
    const stream = openCheck(gate, streamed, options);
    return [
      reached,
      {
        ...stream,
        id: `streamed ${name}`,
        title: `${stream.title} is streamed`,
        expect: "streamed" as const,
        ...(stream.method === "HEAD" && { notMade: "HEAD has no body" }),
      },
    ];
  });
}

/** With several token headers, the built-in authorizer reads each: the second one stands for all behind the first. */
function secondHeaderChecks(gate: Gate, options: PlanOptions): Check[] {
  if (gate.auth.mode === "custom") return [];
  const seconds = gate.upstreams.map(({ tokenHeaders }) => tokenHeaders[1]);
  return [...new Set(seconds)].flatMap((header) => {
    if (header === undefined) return [];
    const routes = gate.routes.filter(
      (route) => upstreamOf(gate, route).tokenHeaders[1] === header,
    );
    const open = openCheck(gate, routes, options);
    if (open.notMade !== undefined) return [];
    const title = `${open.title} in ${header}`;
    return [{ ...open, id: `header ${header}`, title, header }];
  });
}

/** The header in which the SDKs of the route's upstream send their key. */
const headerOf = (gate: Gate, route: Route): string =>
  upstreamOf(gate, route).tokenHeaders[0] ?? "Authorization";

/** The first of the routes that a caller may use, called as that caller; a check that is not made when there is none. */
function openCheck(
  gate: Gate,
  routes: readonly Route[],
  options: PlanOptions,
): Omit<Check, "id"> {
  for (const route of routes)
    for (const method of harmlessMethodsOf(gate, route)) {
      if (!route.methods.includes(method)) continue;
      const call = openCallOf(gate, route, method, options);
      if (!call) continue;
      const { credential } = call;
      const who =
        typeof credential === "object" ? credential.consumer : "your token";
      const title = `${method} ${route.path} as ${who}`;
      const header = headerOf(gate, route);
      // Without messages or input, AI services refuse it before any cost.
      const [model] = route.models ?? [];
      const body = model !== undefined && { body: bodyNaming(model) };
      return { title, ...call, header, ...body, expect: "reached" };
    }
  const [{ methods: [method = "GET"], path } = { methods: [], path: "/" }] =
    routes;
  return {
    title: `${method} ${path}`,
    method,
    path: samplePath(path),
    credential: "none",
    expect: "reached",
    notMade: whyNotOpen(gate, routes, options),
  };
}

/** DELETE is never sent with a right credential; the empty POST that AI services refuse with 400 costs nothing. */
const harmlessMethods: readonly HttpMethod[] = [
  "GET",
  "POST",
  "HEAD",
  "PUT",
  "PATCH",
];

/** An empty POST runs a function of the user's all the same: only what promises to change nothing is sent there. */
const harmlessMethodsOf = (gate: Gate, route: Route): readonly HttpMethod[] =>
  upstreamOf(gate, route).kind === "lambda" ? ["GET", "HEAD"] : harmlessMethods;

function whyNotOpen(
  gate: Gate,
  routes: readonly Route[],
  options: PlanOptions,
): string {
  const isDelete = routes.some(
    (route) =>
      route.methods.includes("DELETE") &&
      openCallOf(gate, route, "DELETE", options),
  );
  if (isDelete) return "the proof sends no DELETE with a right credential";
  const isAsked = gate.auth.mode !== "custom" || options.proofToken;
  if (
    isAsked &&
    routes.some((route) => upstreamOf(gate, route).kind === "lambda")
  )
    return "the proof runs a Lambda function by GET or HEAD only, if a caller may send it one";
  return gate.auth.mode === "custom"
    ? "your own authorizer knows the callers; give `proof-token` to have this checked"
    : "no consumer may call it today";
}

/** A call of the route that a caller may make, and who; undefined when no caller may. */
function openCallOf(
  gate: Gate,
  route: Route,
  method: HttpMethod,
  options: PlanOptions,
): (Call & { readonly credential: Credential }) | undefined {
  if (gate.auth.mode === "custom")
    return options.proofToken
      ? { ...callOf(route, method), credential: "proof-token" }
      : undefined;
  for (const consumer of active(gate, options))
    for (const grant of grantsFor(consumer.access, route.path, method)) {
      const call = { method, path: pathInside(grant) };
      if (routesAt(gate, call).every((one) => mayCall(consumer, one, call)))
        return { ...call, credential: { consumer: consumer.id } };
    }
  return undefined;
}

const pathInside = ({ below, exactly, route }: Grant): string =>
  exactly ??
  (below === undefined ? samplePath(route) : `${below}/ai-gate-proof`);

/** The consumers who pass on the day of the run; the proof's credential stands for whatever they are known by. */
const active = (gate: Gate, { today }: PlanOptions): readonly Consumer[] =>
  gate.consumers.filter(
    ({ disabled, expires }) => !disabled && (!expires || expires >= today),
  );

const mayCall = (
  { access }: Consumer,
  route: Route,
  { method, path }: Call,
): boolean =>
  grantsFor(access, route.path, method).some(
    ({ below, exactly }) =>
      (exactly === undefined || path === exactly) &&
      (below === undefined || `${path}/`.startsWith(`${below}/`)),
  );

/** A path that the template matches: `/openai/{proxy+}` becomes `/openai/ai-gate-proof`, `/jobs/{id}` `/jobs/proof`. */
export function samplePath(template: string): string {
  return template
    .replaceAll(/\{[^}]*\+\}/g, "ai-gate-proof")
    .replaceAll(/\{[^}]*\}/g, "proof");
}

const callOf = (route: Route, method: HttpMethod): Call => ({
  method,
  path: samplePath(route.path),
});

/**
 * The routes that could take a call: a literal one does before all others. API Gateway falls back to a wider route when a
 * closer one lacks the method.
 */
function routesAt(gate: Gate, asked: Call): readonly Route[] {
  const fitting = gate.routes.filter(
    (route) =>
      route.methods.includes(asked.method) &&
      matchesPath(route.path, asked.path),
  );
  const literal = fitting.filter(({ path }) => path === asked.path);
  return literal.length > 0 ? literal : fitting;
}

/** Compares the routes before an `up` with those after it, method by method. */
export function removedRoutes(
  before: readonly RemovedRoute[],
  after: readonly RemovedRoute[],
): RemovedRoute[] {
  return before.flatMap(({ path, methods }) => {
    const kept = after
      .filter((route) => route.path === path)
      .flatMap((route) => route.methods);
    const gone = methods.filter((method) => !kept.includes(method));
    return gone.length > 0 ? [{ path, methods: gone }] : [];
  });
}
