// A call of a known path with a method that no route takes there: API Gateway itself answers 405 and names the methods. Without it,
// the answer would be the 404 of an unknown path. Nothing is behind such an operation, so it needs no authorizer.
import { matchesPath } from "../../../contract/path-template.ts";
import { type Gate, type HttpMethod, httpMethods } from "../gate.ts";
import { greedyParameterOf, segmentsOf } from "../paths.ts";
import {
  errorBody,
  errorHeader,
  errorValue,
  exposedBy,
} from "./gateway-responses.ts";
import { mockOperation } from "./openapi-cors.ts";

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
export const methodsOn = (
  gate: Pick<Gate, "routes">,
  path: string,
): HttpMethod[] =>
  httpMethods.filter((method) =>
    withHealth(gate).some(
      (route) => covers(route.path, path) && route.methods.includes(method),
    ),
  );

/** @returns an operation for each method that no route takes on the path. */
export function otherMethods(
  gate: Pick<Gate, "cors" | "routes" | "upstreams">,
  path: string,
  marker: string,
) {
  const answer = answerOf(gate, methodsOn(gate, path), marker);
  return [...httpMethods, "OPTIONS" as const]
    .filter((method) =>
      method === "OPTIONS"
        ? !gate.cors || path === healthPath
        : isFree(withHealth(gate), path, method),
    )
    .map((method) => [method.toLowerCase(), answer] as const);
}

/** Whether no call is kept from a route: one that takes the method is not met here, or it is closer, and API Gateway prefers it. */
const isFree = (routes: Routes, path: string, method: HttpMethod): boolean =>
  routes.every(
    (route) =>
      !route.methods.includes(method) ||
      !meets(route.path, path) ||
      (route.path !== path && covers(path, route.path)),
  );

/** Whether all paths of the narrow template are paths of the wide one. */
const covers = (wide: string, narrow: string): boolean =>
  matchesPath(wide, narrow) && (isGreedy(wide) || !isGreedy(narrow));

const isGreedy = (path: string): boolean =>
  greedyParameterOf(path) !== undefined;

/** Whether there is a path of both templates. */
function meets(one: string, other: string): boolean {
  const [some, others] = [segmentsOf(one), segmentsOf(other)];
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

const answerOf = (
  gate: Pick<Gate, "cors" | "upstreams">,
  methods: readonly HttpMethod[],
  marker: string,
) =>
  mockOperation({
    description: "No route takes this method",
    status: "405",
    cors: gate.cors,
    types,
    headers: {
      Allow: `'${methods.join(", ")}'`,
      [errorHeader]: `'${errorValue(name, marker)}'`,
      "x-should-retry": "'false'",
      ...(gate.cors && {
        "Access-Control-Expose-Headers": `'${["Allow", ...exposedBy(gate)].join(",")}'`,
      }),
    },
    body: errorBody({
      name,
      type: "invalid_request_error",
      message: `No route takes this method here: use ${methods.join(", ")}.`,
    }),
  });
