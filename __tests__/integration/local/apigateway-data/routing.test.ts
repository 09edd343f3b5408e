import { findRoute } from "../../../../local/apigateway/data/routing.ts";
import {
  closeAll,
  mock,
  record,
  resources,
  serve,
} from "../../../fixtures/data-plane.ts";

/** Resources written as `GET /path`. */
const api = (...routes: string[]) => {
  const paths: Record<string, Record<string, object>> = {};
  for (const route of routes) {
    const [verb = "", path = ""] = route.split(" ");
    paths[path] = { ...paths[path], [verb]: {} };
  }
  return resources(paths).values();
};

describe("routing (conformance §4.1)", () => {
  const under = "/part1/hardcoded-value";
  test.each<[string, string[], string, string | undefined]>([
    [
      "literal beats greedy",
      ["GET /{param+}", "GET /part1"],
      "GET /part1",
      "/part1",
    ],
    [
      "literal child beats greedy",
      ["GET /{param+}", "GET /part1", `GET ${under}`],
      `GET ${under}`,
      under,
    ],
    [
      "falls back up to the root greedy",
      ["GET /{param+}", "GET /part1"],
      "GET /part1/random",
      "/{param+}",
    ],
    [
      "verb-aware fall-back",
      ["POST /test", "OPTIONS /{proxy+}"],
      "OPTIONS /test",
      "/{proxy+}",
    ],
    [
      "ANY on the literal beats a verb on greedy",
      ["ANY /test/any", "OPTIONS /{proxy+}"],
      "OPTIONS /test/any",
      "/test/any",
    ],
    ["over a variable", ["GET /a/{id}", "GET /a/b"], "GET /a/b", "/a/b"],
    [
      "variable beats greedy",
      ["GET /a/{rest+}", "GET /a/{id}"],
      "GET /a/b",
      "/a/{id}",
    ],
    ["trailing slash ignored", ["GET /a"], "GET /a/", "/a"],
    ["leading double slash ignored", ["GET /a"], "GET //a", "/a"],
    ["the root", ["GET /"], "GET /", "/"],
    ["unknown path", ["GET /a"], "GET /b", undefined],
    ["known path, other verb", ["GET /a"], "POST /a", undefined],
    ["HEAD is not GET", ["GET /a"], "HEAD /a", undefined],
    ["HEAD is one of ANY", ["ANY /a"], "HEAD /a", "/a"],
    ["an unknown verb is not", ["ANY /a"], "PROPFIND /a", undefined],
    ["no decoding", ["GET /health"], "GET /h%65alth", undefined],
    ["case counts", ["GET /health"], "GET /Health", undefined],
    ["an inner double slash counts", ["GET /a/b"], "GET /a//b", undefined],
    ["two trailing slashes", ["GET /a"], "GET /a//", undefined],
    ["no empty variable", ["GET /{a}/b"], "GET //b", undefined],
    ["no empty greedy one", ["GET /a/{proxy+}"], "GET /a//", undefined],
    ["nothing for greedy", ["GET /a/{proxy+}"], "GET /a/", undefined],
    ["a literal brace", ["GET /{proxy+}"], "GET /{proxy+}", "/{proxy+}"],
    [
      "no dot segments are resolved",
      ["GET /a/{proxy+}", "GET /b"],
      "GET /a/../b",
      "/a/{proxy+}",
    ],
    ["nothing is below a leaf", ["GET /a"], "GET /a/b", undefined],
  ])("%s: %j, %s", (_name, routes, asked, expected) => {
    const [verb = "", path = ""] = asked.split(" ");
    expect(findRoute(api(...routes), verb, path)?.resource.path).toBe(expected);
  });

  test("a verb of its own is preferred to ANY on the same resource", () => {
    const route = findRoute(api("ANY /a", "GET /a"), "GET", "/a");
    expect(route?.method.httpMethod).toBe("GET");
  });

  const alias = "test%2Balias@gmail.com/plus/test+alias@gmail.com";
  test.each([
    ["/proxy-value/", "proxy-value"],
    ["/proxy-value//double-slash", "proxy-value//double-slash"],
    ["//proxy-value", "proxy-value"],
    [`/${alias}`, alias],
    ["/a/%2e%2e/b", "a/%2e%2e/b"],
  ])("greedy value of %s (conformance §5)", (path, value) => {
    const route = findRoute(api("GET /{proxy+}"), "GET", path);
    expect(route?.pathParameters).toEqual({ proxy: value });
  });

  test("variables on the way keep their values", () => {
    const route = findRoute(api("GET /{a}/x/{b}/{c+}"), "GET", "/1/x/2/3/4");
    expect(route?.pathParameters).toEqual({ a: "1", b: "2", c: "3/4" });
  });
});

describe("what the client sees", () => {
  afterEach(closeAll);
  const known = { "/known": { GET: mock() } };

  test.each([
    ["unknown path", "GET", "/v1/nope"],
    ["known path, undefined verb", "POST", "/v1/known"],
  ])("%s: 403 Missing Authentication Token", async (_name, method, path) => {
    const { ask } = await serve(record(known));
    expect(await ask(method, path)).toMatchObject({
      status: 403,
      body: '{"message":"Missing Authentication Token"}',
      headers: { "x-amzn-errortype": "MissingAuthenticationTokenException" },
    });
  });

  const gone = { stage: { deploymentId: "gone" } };
  test.each([
    ["an unknown stage", "/v2/known", {}],
    ["a stage whose deployment is gone", "/v1/known", gone],
  ])("%s: 403 Forbidden", async (_name, path, change) => {
    const { ask } = await serve(record(known, change));
    expect(await ask("GET", path)).toMatchObject({
      status: 403,
      body: '{"message":"Forbidden"}',
    });
  });

  test("the deployment is served, not the live API (conformance §3)", async () => {
    const made = record(known);
    const [added] = resources({ "/new": { GET: mock() } }).values();
    made.record.parts.resources.set("new", added!);
    const { ask } = await serve(made);
    expect([
      (await ask("GET", "/v1/known")).status,
      (await ask("GET", "/v1/new")).status,
    ]).toEqual([200, 403]);
  });

  test("the execute-api address can be switched off", async () => {
    const made = record(known, { api: { disableExecuteApiEndpoint: true } });
    const { ask } = await serve(made);
    const at = async (host: string) =>
      (await ask("GET", "/v1/known", { headers: { host } })).status;
    expect(await at("api1.execute-api.eu-west-1.amazonaws.com")).toBe(403);
    expect(await at("ai.example.com")).toBe(200);
  });
});
