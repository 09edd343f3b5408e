// The operations that answer 405: one for each method that no route takes on the path, and none that hides a route.
import { findRoute } from "../../../local/apigateway/data/routing.ts";
import type { Method, Resource } from "../../../local/apigateway/model.ts";
import { httpMethods, type HttpMethod } from "../../../src/gate/gate.ts";
import {
  methodsOn,
  openMethods,
  otherMethods,
} from "../../../src/gate/openapi/other-methods.ts";
import { globMatches } from "../../../local/apigateway/data/policy.ts";
import { fc } from "../../fixtures/fast-check.ts";

const marker = "0123456789abcdef";

interface TestRoute {
  readonly path: string;
  readonly methods: readonly HttpMethod[];
}

const gateOf = (routes: readonly TestRoute[]) => ({
  upstreams: [
    {
      name: "a",
      kind: "mock",
      status: 200,
      contentType: "text/plain",
      body: "",
      tokenHeaders: [],
    } as const,
  ],
  routes: routes.map((route) => ({
    ...route,
    upstream: "a",
    stream: true,
    timeout: 1,
  })),
});

const route = (path: string, ...methods: HttpMethod[]): TestRoute => ({
  path,
  methods,
});

/** As API Gateway has them after the import. */
const verbOf = (operation: string) =>
  operation === "x-amazon-apigateway-any-method"
    ? "ANY"
    : operation.toUpperCase();

const othersOf = (path: string, ...routes: TestRoute[]) =>
  otherMethods(gateOf(routes), path, marker)
    .map(([operation]) => verbOf(operation))
    .join(" ");

test.each<[string, string, TestRoute[], string]>([
  ["alone", "/a", [route("/a", "GET")], "ANY"],
  ["every method", "/a", [route("/a", ...httpMethods)], "OPTIONS"],
  [
    "two routes of one path",
    "/a",
    [route("/a", "GET"), route("/a", "POST")],
    "ANY",
  ],
  [
    "a wider route has POST",
    "/a/b",
    [route("/a/b", "GET"), route("/a/{p+}", "POST")],
    "PUT PATCH DELETE HEAD OPTIONS",
  ],
  [
    "a closer route has POST",
    "/a/{p+}",
    [route("/a/b", "POST"), route("/a/{p+}", "GET")],
    "ANY",
  ],
  [
    "a route that is met on some paths has POST",
    "/a/{x}/c",
    [route("/a/{x}/c", "GET"), route("/a/b/{p+}", "POST")],
    "PUT PATCH DELETE HEAD OPTIONS",
  ],
  [
    "a route that is met on some paths has GET",
    "/a/b/{p+}",
    [route("/a/{x}/c", "GET"), route("/a/b/{p+}", "POST")],
    "PUT PATCH DELETE HEAD OPTIONS",
  ],
  [
    "another path",
    "/a",
    [route("/a", "GET"), route("/b", "POST"), route("/a/b", "PUT")],
    "ANY",
  ],
  ["health", "/healthz", [route("/{p+}", "POST")], "PUT PATCH DELETE OPTIONS"],
])("%s: %s has 405 for the rest", (_what, path, routes, expected) => {
  expect(othersOf(path, ...routes)).toBe(expected);
});

test("with CORS, OPTIONS is the preflight", () => {
  const gate = { ...gateOf([route("/a", "GET")]), cors: { origins: ["*"] } };
  const others = (path: string) =>
    otherMethods(gate, path, marker).map(([operation]) => verbOf(operation));
  // Beside the preflight, which has an operation of its own.
  expect(others("/a")).toEqual(["ANY"]);
  const narrow = gateOf([route("/a/b", "GET"), route("/a/{p+}", "POST")]);
  const below = otherMethods({ ...narrow, cors: gate.cors }, "/a/b", marker);
  expect(below.map(([operation]) => verbOf(operation))).not.toContain(
    "OPTIONS",
  );
});

test("what is named are the methods of the path and of wider routes", () => {
  const gate = gateOf([
    route("/a/b", "GET"),
    route("/a/{p+}", "POST"),
    route("/a/b/c", "DELETE"),
  ]);
  expect(methodsOn(gate, "/a/b")).toEqual(["GET", "POST"]);
  const [, operation] = otherMethods(gate, "/a/b", marker)[0]!;
  const { responses } = operation["x-amazon-apigateway-integration"];
  expect(responses.default.responseParameters).toEqual({
    "method.response.header.Allow": "'GET, POST'",
    "method.response.header.x-ai-gate-error": `'METHOD_NOT_ALLOWED ${marker}'`,
    "method.response.header.x-should-retry": "'false'",
    "method.response.header.x-request-id": "context.requestId",
    "method.response.header.request-id": "context.requestId",
  });
  expect(
    JSON.parse(responses.default.responseTemplates?.["application/json"] ?? ""),
  ).toEqual({
    type: "error",
    error: {
      message: "No route takes this method here: use GET, POST.",
      type: "invalid_request_error",
      code: "method_not_allowed",
    },
  });
});

const word = fc.constantFrom("a", "b", "c");

/** One name a depth: API Gateway takes only one parameter of a parent. */
const template = fc
  .tuple(
    fc.array(fc.oneof(word, fc.constant("{}")), { maxLength: 3 }),
    fc.boolean(),
  )
  .map(([parts, greedy]) => {
    const named = parts.map((part, at) => (part === "{}" ? `{p${at}}` : part));
    return `/${[...named, ...(greedy ? ["{rest+}"] : [])].join("/")}`;
  })
  .filter((path) => path !== "/");

/** Beside `{p0}` there is no `{rest+}`, on the way to other routes neither. */
const hasSiblings = (paths: readonly string[]): boolean => {
  const variables = new Map<string, string>();
  return paths.some((path) => {
    const parts = path.split("/");
    return parts.some((part, at) => {
      if (!part.startsWith("{")) return false;
      const parent = parts.slice(0, at).join("/");
      const known = variables.get(parent) ?? part;
      variables.set(parent, known);
      return known !== part;
    });
  });
};

const routes = fc
  .uniqueArray(
    fc.record({
      path: template,
      methods: fc.uniqueArray(fc.constantFrom(...httpMethods), {
        minLength: 1,
        maxLength: 3,
      }),
    }),
    { minLength: 1, maxLength: 6, selector: ({ path }) => path },
  )
  .filter((list) => !hasSiblings(list.map(({ path }) => path)));

const resource = (path: string, methods: readonly string[]): Resource => ({
  id: path,
  path,
  methods: new Map(methods.map((one) => [one, {} as Method])),
});

test("no answer of 405 stands before a route", () => {
  const counts = { routed: 0, refused: 0, unknown: 0 };
  const calls = fc.record({
    list: routes,
    method: fc.constantFrom(...httpMethods, "OPTIONS"),
    segments: fc.array(fc.oneof(word, fc.constant("d")), {
      minLength: 1,
      maxLength: 5,
    }),
  });
  fc.assert(
    fc.property(calls, ({ list, method, segments }) => {
      const path = `/${segments.join("/")}`;
      const own = list.map((one) => resource(one.path, one.methods));
      const all = list.map((one) =>
        resource(one.path, [
          ...one.methods,
          ...otherMethods(gateOf(list), one.path, marker).map(([operation]) =>
            verbOf(operation),
          ),
        ]),
      );
      const route = findRoute(own, method, path);
      const found = findRoute(all, method, path);
      if (route) {
        counts.routed += 1;
        expect(found?.resource.path).toBe(route.resource.path);
        expect(found?.pathParameters).toEqual(route.pathParameters);
      } else counts[found ? "refused" : "unknown"] += 1;
    }),
    { numRuns: 3000 },
  );
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(100);
});

test.each<[string, TestRoute[], string[]]>([
  [
    "a literal path",
    [route("/a", "GET"), route("/b", "POST")],
    ["POST/a", "GET/b", "POST/healthz"],
  ],
  [
    "a path with parameters that is alone in front",
    [route("/a/{x}/c", "GET"), route("/b/{p+}", "POST")],
    ["POST/a/*/c", "GET/b/*", "POST/healthz"],
  ],
  [
    "a pattern that holds another route's path",
    [route("/a/{p+}", "GET"), route("/a/b", "POST")],
    ["POST/healthz"],
  ],
  ["a route around all", [route("/a", "GET"), route("/{p+}", "POST")], []],
])("a policy can name the 405 of %s", (_what, list, expected) => {
  const used = new Set<string>(list.flatMap(({ methods }) => methods));
  expect(
    openMethods(gateOf(list)).filter((call) =>
      used.has(call.replace(/\/.*/, "")),
    ),
  ).toEqual(expected);
});

test("no name of a 405 in a policy is that of a call which a route takes", () => {
  const counts = { routed: 0, open: 0 };
  const calls = fc.record({
    list: routes,
    method: fc.constantFrom(...httpMethods),
    segments: fc.array(fc.oneof(word, fc.constant("d")), {
      minLength: 1,
      maxLength: 5,
    }),
  });
  fc.assert(
    fc.property(calls, ({ list, method, segments }) => {
      const path = `/${segments.join("/")}`;
      const own = list.map((one) => resource(one.path, one.methods));
      const isOpen = openMethods(gateOf(list)).some((pattern) =>
        globMatches(pattern, method + path),
      );
      const isRouted = findRoute(own, method, path) !== undefined;
      expect(isOpen && isRouted).toBe(false);
      counts.routed += Number(isRouted);
      counts.open += Number(isOpen);
    }),
    { numRuns: 3000 },
  );
  expect(Math.min(...Object.values(counts))).toBeGreaterThan(100);
});
