// The checks of a gate, planned from its model alone.
import { matchesPath } from "../../contract/path-template.ts";
import { type Gate, type Route, upstreamOf } from "../gate/gate.ts";
import { websocketPaths } from "../gate/openapi/websockets.ts";
import {
  active,
  type Callers,
  callOf,
  findOpenCall,
  mayCall,
  openCallOf,
  routesAt,
  samplePath,
} from "./calls.ts";
import type { Check } from "./check.ts";

/** A path with the methods that it does not answer any more. */
export type RemovedRoute = Pick<Route, "path" | "methods">;

export interface PlanOptions extends Callers {
  /** Routes and methods that were on the gate before this `up` and are not any more. */
  readonly removedRoutes: readonly RemovedRoute[];
}

/** The checks of a gate, the ones that show it closed first. */
export function planProof(gate: Gate, options: PlanOptions): readonly Check[] {
  return [
    ...closedChecks(gate),
    ...removedChecks(gate, options.removedRoutes),
    ...unknownChecks(gate),
    ...websocketChecks(gate),
    healthCheck,
    ...deniedChecks(gate, options),
    ...modelChecks(gate, options),
    ...openChecks(gate, options),
    ...secondHeaderChecks(gate, options),
    ...pageChecks(gate, options),
  ].map((check) => ({
    ...check,
    expect: expectedOf(gate, check),
    ...networkOf(gate, check),
  }));
}

/** The policy of a gate with networks answers 403 where it cannot tell the path from a route's (`openMethods`). */
const expectedOf = ({ network }: Gate, { expect }: Check): Check["expect"] =>
  expect === "gone" && network ? "gone-or-denied" : expect;

/** Whose networks may keep the call out; the proof's credential for a consumer passes from where the consumer's own does. */
function networkOf(
  gate: Gate,
  { credential, expect }: Check,
): Pick<Check, "network"> {
  if (expect === "unauthorized" || expect === "refused")
    return gate.network ? { network: "gate" } : {};
  if (typeof credential !== "object") return {};
  const { consumer } = credential;
  return gate.consumers.find(({ id }) => id === consumer)?.network
    ? { network: "consumer" }
    : {};
}

function closedChecks(gate: Gate): Check[] {
  const closed = gate.routes.flatMap((route) =>
    route.methods.map((method) => ({
      id: `closed ${method} ${route.path}`,
      title: `${method} ${route.path} without a credential`,
      shows: `nobody reaches ${route.upstream} without a credential`,
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
    shows: "a credential that the gate does not know opens nothing",
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
        shows: "what was taken off the gate is gone",
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
    id: "unknown",
    title: "a route that is not there",
    shows: "the gate has the routes of its config and no more",
  } as const;
  return path === undefined ? [] : [{ path, ...asked }];
}

/** A path whose GET needs no credential: the gate's own 405, which is 426 to a client that asks for a WebSocket. */
const websocketChecks = (gate: Gate): Check[] =>
  websocketPaths(gate).map((path) => ({
    id: `websocket ${path}`,
    title: `GET ${path}, where clients ask for a WebSocket`,
    shows: "the gate answers there itself, and nothing is behind it",
    method: "GET",
    path,
    credential: "none",
    expect: "gone",
  }));

const healthCheck: Check = {
  id: "health",
  title: "GET /healthz",
  shows: "the stage serves this gate",
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
        shows: `the \`routes\` of ${consumer.id} hold`,
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
        shows: "no other model than those of `models` is asked",
        body,
        expect: "bad-body",
      },
      {
        ...open,
        id: `body ${name}`,
        title: `${open.title} with another type of body`,
        shows: "nobody passes a body that API Gateway does not look at",
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
    const takes = open.upstream?.hasCredential
      ? ` and ${name} takes the gate's credential`
      : "";
    const reached = {
      ...open,
      id: `open ${name}`,
      title: `${open.title} reaches ${name}`,
      shows: `a known caller gets through${takes}`,
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
        shows: "the gate passes an answer on while it comes",
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
    const shows = `the gate reads ${header} too`;
    const id = `header ${header}`;
    return [{ ...open, id, title, shows, header, expect: "reached" }];
  });
}

/** The header in which the SDKs of the route's upstream send their key. */
const headerOf = (gate: Gate, route: Route): string =>
  upstreamOf(gate, route).tokenHeaders[0] ?? "Authorization";

/** A call that a caller may make; a check that is not made when there is none. */
function openCheck(
  gate: Gate,
  routes: readonly Route[],
  options: PlanOptions,
): Omit<Check, "id" | "shows"> {
  const call = findOpenCall(gate, routes, options);
  if (call === undefined) {
    const [{ methods: [method = "GET"], path } = { methods: [], path: "/" }] =
      routes;
    return {
      title: `${method} ${path}`,
      method,
      path: samplePath(path),
      credential: "none",
      expect: "accepted",
      notMade: whyNotOpen(gate, routes, options),
    };
  }
  const { asked, credential, method, path, route, search } = call;
  const who =
    typeof credential === "object" ? credential.consumer : "your token";
  const { credential: sent, kind, name } = upstreamOf(gate, route);
  // Without messages or input, AI services refuse it before any cost.
  const [model] = route.models ?? [];
  return {
    ...(model !== undefined && { body: bodyNaming(model) }),
    title: `${method} ${asked === "question" ? path : route.path} as ${who}`,
    method,
    path: path + search,
    credential,
    header: headerOf(gate, route),
    expect: "accepted",
    upstream: {
      name,
      hasCredential: sent !== undefined,
      ...(sent?.secret.store === "bedrock" && { isMinted: true }),
      ...(kind === "sagemaker" && { hasRole: true }),
      asked,
    },
  };
}

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

/** With `cors`: what a browser looks at before it sends a page's call, and before it shows the page the answer. */
function pageChecks(gate: Gate, options: PlanOptions): Check[] {
  const [route] = gate.routes;
  const [method] = route?.methods ?? [];
  if (!gate.cors || !route || !method) return [];
  const { origins } = gate.cors;
  const [origin = anyOrigin] = origins.filter((one) => one !== "*");
  const call = `${method} ${route.path}`;
  const preflight = {
    method: "OPTIONS",
    path: samplePath(route.path),
    credential: "none",
    header: headerOf(gate, route),
    preflightFor: method,
  } as const;
  const refusal = { ...callOf(route, method), credential: "none" } as const;
  const checks: Check[] = [
    {
      id: "page preflight",
      title: `preflight of ${call} from a page`,
      shows: "browsers let the page send the call with its credential",
      ...preflight,
      ...{ origin, expect: "preflight" },
    },
    {
      id: "page refusal",
      title: `${call} without a credential, from a page`,
      shows: "the page learns why the gate refuses a call",
      ...refusal,
      ...{ origin, expect: "readable-refusal" },
    },
    ...pageAnswerChecks(gate, options, origin),
  ];
  if (origins.includes("*")) return checks;
  const other = { origin: anyOrigin, expect: "no-permission" } as const;
  checks.push({
    id: "other-page preflight",
    title: `preflight of ${call} from a page of another origin`,
    shows: "browsers let pages of no origin but those of `cors` call the gate",
    ...preflight,
    ...other,
  });
  // With several origins, a gateway response can only allow any page to read it; those of others fail by the preflight.
  if (origins.length === 1)
    checks.push({
      id: "other-page refusal",
      title: `${call} without a credential, from a page of another origin`,
      shows: "the gate's own answers are for the origin of `cors`",
      ...refusal,
      ...other,
    });
  return checks;
}

/** No page has it (RFC 6761, section 6.4). */
const anyOrigin = "https://ai-gate-proof.invalid";

/** API Gateway passes an upstream's headers on, so whether a page may read an answer is the upstream's to say. */
const pageAnswerChecks = (
  gate: Gate,
  options: PlanOptions,
  origin: string,
): Check[] =>
  gate.upstreams.flatMap(({ name }) => {
    const routes = gate.routes.filter(({ upstream }) => upstream === name);
    const open = openCheck(gate, routes, options);
    if (open.notMade !== undefined) return [];
    const check: Check = {
      ...open,
      id: `page answer ${name}`,
      title: `${open.title}, from a page`,
      shows: `browsers show the page what ${name} answers`,
      origin,
      expect: "readable-answer",
    };
    return [check];
  });

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
