// The calls of a gate that the proof may make with a right credential, and the consumer each is made for.
import { matchesPath } from "../../contract/path-template.ts";
import {
  type Consumer,
  type Gate,
  type Grant,
  type HttpMethod,
  isHttp,
  type Route,
  upstreamOf,
} from "../gate/gate.ts";
import { grantsFor } from "../gate/grants.ts";
import { websocketPaths } from "../gate/openapi/websockets.ts";
import { greedyParameterOf } from "../gate/paths.ts";
import { type AskedBelow, questionsOf } from "../gate/upstream-kinds.ts";
import type { AskedUpstream, Credential } from "./check.ts";

export interface Callers {
  /** Whether the user gave a token for the positive checks of a custom authorizer. */
  readonly proofToken: boolean;
  /** The day of the run in UTC, `2027-06-30`: an expired consumer proves nothing, nor does a disabled one. */
  readonly today: string;
}

export interface Call {
  readonly method: HttpMethod;
  /** Without a query. */
  readonly path: string;
}

/** A call that a caller may make. */
export interface OpenCall extends Call {
  readonly route: Route;
  /** With its question mark, or empty. */
  readonly search: string;
  readonly credential: Credential;
  readonly asked: AskedUpstream["asked"];
}

/** @returns the call of these routes that tells most of what is behind them; undefined when the proof may make none. */
export function findOpenCall(
  gate: Gate,
  routes: readonly Route[],
  callers: Callers,
): OpenCall | undefined {
  const question = findQuestion(gate, routes, callers);
  if (question !== undefined) return question;
  for (const route of routes)
    for (const method of harmlessMethodsOf(gate, route)) {
      if (!route.methods.includes(method)) continue;
      const call = openCallOf(gate, route, method, callers);
      if (call !== undefined) return call;
    }
  return undefined;
}

function findQuestion(
  gate: Gate,
  routes: readonly Route[],
  callers: Callers,
): OpenCall | undefined {
  const questions = routes
    .flatMap((route) => {
      const upstream = upstreamOf(gate, route);
      if (!isHttp(upstream)) return [];
      const { credential, kind, query, url } = upstream;
      const secret = credential?.secret;
      const models = secret?.store === "bedrock" ? secret.models : [];
      return questionsOf({ kind, models, query, url }).map((question) => ({
        ...question,
        route,
      }));
    })
    // A GET before a POST, whichever route has it.
    .toSorted((one, other) => one.method.localeCompare(other.method));
  for (const { route, search, ...question } of questions) {
    const path = pathTo(question, route);
    if (path === undefined) continue;
    const call = { method: question.method, path };
    const asks = ({ upstream }: Route) => upstream === route.upstream;
    if (!routesAt(gate, call).every(asks)) continue;
    const credential = callerOf(gate, call, callers);
    if (credential !== undefined)
      return { ...call, route, search, credential, asked: "question" };
  }
  return undefined;
}

/** @returns the path of the gate by which the route asks the question; undefined when it does not. */
function pathTo(
  { method, path }: Omit<AskedBelow, "search">,
  route: Route,
): string | undefined {
  if (!route.methods.includes(method)) return undefined;
  const sample = samplePath(route.path);
  if (greedyParameterOf(route.path) === undefined)
    return path === "" ? sample : undefined;
  const above = sample.slice(0, sample.lastIndexOf("/"));
  return path === "" ? undefined : above + path;
}

/** DELETE is never sent with a right credential; the empty POST that AI services refuse with 400 costs nothing. */
const harmlessMethods: readonly HttpMethod[] = [
  "GET",
  "POST",
  "HEAD",
  "PUT",
  "PATCH",
];

function harmlessMethodsOf(gate: Gate, route: Route): readonly HttpMethod[] {
  switch (upstreamOf(gate, route).kind) {
    // An empty POST runs a function of the user's all the same: only what promises to change nothing is sent there.
    case "lambda":
      return ["GET", "HEAD"];
    // A GET opens a stream that may never say anything.
    case "mcp":
      return ["POST"];
    default:
      return harmlessMethods;
  }
}

/** A call of the route that a caller may make, and who; undefined when no caller may. */
export function openCallOf(
  gate: Gate,
  route: Route,
  method: HttpMethod,
  callers: Callers,
): OpenCall | undefined {
  const found = (
    { exactly }: Partial<Grant>,
    path: string,
    credential: Credential,
  ): OpenCall => {
    const isNamed = path === exactly || path === route.path;
    const asked = isNamed ? "named-path" : "made-up-path";
    return { method, path, route, search: "", credential, asked };
  };
  if (gate.auth.mode === "custom")
    return callers.proofToken
      ? found({}, samplePath(route.path), "proof-token")
      : undefined;
  for (const consumer of active(gate, callers))
    for (const grant of grantsFor(consumer.access, route.path, method)) {
      const call = { method, path: pathInside(grant) };
      if (mayMake(gate, consumer, call))
        return found(grant, call.path, { consumer: consumer.id });
    }
  return undefined;
}

/** Who may make the call; undefined when nobody may whose credential the proof has. */
function callerOf(
  gate: Gate,
  call: Call,
  callers: Callers,
): Credential | undefined {
  if (gate.auth.mode === "custom")
    return callers.proofToken ? "proof-token" : undefined;
  const consumer = active(gate, callers).find((one) =>
    mayMake(gate, one, call),
  );
  return consumer && { consumer: consumer.id };
}

/** Whichever route takes the call. */
function mayMake(gate: Gate, consumer: Consumer, call: Call): boolean {
  const routes = routesAt(gate, call);
  return (
    routes.length > 0 && routes.every((route) => mayCall(consumer, route, call))
  );
}

const pathInside = ({ below, exactly, route }: Grant): string =>
  exactly ??
  (below === undefined ? samplePath(route) : `${below}/ai-gate-proof`);

/**
 * The consumers who pass on the day of the run, those who pass from anywhere first; the proof's credential stands for whatever they
 * are known by.
 */
export const active = (gate: Gate, { today }: Callers): readonly Consumer[] =>
  gate.consumers
    .filter(
      ({ disabled, expires }) => !disabled && (!expires || expires >= today),
    )
    .toSorted(
      (one, other) =>
        Number(one.network !== undefined) - Number(other.network !== undefined),
    );

export const mayCall = (
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

export const callOf = (route: Route, method: HttpMethod): Call => ({
  method,
  path: samplePath(route.path),
});

/**
 * The routes that could take a call: a literal one does before all others. API Gateway falls back to a wider route when a
 * closer one lacks the method. None where the gate answers itself.
 */
export function routesAt(gate: Gate, asked: Call): readonly Route[] {
  if (asked.method === "GET" && websocketPaths(gate).includes(asked.path))
    return [];
  const fitting = gate.routes.filter(
    (route) =>
      route.methods.includes(asked.method) &&
      matchesPath(route.path, asked.path),
  );
  const literal = fitting.filter(({ path }) => path === asked.path);
  return literal.length > 0 ? literal : fitting;
}
