import { findRoute } from "../../../../local/apigateway/data/routing.ts";
import {
  closeAll,
  mock,
  record,
  resources,
  serve,
} from "../../../fixtures/data-plane.ts";

const api = (paths: Record<string, string[]>) =>
  resources(
    Object.fromEntries(
      Object.entries(paths).map(([path, verbs]) => [
        path,
        Object.fromEntries(verbs.map((verb) => [verb, {}])),
      ]),
    ),
  ).values();

describe("routing (conformance §4.1)", () => {
  test.each<
    [string, Record<string, string[]>, string, string, string | undefined]
  >([
    [
      "literal beats greedy",
      { "/{param+}": ["GET"], "/part1": ["GET"] },
      "GET",
      "/part1",
      "/part1",
    ],
    [
      "literal child beats greedy",
      {
        "/{param+}": ["GET"],
        "/part1": ["GET"],
        "/part1/hardcoded-value": ["GET"],
      },
      "GET",
      "/part1/hardcoded-value",
      "/part1/hardcoded-value",
    ],
    [
      "falls back up to the root greedy",
      { "/{param+}": ["GET"], "/part1": ["GET"] },
      "GET",
      "/part1/random",
      "/{param+}",
    ],
    [
      "verb-aware fall-back",
      { "/test": ["POST"], "/{proxy+}": ["OPTIONS"] },
      "OPTIONS",
      "/test",
      "/{proxy+}",
    ],
    [
      "ANY on the literal beats a verb on greedy",
      { "/test/any": ["ANY"], "/{proxy+}": ["OPTIONS"] },
      "OPTIONS",
      "/test/any",
      "/test/any",
    ],
    [
      "literal beats a variable",
      { "/a/{id}": ["GET"], "/a/b": ["GET"] },
      "GET",
      "/a/b",
      "/a/b",
    ],
    [
      "variable beats greedy",
      { "/a/{rest+}": ["GET"], "/a/{id}": ["GET"] },
      "GET",
      "/a/b",
      "/a/{id}",
    ],
    ["trailing slash ignored", { "/a": ["GET"] }, "GET", "/a/", "/a"],
    ["leading double slash ignored", { "/a": ["GET"] }, "GET", "//a", "/a"],
    ["the root", { "/": ["GET"] }, "GET", "/", "/"],
    ["unknown path", { "/a": ["GET"] }, "GET", "/b", undefined],
    ["known path, other verb", { "/a": ["GET"] }, "POST", "/a", undefined],
    ["HEAD is not GET", { "/a": ["GET"] }, "HEAD", "/a", undefined],
    ["HEAD is one of ANY", { "/a": ["ANY"] }, "HEAD", "/a", "/a"],
    [
      "an unknown verb is not one of ANY",
      { "/a": ["ANY"] },
      "PROPFIND",
      "/a",
      undefined,
    ],
    [
      "nothing is percent-decoded",
      { "/health": ["GET"] },
      "GET",
      "/h%65alth",
      undefined,
    ],
    ["case counts", { "/health": ["GET"] }, "GET", "/Health", undefined],
    [
      "an inner double slash counts",
      { "/a/b": ["GET"] },
      "GET",
      "/a//b",
      undefined,
    ],
    [
      "two trailing slashes are one too many",
      { "/a": ["GET"] },
      "GET",
      "/a//",
      undefined,
    ],
    [
      "a variable never matches an empty segment",
      { "/{a}/b": ["GET"] },
      "GET",
      "//b",
      undefined,
    ],
    [
      "empty segments are not something to match",
      { "/a/{proxy+}": ["GET"] },
      "GET",
      "/a//",
      undefined,
    ],
    [
      "greedy needs something to match",
      { "/a/{proxy+}": ["GET"] },
      "GET",
      "/a/",
      undefined,
    ],
    [
      "a literal brace does not match a variable's name",
      { "/{proxy+}": ["GET"] },
      "GET",
      "/{proxy+}",
      "/{proxy+}",
    ],
    [
      "no dot segments are resolved",
      { "/a/{proxy+}": ["GET"], "/b": ["GET"] },
      "GET",
      "/a/../b",
      "/a/{proxy+}",
    ],
    [
      "below a leaf there is nothing",
      { "/a": ["GET"] },
      "GET",
      "/a/b",
      undefined,
    ],
  ])("%s", (_name, paths, ...[verb, path, expected]) => {
    expect(findRoute(api(paths), verb, path)?.resource.path).toBe(expected);
  });

  test("a verb of its own is preferred to ANY on the same resource", () => {
    expect(
      findRoute(api({ "/a": ["ANY", "GET"] }), "GET", "/a")?.method.httpMethod,
    ).toBe("GET");
  });

  test.each([
    ["/proxy-value/", "proxy-value"],
    ["/proxy-value//double-slash", "proxy-value//double-slash"],
    ["//proxy-value", "proxy-value"],
    [
      "/test%2Balias@gmail.com/plus/test+alias@gmail.com",
      "test%2Balias@gmail.com/plus/test+alias@gmail.com",
    ],
    ["/a/%2e%2e/b", "a/%2e%2e/b"],
  ])("greedy value of %s (conformance §5)", (path, value) => {
    expect(
      findRoute(api({ "/{proxy+}": ["GET"] }), "GET", path)?.pathParameters,
    ).toEqual({ proxy: value });
  });

  test("variables on the way keep their values", () => {
    const route = findRoute(
      api({ "/{a}/x/{b}/{c+}": ["GET"] }),
      "GET",
      "/1/x/2/3/4",
    );
    expect(route?.pathParameters).toEqual({ a: "1", b: "2", c: "3/4" });
  });
});

describe("what the client sees", () => {
  afterEach(closeAll);

  test.each([
    ["unknown path", "GET", "/v1/nope"],
    ["known path, undefined verb", "POST", "/v1/known"],
  ])("%s: 403 Missing Authentication Token", async (_name, method, path) => {
    const { ask } = await serve(record({ "/known": { GET: mock() } }));
    const answer = await ask(method, path);
    expect(answer).toMatchObject({
      status: 403,
      body: '{"message":"Missing Authentication Token"}',
    });
    expect(answer.headers["x-amzn-errortype"]).toBe(
      "MissingAuthenticationTokenException",
    );
  });

  test.each([
    ["an unknown stage", "/v2/known", {}],
    [
      "a stage whose deployment is gone",
      "/v1/known",
      { stage: { deploymentId: "gone" } },
    ],
  ])("%s: 403 Forbidden", async (_name, path, change) => {
    const { ask } = await serve(record({ "/known": { GET: mock() } }, change));
    expect(await ask("GET", path)).toMatchObject({
      status: 403,
      body: '{"message":"Forbidden"}',
    });
  });

  test("the deployment is served, not the live API (conformance §3)", async () => {
    const made = record({ "/known": { GET: mock() } });
    made.record.parts.resources.set(
      "new",
      [...resources({ "/new": { GET: mock() } }).values()][0]!,
    );
    const { ask } = await serve(made);
    expect([
      (await ask("GET", "/v1/known")).status,
      (await ask("GET", "/v1/new")).status,
    ]).toEqual([200, 403]);
  });

  test("the execute-api address can be switched off", async () => {
    const { ask } = await serve(
      record(
        { "/known": { GET: mock() } },
        { api: { disableExecuteApiEndpoint: true } },
      ),
    );
    const host = (name: string) =>
      ask("GET", "/v1/known", { headers: { host: name } });
    expect(
      (await host("api1.execute-api.eu-west-1.amazonaws.com")).status,
    ).toBe(403);
    expect((await host("ai.example.com")).status).toBe(200);
  });
});
