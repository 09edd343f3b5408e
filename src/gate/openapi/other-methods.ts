// A call of a known path with a method that no route takes there: API Gateway itself answers 405 and names the methods. Without it,
// the answer would be the 404 of an unknown path. Nothing is behind such an operation, so it needs no authorizer. A GET that asks for a
// WebSocket is 426 there.
import { matchesPath } from "../../../contract/path-template.ts";
import { type Gate, type HttpMethod, httpMethods } from "../gate.ts";
import { greedyParameterOf, segmentsOf } from "../paths.ts";
import {
  errorBody,
  errorHeader,
  errorValue,
  exposedBy,
  requestIds,
} from "./gateway-responses.ts";
import { mockOperation } from "./openapi-cors.ts";
import { isHandshake, websocketPaths } from "./websockets.ts";

/** The gate's own answer to whoever asks whether it is up. */
export const healthPath = "/healthz";

type Routes = readonly {
  readonly path: string;
  readonly methods: readonly HttpMethod[];
}[];

const withHealth = ({ routes }: Pick<Gate, "routes">): Routes => [
  ...routes,
  { path: healthPath, methods: ["GET", "HEAD"] },
];

/** The methods that every call of the path may have: API Gateway takes one that the path lacks to a wider route. */
export function methodsOn(
  gate: Pick<Gate, "routes" | "upstreams">,
  path: string,
): HttpMethod[] {
  const isOwn = websocketPaths(gate).includes(path);
  const taken = new Set(
    routesMeeting(gate, path)
      .filter((route) => covers(route.path, path))
      .flatMap(({ methods }) => methods),
  );
  return httpMethods.filter(
    (method) => taken.has(method) && !(isOwn && method === "GET"),
  );
}

type Answering = Pick<Gate, "cors" | "routes" | "upstreams">;

/**
 * @returns operations for the methods that no route takes on the path: one for all of them, which catches what has no operation of its
 * own (developer guide, "x-amazon-apigateway-any-method object"), or one for each where some calls go to a wider route.
 */
export function otherMethods(gate: Answering, path: string, marker: string) {
  const methods = methodsOn(gate, path);
  const free = freeMethods(gate, path);
  const answer = (takesHandshake: boolean) =>
    answerOf(gate, { methods, marker, takesHandshake });
  if (free.length > 1 && free.length + countOwn(gate, path) === all.length)
    return [
      ["x-amazon-apigateway-any-method", answer(free.includes("GET"))] as const,
    ];
  return free.map(
    (method) => [method.toLowerCase(), answer(method === "GET")] as const,
  );
}

const all = [...httpMethods, "OPTIONS"] as const;

/** How many methods of the path have an operation of their own. */
function countOwn(gate: Answering, path: string): number {
  const taken = withHealth(gate)
    .filter((route) => route.path === path)
    .flatMap((route) => route.methods);
  return new Set(taken).size + (hasPreflight(gate, path) ? 1 : 0);
}

/**
 * Method and path of these operations, as a policy names them, where no call that a route takes could be named so: a `*` of a policy
 * stands for slashes too.
 */
export const openMethods = (gate: Answering): string[] =>
  [...new Set(withHealth(gate).map(({ path }) => path))].flatMap((path) =>
    freeMethods(gate, path)
      .filter((method) => method !== "OPTIONS")
      .filter((method) => isNamedAlone(gate, path, method))
      .map((method) => `${method}${path.replaceAll(/\{[^{}]+\}/g, "*")}`),
  );

function isNamedAlone({ routes }: Answering, path: string, method: HttpMethod) {
  const start = literalStart(path);
  const segments = segmentsOf(path);
  return withHealth({ routes })
    .filter(({ methods }) => methods.includes(method))
    .every((route) => {
      if (start === path) return !meets(segmentsOf(route.path), segments);
      const other = literalStart(route.path);
      return !start.startsWith(other) && !other.startsWith(start);
    });
}

/** `/a/` of `/a/{b}/c` */
const literalStart = (path: string): string => path.replace(/\{.*$/s, "");

function freeMethods(gate: Answering, path: string) {
  const routes = routesMeeting(gate, path);
  const free = httpMethods.filter((method) => isFree(routes, path, method));
  const own = websocketPaths(gate).includes(path) ? (["GET"] as const) : [];
  // All else goes to the route around it.
  if (!routes.some((route) => route.path === path)) return own;
  const preflight = hasPreflight(gate, path) ? [] : (["OPTIONS"] as const);
  return [...own, ...free, ...preflight];
}

const hasPreflight = (gate: Answering, path: string): boolean =>
  gate.cors !== undefined && path !== healthPath;

/** Whether no call is kept from a route that is met here: one that takes the method is closer, and API Gateway prefers it. */
const isFree = (met: Routes, path: string, method: HttpMethod): boolean =>
  met.every(
    (route) =>
      !route.methods.includes(method) ||
      (route.path !== path && covers(path, route.path)),
  );

/** Whether all paths of the narrow template are paths of the wide one. */
const covers = (wide: string, narrow: string): boolean =>
  matchesPath(wide, narrow) && (isGreedy(wide) || !isGreedy(narrow));

const isGreedy = (path: string): boolean =>
  greedyParameterOf(path) !== undefined;

/** Of these alone can a call of the path be. */
function routesMeeting(gate: Pick<Gate, "routes">, path: string): Routes {
  const segments = segmentsOf(path);
  return withHealth(gate).filter((route) =>
    meets(segmentsOf(route.path), segments),
  );
}

/** Whether there is a path of both templates, which are given by their segments. */
function meets(some: readonly string[], others: readonly string[]): boolean {
  for (const [at, segment] of some.entries()) {
    const counterpart = others[at];
    if (counterpart === undefined) return false;
    if (segment.endsWith("+}") || counterpart.endsWith("+}")) return true;
    const isLiteral = !segment.startsWith("{") && !counterpart.startsWith("{");
    if (isLiteral && segment !== counterpart) return false;
  }
  return some.length === others.length;
}

const name = "METHOD_NOT_ALLOWED";

/** What clients send by themselves, so that they see the 405; another type is a 415. */
const types = [
  "application/json",
  "application/octet-stream",
  "application/x-www-form-urlencoded",
  "multipart/form-data",
  "text/plain",
];

interface Facts {
  readonly methods: readonly HttpMethod[];
  readonly marker: string;
  /** No other method can ask for a WebSocket. */
  readonly takesHandshake: boolean;
}

function answerOf(
  gate: Pick<Gate, "cors" | "upstreams">,
  { marker, methods, takesHandshake }: Facts,
) {
  const reply = (status: string, code: string, message: string) => ({
    status,
    headers: {
      Allow: `'${methods.join(", ")}'`,
      [errorHeader]: `'${errorValue(code, marker)}'`,
      "x-should-retry": "'false'",
      ...requestIds,
      ...(gate.cors && {
        "Access-Control-Expose-Headers": `'${["Allow", ...exposedBy(gate)].join(",")}'`,
      }),
    },
    body: errorBody(gate, {
      name: code,
      type: "invalid_request_error",
      message,
    }),
  });
  const list = methods.join(", ");
  return mockOperation({
    description: "No route takes this method",
    cors: gate.cors,
    types,
    ...reply("405", name, `No route takes this method here: use ${list}.`),
    ...(takesHandshake && {
      instead: {
        description: "The gate takes no WebSocket",
        when: isHandshake,
        ...reply(
          "426",
          "WEBSOCKET",
          `The gate does not take WebSocket calls: use HTTP (${list}).`,
        ),
      },
    }),
  });
}
