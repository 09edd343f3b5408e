// The ways in that lie in the call itself and not in the token: the path, the credential's place, the route, the list of the consumer,
// and the event. Each table has what must be refused and what must pass.
import { decide } from "../../../authorizer/decide.ts";
import {
  decideCall,
  eventOf,
  forbidden,
  functionArn,
  now,
  overwritten,
  parse,
  plainSettings,
  score,
  settingsFile,
  sha256,
  signProof,
  stageArn,
  tokenA,
  tokenAdmin,
  tokenB,
  tokenC,
  unauthorized,
  withBearer,
  type CallParts,
} from "../../fixtures/authorizer.ts";

const allowed = expect.objectContaining({ kind: "allow" }) as object;
const by = (token: string, call: CallParts) =>
  decideCall(withBearer(token, call));
const openai = (rest: string): CallParts => ({ path: `/openai/${rest}` });
const model = (value: string): CallParts => ({
  resource: "/models/{model}",
  path: `/models/${value}`,
});

describe("the path", () => {
  const paths: [string, string][] = [
    ["dot segment", "../admin/keys"],
    ["dot segment", "./models"],
    ["dot segment", "a/.."],
    ["dot segment", "a/."],
    ["dot segment", "a/../"],
    ["dot segment", "%2e%2e/admin/keys"],
    ["dot segment", "%2E%2E/admin/keys"],
    ["dot segment", ".%2e/admin"],
    ["dot segment", "%2e/models"],
    ["dot segment", "..%2fadmin/keys"],
    ["dot segment", "..%2Fadmin"],
    ["dot segment", "a%2f..%2fadmin"],
    ["dot segment", "a%2F%2e%2e"],
    ["dot segment", "%252e%252e/admin/keys"],
    ["dot segment", "%25252e%25252e%25252fadmin"],
    ["dot segment", "..%252fadmin"],
    ["dot segment", "..%3Bx/admin"],
    ["dot segment", "..;x/admin"],
    ["dot segment", "..;/admin"],
    ["dot segment", "%2e%2e;x=1/admin"],
    ["dot segment", ".;x/admin"],
    ["dot segment", "..%3fx/admin"],
    ["dot segment", "..%23x/admin"],
    ["dot segment", "..%20/admin"],
    ["dot segment", "%20../admin"],
    ["empty segment", "a//b"],
    ["empty segment", "/admin"],
    ["empty segment", "a//"],
    ["backslash or control", "..\\admin"],
    ["backslash or control", "a\\b"],
    ["backslash or control", "..%5cadmin"],
    ["backslash or control", "..%5Cadmin"],
    ["backslash or control", "..%255cadmin"],
    ["backslash or control", "a%00"],
    ["backslash or control", "a%2500"],
    ["backslash or control", "a%0d%0aX-Evil:%201"],
    ["backslash or control", "a\r\nb"],
    ["backslash or control", "a\tb"],
    ["backslash or control", "a%09"],
    ["backslash or control", "a%1f"],
    ["backslash or control", "a%7F"],
    ["backslash or control", "a\u007f"],
    ["backslash or control", "a%C2%85b"],
    ["backslash or control", "a\u0085b"],
    ["letter or digit", "%6Dodels"],
    ["letter or digit", "%6dodels"],
    ["letter or digit", "model%73"],
    ["letter or digit", "%41"],
    ["letter or digit", "%5A"],
    ["letter or digit", "%5a"],
    ["letter or digit", "%61"],
    ["letter or digit", "%7A"],
    ["letter or digit", "%7a"],
    ["letter or digit", "%30"],
    ["letter or digit", "%39"],
    ["letter or digit", "%4F"],
    ["letter or digit", "%4f"],
    ["letter or digit", "%256Dodels"],
    ["one of - . _", "fine%2Dtuning"],
    ["one of - . _", "fine%2dtuning"],
    ["one of - . _", "v1%2E5"],
    ["one of - . _", "chat%5Fx"],
    ["one of - . _", "chat%5fx"],
    ["one of - . _", "fine%252Dtuning"],
    ["encodes nothing", "a%"],
    ["encodes nothing", "a%2"],
    ["encodes nothing", "a%zz"],
    ["encodes nothing", "a%2g"],
    ["encodes nothing", "%u002e%u002e/admin"],
    ["not as UTF-8", "%c0%ae%c0%ae/admin"],
    ["not as UTF-8", "%C0%AF"],
    ["not as UTF-8", "%E0%80%AE"],
    ["not as UTF-8", "%ff"],
    ["not as UTF-8", "%C3"],
    ["encoded too often", `%${"25".repeat(9)}2e`],
  ];

  test.each(paths)(
    "2.4 #30 %s: /openai/%s is 403 with that reason",
    async (fault, rest) => {
      const decision = await by(tokenA, openai(rest));
      expect(decision).toEqual(forbidden("path"));
      expect(decision).toMatchObject({
        message: expect.stringContaining(fault),
      });
    },
  );

  test.each(paths)(
    "2.4 #30 %s: /openai/%s tells an unknown caller nothing",
    async (_, rest) => {
      expect(await by(`${tokenA}x`, openai(rest))).toEqual(
        unauthorized("token-unknown"),
      );
      expect(await decideCall(openai(rest))).toEqual(
        unauthorized("credential-missing"),
      );
    },
  );

  test.each(paths)(
    "2.4 #30 %s: %s is refused in each place by itself",
    async (_, rest) => {
      const usual = eventOf(withBearer(tokenA));
      for (const changes of [
        { path: `/openai/${rest}` },
        { pathParameters: { proxy: rest } },
        { pathParameters: { proxy: "chat", other: rest } },
        {
          requestContext: {
            ...usual.requestContext,
            path: `/v1/openai/${rest}`,
          },
        },
      ])
        expect(await by(tokenA, { event: changes })).toEqual(forbidden("path"));
    },
  );

  // Found by the property of __tests__/integration/gate: an upstream reads `/base/#x` as `/base/`.
  test.each(["#a", "#", "models#/../admin", "?x=/a", "a?"])(
    "a number sign or question mark as it is: %s is 403 with that reason, in either path of the event",
    async (rest) => {
      const usual = eventOf(withBearer(tokenA));
      const rawPath = `/v1/openai/${rest}`;
      for (const changes of [
        { path: `/openai/${rest}` },
        { requestContext: { ...usual.requestContext, path: rawPath } },
      ]) {
        const decision = await by(tokenA, { event: changes });
        expect(decision).toEqual(forbidden("path"));
        expect(JSON.stringify(decision)).toMatch(/not encoded|dot segment/);
      }
    },
  );

  test("an encoded one passes below a greedy route", async () => {
    expect(await by(tokenA, openai("files/a%23b%3Fc"))).toEqual(allowed);
  });

  // An upstream that decodes would answer for a route that is there for this path alone.
  describe("of a closer route, percent-encoded", () => {
    const [route] = settingsFile.routes;
    const closer = [
      "/openai/pro:generate",
      "/openai/v1/{id}/pro:generate",
      "/openai/batch/keys",
      "/openai/deep/{proxy+}",
    ];
    const settings = parse({
      routes: [
        ...settingsFile.routes,
        ...closer.map((path) => ({ ...route, path })),
        { ...route, path: "/openai/other", methods: ["GET"] },
      ],
    });

    test.each([
      ["pro%3Agenerate", closer[0]],
      ["pro%3agenerate/", closer[0]],
      ["pro%253Agenerate", closer[0]],
      ["v1/a/pro%3Agenerate", closer[1]],
      ["v1/a%20b/pro%3Agenerate", closer[1]],
      ["batch%2Fkeys", closer[2]],
      ["batch%2fkeys", closer[2]],
      ["batch%252Fkeys", closer[2]],
      ["deep%2Fa", closer[3]],
      ["deep%2Fa/b", closer[3]],
    ])("%s is 403, and names %s", async (rest, template) => {
      for (const token of [tokenA, tokenAdmin]) {
        const decision = await decideCall(
          withBearer(token, openai(rest)),
          settings,
        );
        expect(decision).toEqual(forbidden("path"));
        expect(decision).toMatchObject({
          message: `The path is one of the route ${template}, percent-encoded (write it as it is).`,
        });
      }
    });

    test.each([
      "pro%3Ageneral",
      "pro%3Agenerate/x",
      "a%2Fpro:generate",
      "batch%2Fkeys%2Fa",
      "v1/a/b%3Agenerate",
      "deep%2F",
      "other%2F",
      "models",
    ])("%s is none", async (rest) => {
      expect(
        await decideCall(withBearer(tokenA, openai(rest)), settings),
      ).toEqual(allowed);
    });
  });

  test("a path may be encoded seven times and no more", async () => {
    const encoded = (times: number) =>
      openai(`files/a%${"25".repeat(times - 1)}20b`);
    expect(await by(tokenA, encoded(7))).toEqual(allowed);
    expect(await by(tokenA, encoded(8))).toMatchObject({
      reason: "path",
      message: expect.stringContaining("encoded too often"),
    });
  });

  test("a path that is encoded thousands of times ends at once", async () => {
    const started = process.cpuUsage().user;
    const decision = await by(tokenA, openai(`a%${"25".repeat(4000)}2f`));
    expect(decision).toEqual(forbidden("path"));
    expect(process.cpuUsage().user - started).toBeLessThan(1_000_000);
  });

  test.each([
    "chat/completions",
    "chat/completions/",
    "deployments/meta-llama%2FLlama-3.1-8B/chat",
    "models/ft:gpt-4o:acme::abc",
    "models/ft%3Agpt-4o%3Aacme%3A%3Aabc",
    "model/anthropic.claude-v2:1/invoke",
    "model/arn%3Aaws%3Abedrock%3Aeu-west-1%3A1%3Ax%2Fy/invoke",
    "files/100%25",
    "files/100%25%20off",
    "files/a%2525b".replace("b", "-"),
    "a@b",
    "a%40b",
    "a+b",
    "a%2Bb",
    "a b",
    "a%20b",
    "é",
    "%C3%A9",
    "%E6%97%A5%E6%9C%AC",
    "日本",
    "%F0%9F%98%80",
    "...",
    "....",
    "..a",
    "a..",
    ".hidden",
    "a.b/c.d",
    "v1.0",
    "a;b=1",
    "a,b",
    "~user",
    "a%3Fb",
    "a%23b",
    "*",
    "a*b?".slice(0, 3),
    "$batch",
    "'x'",
    "(x)",
    "a%2F%2Fb",
    "x%3D1",
    "__proto__",
    "constructor",
    "%3C%3E%22",
    `a%${"25".repeat(7)}`,
  ])("/openai/%s passes", async (rest) => {
    expect(await by(tokenA, openai(rest))).toEqual(allowed);
  });

  test.each([
    "a%2Fb",
    "a%2fb",
    "a%252Fb",
    "a%3Fb",
    "a%3fb",
    "a%23b",
    "%253F",
    "a?b",
    "a#b",
  ])(
    "a parameter of the upstream's URL like %s is 403; below a greedy one it passes",
    async (value) => {
      const decision = await decideCall({
        ...model(value),
        pathParameters: { model: value },
        headers: { "x-api-key": tokenA },
      });
      expect(decision).toEqual(forbidden("path"));
      expect(decision).toMatchObject({
        message: expect.stringContaining("{model}"),
      });
      expect(await by(tokenA, { pathParameters: { proxy: value } })).toEqual(
        allowed,
      );
    },
  );

  test.each(["gpt-4o", "a:b", "a%3Ab", "a%25", "a%20b", "é", "@cf"])(
    "a parameter of the upstream's URL like %s passes",
    async (value) => {
      expect(await by(tokenA, model(value))).toEqual(allowed);
    },
  );

  test("§3.1 GET //usage reaches /usage, which is not in the list", async () => {
    const call = { method: "GET", resource: "/usage", path: "/usage" };
    expect(await by(tokenA, call)).toEqual(forbidden("route-not-granted"));
    const { requestContext } = eventOf(call);
    const event = { requestContext: { ...requestContext, path: "/v1//usage" } };
    expect(await by(tokenAdmin, { ...call, event })).toEqual(forbidden("path"));
    expect(
      await by(tokenA, {
        method: "GET",
        resource: "/{tenant}/usage",
        path: "/acme/usage",
      }),
    ).toEqual(allowed);
  });

  test("an event without a second view of the path is decided by the first", async () => {
    const requestContext = { ...eventOf().requestContext, path: undefined };
    expect(await by(tokenA, { event: { requestContext } })).toEqual(allowed);
    const event = { requestContext };
    expect(await by(tokenA, { ...openai("a/../b"), event })).toEqual(
      forbidden("path"),
    );
  });
});

describe("2.4 #24 #25 the credential", () => {
  const longest = "x".repeat(8192);
  const long = parse({
    consumers: [
      {
        ...settingsFile.consumers[0],
        hashes: [sha256(longest), sha256("a.b-c_d~e+f/g==")],
      },
    ],
  });
  const headers = (given: CallParts["headers"], settings = plainSettings) =>
    decideCall({ ...score, headers: given! }, settings);

  test.each([
    ["Authorization", `Bearer ${tokenA}`],
    ["Authorization", `bearer ${tokenA}`],
    ["authorization", `Bearer ${tokenA}`],
    ["AUTHORIZATION", `BEARER ${tokenA}`],
    ["aUthorizatioN", `bEaReR ${tokenA}`],
    ["Authorization", `Bearer ${longest}`],
    ["Authorization", "Bearer a.b-c_d~e+f/g=="],
    ["x-api-key", tokenA],
    ["X-Api-Key", longest],
    ["X-API-KEY", tokenA],
  ])("%s: %.40s passes", async (name, value) => {
    const settings = value.includes(tokenA) ? plainSettings : long;
    expect(await headers({ [name]: value }, settings)).toEqual(allowed);
  });

  test.each([
    "",
    " ",
    "Bearer",
    "Bearer ",
    `Bearer  ${tokenA}`,
    `Bearer\t${tokenA}`,
    ` Bearer ${tokenA}`,
    `Bearer ${tokenA} `,
    `Bearer ${tokenA}\n`,
    `Bearer ${tokenA}\r\nX: y`,
    `\nBearer ${tokenA}`,
    `Bearer\u00a0${tokenA}`,
    `Basic ${tokenA}`,
    `Token ${tokenA}`,
    `Bearer: ${tokenA}`,
    `Bearer Bearer ${tokenA}`,
    `Bearer ${tokenA}, Bearer ${tokenA}`,
    `Bearer ${tokenA},${tokenA}`,
    `Bearer ${tokenA} ${tokenA}`,
    `Bearer "${tokenA}"`,
    `Bearer ${tokenA};v=1`,
    `Bearer ${tokenA}\0`,
    `Bearer ${tokenA}é`,
    "Bearer \u{1f600}",
    `Bearer ${longest}x`,
    `Bearer ${"x".repeat(1_000_000)}`,
    tokenA,
  ])("Authorization: %.50j is 401", async (value) => {
    const decision = await headers({ Authorization: value });
    expect(decision.kind).toBe("unauthorized");
    expect(decision).toMatchObject({
      reason: expect.stringMatching(
        /^(credential-(malformed|too-long)|token-unknown)$/,
      ),
    });
  });

  test.each([
    "",
    `Bearer ${tokenA}`,
    ` ${tokenA}`,
    `${tokenA} `,
    `${tokenA}\n`,
    `${tokenA},${tokenA}`,
  ])("x-api-key: %.50j is 401", async (value) => {
    expect(await headers({ "x-api-key": value })).toEqual(
      unauthorized("credential-malformed"),
    );
  });

  test("2.4 #16 what is too long is refused before it is looked at", async () => {
    for (const name of ["Authorization", "x-api-key"])
      expect(await headers({ [name]: "é".repeat(9000) })).toEqual(
        unauthorized("credential-too-long"),
      );
  });

  const bearer = `Bearer ${tokenA}`;
  test.each<[string, CallParts["headers"]]>([
    ["in both headers", { Authorization: bearer, "x-api-key": tokenA }],
    [
      "in both, spelled otherwise",
      { AUTHORIZATION: bearer, "X-API-KEY": tokenA },
    ],
    [
      "beside headers of others that are overwritten",
      {
        Authorization: bearer,
        "api-key": "x",
        "x-goog-api-key": tokenA,
        X_Api_Key: tokenA,
        "Proxy-Authorization": bearer,
        "Ocp-Apim-Subscription-Key": tokenA,
        "X-Gate-Consumer": "root",
      },
    ],
  ])("one value %s passes", async (_, given) => {
    expect(await headers(given)).toEqual(allowed);
  });

  test.each<[string, CallParts["headers"]]>([
    ["two values", { Authorization: bearer, "x-api-key": tokenB }],
    [
      "two values, the known one second",
      { Authorization: `Bearer ${tokenB}x`, "x-api-key": tokenA },
    ],
    ["one header twice", { Authorization: [bearer, bearer] }],
    [
      "one header twice with two values",
      { Authorization: [bearer, `Bearer ${tokenB}`] },
    ],
    [
      "one header under two spellings",
      { Authorization: bearer, authorization: bearer },
    ],
    [
      "the other header twice",
      { Authorization: bearer, "x-api-key": [tokenA, tokenA] },
    ],
    [
      "the other under two spellings",
      { "x-api-key": tokenA, "X-Api-Key": tokenA },
    ],
    [
      "values that differ in case",
      { Authorization: bearer, "x-api-key": tokenA.toLowerCase() },
    ],
  ])("%s: 401", async (_, given) => {
    expect(await headers(given)).toEqual(unauthorized("credential-ambiguous"));
  });

  test.each<[string, CallParts["headers"]]>([
    [
      "a wrong scheme",
      { Authorization: `Basic ${tokenA}`, "x-api-key": tokenA },
    ],
    ["an empty header", { Authorization: "", "x-api-key": tokenA }],
    ["a bare word", { Authorization: "Bearer", "x-api-key": tokenA }],
  ])("%s beside the right one: 401", async (_, given) => {
    expect(await headers(given)).toEqual(unauthorized("credential-malformed"));
  });

  test.each<[string, CallParts]>([
    ["another known header", { headers: { "api-key": tokenA } }],
    ["an underscore twin", { headers: { X_Api_Key: tokenA } }],
    ["a name with a blank", { headers: { "Authorization ": bearer } }],
    ["a cookie", { headers: { Cookie: `Authorization=${tokenA}` } }],
    ["the query", { query: { Authorization: bearer, "x-api-key": tokenA } }],
    [
      "names of Object.prototype",
      { headers: JSON.parse('{"__proto__":"x","constructor":"x"}') },
    ],
  ])("only in %s: 401", async (_, call) => {
    expect(await decideCall({ ...score, ...call })).toEqual(
      unauthorized("credential-missing"),
    );
  });

  test("a header of API Gateway's single map alone counts for nothing", async () => {
    const event = { headers: { Authorization: bearer } };
    expect(await decideCall({ ...score, event })).toEqual(
      unauthorized("credential-missing"),
    );
  });

  test("only the headers of the called route are read", async () => {
    const routes = settingsFile.routes.map((route) =>
      route.path === "/score" ? { ...route, tokenHeaders: ["X-Mine"] } : route,
    );
    const settings = parse({ routes });
    expect(await headers({ "x-mine": tokenA }, settings)).toEqual(allowed);
    expect(await headers({ Authorization: bearer }, settings)).toEqual(
      unauthorized("credential-missing"),
    );
  });
});

describe("the credential where it would travel on", () => {
  const encoded = (text: string) =>
    Buffer.from(text).toString("hex").replaceAll(/../g, "%$&");
  const places: [string, CallParts][] = [
    ["a cookie", { headers: { Cookie: `a=1; key=${tokenA}` } }],
    ["a cookie", { headers: { COOKIE: encoded(tokenA) } }],
    ["the header x-key", { headers: { "X-Key": tokenA } }],
    ["the header x-key", { headers: { "X-Key": `prefix-${tokenA}-suffix` } }],
    ["the header x-key", { headers: { "X-Key": ["other", tokenA] } }],
    ["the header x-key", { headers: { "x-key": encoded(tokenA) } }],
    ["the header x-key", { headers: { "x-key": encoded(encoded(tokenA)) } }],
    ["the header referer", { headers: { Referer: `https://a/?k=${tokenA}` } }],
    ["the header x_other_key", { headers: { X_Other_Key: tokenA } }],
    ["the header user-agent", { headers: { "User-Agent": tokenA } }],
    ["another header", { headers: { "x'y": tokenA } }],
    ["another header", { headers: { ["x".repeat(65)]: tokenA } }],
    ["another header", { headers: { __proto__$: tokenA } }],
    [
      "the name of a header",
      { headers: { [`x-${tokenA.toLowerCase()}`]: "1" } },
    ],
    ["the name of a header", { headers: { [tokenA]: "1" } }],
    ["the query", { query: { key: tokenA } }],
    ["the query", { query: { key: ["a", `x${tokenA}`, "b"] } }],
    ["the query", { query: { [tokenA]: "1" } }],
    ["the query", { query: { key: encoded(tokenA) } }],
    ["the query", { event: { queryStringParameters: { key: tokenA } } }],
    ["the path", { path: `/openai/${tokenA}` }],
    ["the path", { pathParameters: { proxy: `a/${tokenA}` } }],
    ["the path", { event: { requestContext: { path: `/v1/${tokenA}` } } }],
  ];

  test.each(places)("%s: 403 that says so (%#)", async (place, call) => {
    const decision = await by(tokenA, call);
    expect(decision).toEqual(forbidden("credential-exposed"));
    expect(decision).toMatchObject({
      message: `The credential also stands in ${place}, where the upstream would see it.`,
    });
  });

  test.each(places)(
    "%s tells an unknown caller nothing (%#)",
    async (_, call) => {
      const token = `${tokenA}x`;
      const text = JSON.stringify(call).replaceAll(tokenA, token);
      expect(await by(token, JSON.parse(text) as CallParts)).toMatchObject({
        kind: "unauthorized",
      });
    },
  );

  test("a token whose + became a space in the query", async () => {
    const token = "abc+def/ghi=jkl+mno";
    const consumers = [
      { ...settingsFile.consumers[0], hashes: [sha256(token)] },
    ];
    for (const key of [token, token.replaceAll("+", " ")])
      expect(
        await decideCall(
          withBearer(token, { query: { key } }),
          parse({ consumers }),
        ),
      ).toEqual(forbidden("credential-exposed"));
  });

  test("a JWT is looked for like a token", async () => {
    const token = signProof();
    const call = { ...score, query: { key: token } };
    expect(await by(token, call)).toEqual(forbidden("credential-exposed"));
  });

  test.each(overwritten)(
    "%s is overwritten, so it may hold anything",
    async (name) => {
      const value = name.includes("method") ? "POST" : tokenA;
      if (!["authorization", "x-api-key"].includes(name))
        expect(
          await by(tokenA, { headers: { [name.toUpperCase()]: value } }),
        ).toEqual(allowed);
    },
  );

  test.each([
    ["a shorter token", "x".repeat(15), allowed],
    ["one of 16 characters", "x".repeat(16), forbidden("credential-exposed")],
  ])("%s", async (_, token, expected) => {
    const consumers = [
      { ...settingsFile.consumers[0], hashes: [sha256(token)] },
    ];
    const call = withBearer(token, { query: { key: token } });
    expect(await decideCall(call, parse({ consumers }))).toEqual(expected);
  });

  test("parts of the token, and others' tokens, are not logged", async () => {
    const headers = { "X-Key": tokenA.slice(1), Cookie: tokenB };
    expect(await by(tokenA, { headers, query: { q: "%zz%" } })).toEqual(
      allowed,
    );
  });
});

describe("headers that servers take for others, because they read _ and - alike", () => {
  const twins = [
    "x-gate_consumer",
    "X_Gate-Consumer",
    "x_api-key",
    "x-goog_api-key",
    "Ocp_Apim-Subscription_Key",
    "x-original_url",
    "X_Rewrite-URL",
  ];

  test.each(twins)("%s is 403 that names it", async (name) => {
    const call = { headers: { [name]: "root" } };
    const decision = await by(tokenA, call);
    expect(decision).toEqual(forbidden("header-twin"));
    expect(decision).toMatchObject({
      message: `Some servers read the header ${name.toLowerCase()} as one that the gate sets itself.`,
    });
    expect(await by(`${tokenA}x`, call)).toEqual(unauthorized("token-unknown"));
  });

  test("one that the settings do not overwrite is one too; what only begins so is none", async () => {
    const settings = parse({
      routes: settingsFile.routes.map((route) => ({
        ...route,
        overwritten: ["x-gate-consumer"],
      })),
    });
    const ask = (name: string) =>
      decideCall(withBearer(tokenA, { headers: { [name]: "root" } }), settings);
    expect(await ask("x_gate_consumer")).toEqual(forbidden("header-twin"));
    for (const name of [
      "x-gate-consumer",
      "x_gate_consumers",
      "gate_consumer",
      "api_key",
    ])
      expect(await ask(name)).toEqual(allowed);
  });
});

test("a WebSocket upgrade is 403 for a known caller only", async () => {
  const call = { headers: { "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==" } };
  expect(await by(tokenA, call)).toEqual(forbidden("websocket"));
  expect(await by(`${tokenA}x`, call)).toEqual(unauthorized("token-unknown"));
});

describe("a body whose model API Gateway checks", () => {
  const limited = parse({
    routes: settingsFile.routes.map((route) =>
      route.path === "/openai/{proxy+}" ? { ...route, jsonOnly: true } : route,
    ),
  });
  const ask = (headers: CallParts["headers"] & object, token = tokenA) =>
    decideCall(withBearer(token, { headers }), limited);
  const type = (...values: string[]) => ({ "Content-Type": values });

  test.each<[string, CallParts["headers"] & object]>([
    ["no type", type()],
    ["an empty one", type("")],
    ["text/json", type("text/json")],
    ["text/plain", type("text/plain")],
    ["other letters", type("Application/JSON")],
    ["one letter", type("application/Json")],
    ["a charset", type("application/json; charset=utf-8")],
    ["a charset, closer", type("application/json;charset=utf-8")],
    ["a parameter", type("application/json;x")],
    ["a semicolon", type("application/json;")],
    ["a space", type("application/json ")],
    ["a space before", type(" application/json")],
    ["a list", type("application/json,text/plain")],
    ["a list the other way", type("text/plain,application/json")],
    ["a suffix", type("application/x+json")],
    ["more letters", type("application/jsonx")],
    ["a form", type("multipart/form-data; boundary=x")],
    ["a wildcard", type("*/*")],
    ["two", type("application/json", "text/plain")],
    ["the same twice", type("application/json", "application/json")],
    ["another spelling", { "content-type": "text/plain" }],
    ["the same in another spelling", { "content-type": "application/json" }],
    ["a twin", { content_type: "text/plain" }],
    ["the twin alone", { ...type(), content_type: "application/json" }],
    ["a coding", { "Content-Encoding": "gzip" }],
    ["no coding", { "content-encoding": "identity" }],
    ["an empty coding", { "CONTENT-ENCODING": "" }],
    ["a coding's twin", { Content_Encoding: "gzip" }],
  ])("is 403 with %s", async (_what, headers) => {
    expect(await ask(headers)).toEqual(forbidden("content-type"));
    expect(await ask(headers, `${tokenA}x`)).toEqual(
      unauthorized("token-unknown"),
    );
    // On another route it is nobody's business.
    expect(await by(tokenA, { headers })).toEqual(allowed);
  });

  // LiteLLM takes the model of a parameter before the body's.
  test.each<[string, CallParts["query"] & object]>([
    ["model", { model: "gpt-5" }],
    ["other letters", { Model: "gpt-5" }],
    ["nothing behind it", { model: "" }],
    ["what nobody knows", { x: "1" }],
    ["a harmless one in other letters", { BETA: "true" }],
    ["a harmless one beside it", { beta: "true", model: ["a", "b"] }],
    ["an escaped name", { "%6Dodel": "gpt-5" }],
  ])("is 403 with %s in the query", async (_what, query) => {
    const call = withBearer(tokenA, { query });
    expect(await decideCall(call, limited)).toEqual(
      forbidden("query-parameter"),
    );
    expect(
      await decideCall(withBearer(`${tokenA}x`, { query }), limited),
    ).toEqual(unauthorized("token-unknown"));
    expect(await by(tokenA, { query })).toEqual(allowed);
  });

  test("passes with what Anthropic's and Azure's clients send", async () => {
    const query = { beta: "true", "api-version": "2024-10-21" };
    expect(await decideCall(withBearer(tokenA, { query }), limited)).toEqual(
      allowed,
    );
  });

  test("passes as application/json, and the refusal names it", async () => {
    expect(await ask({})).toEqual(allowed);
    expect(await ask(type("text/json"))).toMatchObject({
      message:
        "This route takes one Content-Type, application/json without parameters.",
    });
    expect(await ask({ "Content-Encoding": "gzip" })).toMatchObject({
      message: "This route takes no Content-Encoding: send the body as it is.",
    });
  });
});

describe("a slash at the end of the path", () => {
  const at = (path: string, resource = "/score") => ({
    method: "GET",
    resource,
    path,
  });

  test.each<[string, string, object, CallParts]>([
    ["the route's own", tokenA, allowed, at("/score/")],
    ["two of them", tokenA, forbidden("path"), at("/score//")],
    ["an encoded one", tokenA, forbidden("path"), at("/score/%2e/")],
    [
      "below a prefix",
      tokenC,
      allowed,
      at("/openai/v1/a/", "/openai/{proxy+}"),
    ],
    ["the one path", tokenC, allowed, at("/openai/x/", "/openai/{proxy+}")],
    [
      "below the one path",
      tokenC,
      forbidden("route-not-granted"),
      at("/openai/x/y/", "/openai/{proxy+}"),
    ],
    [
      "another prefix",
      tokenC,
      forbidden("route-not-granted"),
      at("/openai/v1x/", "/openai/{proxy+}"),
    ],
    ["another's route", tokenC, forbidden("route-not-granted"), at("/score/")],
  ])("%s", async (_what, token, expected, call) => {
    expect(await by(token, call)).toEqual(expected);
  });
});

describe("the method override", () => {
  test.each(["DELETE", "GET", "post", " POST", "POST,DELETE", ""])(
    "%j is 403 beside a POST",
    async (method) => {
      for (const name of [
        "X-HTTP-Method-Override",
        "x_http_method_override",
        "X-Http_Method-Override",
        "X-HTTP-Method",
        "x_http_method",
        "x-http_METHOD",
        "X-Method-Override",
        "x_method_override",
      ])
        expect(await by(tokenA, { headers: { [name]: method } })).toEqual(
          forbidden("method-override"),
        );
    },
  );

  describe("a parameter of the query that the gate sets", () => {
    const asked = (name: string, token = tokenA) =>
      decideCall({
        ...model("gpt-4o"),
        headers: { "x-api-key": token },
        event: {
          queryStringParameters: { [name]: "1999-01-01" },
          multiValueQueryStringParameters: { [name]: ["1999-01-01"] },
        },
      });

    test.each(["api-version", "API-Version"])(
      "is refused as %s, since servers take the first or the last of two",
      async (name) => {
        expect(await asked(name)).toEqual(forbidden("query-parameter"));
        expect(await asked(name)).toMatchObject({
          message:
            "The gate sets the query parameter api-version itself: leave it out.",
        });
        expect(await asked(name, `${tokenA}x`)).toEqual(
          unauthorized("token-unknown"),
        );
      },
    );

    test("is refused in either list of the event alone", async () => {
      for (const event of [
        { queryStringParameters: { "api-version": "1" } },
        { multiValueQueryStringParameters: { "api-version": ["1"] } },
      ])
        expect(
          await decideCall({
            ...model("gpt-4o"),
            headers: { "x-api-key": tokenA },
            event,
          }),
        ).toEqual(forbidden("query-parameter"));
    });

    test.each(["api-versions", "version", "x"])("%s passes", async (name) => {
      expect(await asked(name)).toEqual(allowed);
    });
  });

  test("its refusal names the header", async () => {
    const call = { headers: { X_Method_Override: "DELETE" } };
    expect(await by(tokenA, call)).toMatchObject({
      message: "x-method-override is for another method than POST.",
    });
  });

  test("what only begins or ends as one passes", async () => {
    for (const name of ["x-http-methods", "http-method", "method-override"])
      expect(await by(tokenA, { headers: { [name]: "DELETE" } })).toEqual(
        allowed,
      );
  });

  test.each(["x-http-method-override", "x-http-method", "x-method-override"])(
    "%s: the call's own method passes, once or twice; two methods do not",
    async (name) => {
      expect(await by(tokenA, { headers: { [name]: "POST" } })).toEqual(
        allowed,
      );
      expect(
        await by(tokenA, { headers: { [name]: ["POST", "POST"] } }),
      ).toEqual(allowed);
      expect(
        await by(tokenA, { headers: { [name]: ["POST", "PUT"] } }),
      ).toEqual(forbidden("method-override"));
      expect(await by(`${tokenA}x`, { headers: { [name]: "PUT" } })).toEqual(
        unauthorized("token-unknown"),
      );
    },
  );
});

describe("2.4 #26 the list of the consumer", () => {
  const call = (method: string, resource: string, path = resource) => ({
    method,
    resource,
    path,
  });
  const greedy = (method: string, path: string) =>
    call(method, "/openai/{proxy+}", path);

  test.each<[string, string, object, CallParts]>([
    ["a whole route", tokenA, allowed, greedy("POST", "/openai/a")],
    [
      "a method that is not listed",
      tokenA,
      forbidden("route-not-granted"),
      greedy("GET", "/openai/a"),
    ],
    [
      "a route beside a greedy one",
      tokenA,
      forbidden("route-not-granted"),
      call("GET", "/openai/models"),
    ],
    ["a listed method", tokenA, allowed, call("GET", "/score")],
    [
      "one of two listed methods",
      tokenA,
      allowed,
      call("GET", "/models/{model}", "/models/a"),
    ],
    [
      "the other one",
      tokenA,
      allowed,
      call("POST", "/models/{model}", "/models/a"),
    ],
    [
      "another method of it",
      tokenA,
      forbidden("route-not-granted"),
      call("POST", "/score"),
    ],
    [
      "a parameter's route",
      tokenA,
      allowed,
      { ...call("GET", "/{tenant}/usage", "/a/usage") },
    ],
    [
      "a literal route that a template would match",
      tokenA,
      forbidden("route-not-granted"),
      call("GET", "/usage"),
    ],
    ["every route", tokenAdmin, allowed, greedy("GET", "/openai/a")],
    ["every route, another", tokenAdmin, allowed, call("GET", "/usage")],
    [
      "an exact route beside the greedy one",
      tokenC,
      allowed,
      call("GET", "/openai/models"),
    ],
    ["below a prefix", tokenC, allowed, greedy("POST", "/openai/v1/chat")],
    ["far below a prefix", tokenC, allowed, greedy("GET", "/openai/v1/a/b/c")],
    ["at a prefix", tokenC, allowed, greedy("POST", "/openai/v1")],
    [
      "at a prefix, with a slash",
      tokenC,
      allowed,
      greedy("POST", "/openai/v1/"),
    ],
    [
      "text that begins like the prefix",
      tokenC,
      forbidden("route-not-granted"),
      greedy("POST", "/openai/v10"),
    ],
    [
      "above the prefix",
      tokenC,
      forbidden("route-not-granted"),
      greedy("POST", "/openai/v"),
    ],
    [
      "another case of the prefix",
      tokenC,
      forbidden("route-not-granted"),
      greedy("POST", "/openai/V1/a"),
    ],
    [
      "the prefix further down",
      tokenC,
      forbidden("route-not-granted"),
      greedy("POST", "/openai/a/openai/v1"),
    ],
    [
      "an encoded slash behind the prefix",
      tokenC,
      forbidden("route-not-granted"),
      greedy("POST", "/openai/v1%2Fa"),
    ],
    [
      "a colon below a prefix",
      tokenC,
      allowed,
      greedy("POST", "/openai/v1/claude%3A0/a%2Fb"),
    ],
    [
      "a dot segment out of the prefix",
      tokenC,
      forbidden("path"),
      greedy("POST", "/openai/v1/../admin"),
    ],
    ["exactly a path", tokenC, allowed, greedy("GET", "/openai/x")],
    [
      "exactly a path, with a slash",
      tokenC,
      allowed,
      greedy("GET", "/openai/x/"),
    ],
    [
      "exactly a path with another method",
      tokenC,
      forbidden("route-not-granted"),
      greedy("POST", "/openai/x"),
    ],
    [
      "below an exact path",
      tokenC,
      forbidden("route-not-granted"),
      greedy("GET", "/openai/x/y"),
    ],
    [
      "more than an exact path",
      tokenC,
      forbidden("route-not-granted"),
      greedy("GET", "/openai/xy"),
    ],
  ])("%s", async (_, token, expected, parts) => {
    expect(await by(token, parts)).toEqual(expected);
  });

  // Some clients encode a colon, others do not: they mean one model.
  test.each([
    [
      "/openai/m/claude:0",
      "/openai/m/claude%3A0/invoke",
      "/openai/m/claude%3A0",
    ],
    [
      "/openai/m/claude%3A0",
      "/openai/m/claude:0/invoke",
      "/openai/m/claude%3a0/",
    ],
    ["/openai/org%2Fmodel", "/openai/org%2fmodel/chat", "/openai/org%2fmodel"],
    ["/openai/a@b", "/openai/a%40b/%E6%97%A5", "/openai/a%40b"],
  ])("a part %s holds %s", async (part, inside, itself) => {
    const granted = (grant: object, path: string) =>
      decideCall(
        withBearer(tokenC, { path }),
        parse({
          consumers: [
            {
              ...settingsFile.consumers[2],
              access: [{ route: "/openai/{proxy+}", ...grant }],
            },
          ],
        }),
      );
    expect(await granted({ below: part }, inside)).toEqual(allowed);
    expect(await granted({ below: part }, itself)).toEqual(allowed);
    expect(await granted({ exactly: part }, itself)).toEqual(allowed);
    for (const path of [
      inside.replace("/openai", "/openai/x"),
      `${itself}0`.replace("/0", "0/0"),
      "/openai/org/model",
    ]) {
      expect(await granted({ below: part }, path)).toEqual(
        forbidden("route-not-granted"),
      );
      expect(await granted({ exactly: part }, path)).toEqual(
        forbidden("route-not-granted"),
      );
    }
    expect(await granted({ exactly: part }, inside)).toEqual(
      forbidden("route-not-granted"),
    );
  });

  test("both views of a path must be below the prefix", async () => {
    for (const parts of [
      { path: "/openai/v1/a", pathParameters: { proxy: "admin" } },
      { path: "/openai/admin", pathParameters: { proxy: "v1/a" } },
      { path: "/openai/v1/a", pathParameters: {} },
      { path: "/openai/v1/a", pathParameters: null },
    ])
      expect(await by(tokenC, parts)).toEqual(forbidden("route-not-granted"));
  });

  test.each([
    [
      tokenB,
      {},
      "The route /openai/{proxy+} is not in the list of this consumer.",
    ],
    [
      tokenA,
      greedy("GET", "/openai/a"),
      "The method GET of the route /openai/{proxy+} is not in the list of this consumer.",
    ],
    [
      tokenC,
      {},
      "Of the route /openai/{proxy+} only some paths are in the list of this consumer, and this one is not.",
    ],
  ])("the reason says what is missing (%#)", async (token, parts, message) => {
    expect(await by(token, parts)).toMatchObject({ message });
  });

  test("a list of a thousand routes is no limit", async () => {
    const names = Array.from({ length: 1000 }, (_, index) => `/r${index}`);
    const [route] = settingsFile.routes;
    const settings = parse({
      routes: names.map((path) => ({ ...route, path })),
      consumers: [
        {
          ...settingsFile.consumers[0],
          access: names.slice(0, 999).map((path) => ({ route: path })),
        },
      ],
    });
    const ask = (path: string) =>
      decideCall(withBearer(tokenA, call("GET", path)), settings);
    expect(await ask("/r998")).toEqual(allowed);
    expect(await ask("/r999")).toEqual(forbidden("route-not-granted"));
  });

  test.each(["__proto__", "constructor", "hasOwnProperty"])(
    "a parameter named %s is a parameter",
    async (name) => {
      const pathParameters = JSON.parse(`{"${name}":"../x"}`) as Record<
        string,
        string
      >;
      expect(await by(tokenA, { pathParameters })).toEqual(forbidden("path"));
    },
  );
});

describe("the event", () => {
  const good = withBearer(tokenA);
  const arn = `${stageArn}POST/openai/chat/completions`;
  const context = eventOf().requestContext;
  const ask = (event: object = {}, called: unknown = functionArn) =>
    decide(
      { event: { ...eventOf(good), ...event }, functionArn: called },
      plainSettings,
      now,
    );

  test.each<[string, string, object]>([
    [
      "2.4 #29 another stage",
      "stage-mismatch",
      { methodArn: arn.replace("/v1/", "/v2/") },
    ],
    [
      "the console's test stage",
      "stage-mismatch",
      { methodArn: arn.replace("/v1/", "/test-invoke-stage/") },
    ],
    [
      "the stage in another case",
      "stage-mismatch",
      { methodArn: arn.replace("/v1/", "/V1/") },
    ],
    [
      "2.4 #38 another account",
      "event-foreign",
      { methodArn: arn.replace("111122223333", "999922223333") },
    ],
    [
      "2.4 #38 another region",
      "event-foreign",
      { methodArn: arn.replace("eu-west-1", "eu-west-2") },
    ],
    [
      "2.4 #38 another partition",
      "event-foreign",
      { methodArn: arn.replace("arn:aws:", "arn:aws-cn:") },
    ],
    [
      "another verb in the ARN",
      "event-inconsistent",
      { methodArn: arn.replace("POST", "GET") },
    ],
    ["another method", "event-inconsistent", { httpMethod: "GET" }],
    ["a method in small letters", "event-inconsistent", { httpMethod: "post" }],
    [
      "another API in the context",
      "event-inconsistent",
      { requestContext: { ...context, apiId: "other" } },
    ],
    [
      "another stage in the context",
      "event-inconsistent",
      { requestContext: { ...context, stage: "v2" } },
    ],
    [
      "another account in the context",
      "event-inconsistent",
      { requestContext: { ...context, accountId: "999922223333" } },
    ],
    [
      "no account in the context but null",
      "event-inconsistent",
      { requestContext: { ...context, accountId: null } },
    ],
    [
      "a list for an account",
      "event-inconsistent",
      { requestContext: { ...context, accountId: ["111122223333"] } },
    ],
    ["an unknown resource", "route-unknown", { resource: "/other" }],
    [
      "the metadata that the gate serves itself",
      "route-unknown",
      { resource: "/.well-known/oauth-protected-resource/score" },
    ],
    [
      "the path for the resource",
      "route-unknown",
      { resource: "/openai/chat/completions" },
    ],
    [
      "a resource in another case",
      "route-unknown",
      { resource: "/OpenAI/{proxy+}" },
    ],
    [
      "a resource with a slash",
      "route-unknown",
      { resource: "/openai/{proxy+}/" },
    ],
    ["a pattern for the resource", "route-unknown", { resource: "/openai/*" }],
    [
      "2.4 #45 __proto__ for the resource",
      "route-unknown",
      { resource: "__proto__" },
    ],
    ["an empty resource", "route-unknown", { resource: "" }],
    [
      "a method that the resource has not",
      "route-unknown",
      { resource: "/openai/models" },
    ],
    [
      "a method with the resource in it",
      "event-inconsistent",
      { httpMethod: "POST /score", resource: "" },
    ],
  ])("%s: 401", async (_, reason, event) => {
    expect(await ask(event)).toEqual(unauthorized(reason));
  });

  test.each<[string, string, object, unknown?]>([
    ["no type", "type", { type: undefined }],
    [
      "a TOKEN event",
      "type",
      { type: "TOKEN", authorizationToken: `Bearer ${tokenA}` },
    ],
    ["no ARN", "methodArn", { methodArn: undefined }],
    ["a list for an ARN", "methodArn", { methodArn: [arn] }],
    ...[
      "",
      "*",
      "arn:aws:execute-api:*",
      `x${arn}`,
      arn.replace("execute-api", "lambda"),
      arn.replace("abc123def4", "*"),
      arn.replace("abc123def4", ""),
      arn.replace("/v1/", "/*/"),
      arn.replace("/v1/", "/v?/"),
      arn.replace("/v1/", `/${"v".repeat(129)}/`),
      arn.replace("POST", "*"),
      arn.replace("POST", "post"),
      arn.replace("POST/", "POST:"),
      `${arn.split("/POST")[0]!}/${"P".repeat(17)}/x`,
      arn.replace("111122223333", "*"),
      arn.replace("eu-west-1", "*"),
      arn.replace("arn:aws:", "arn:*:"),
      stageArn,
      stageArn.slice(0, -1),
    ].map((methodArn): [string, string, object] => [
      `2.4 #27 #28 ${methodArn.slice(0, 80)} for an ARN`,
      "methodArn",
      { methodArn },
    ]),
    ["no resource", "resource", { resource: undefined }],
    ["no path", "path", { path: null }],
    ["no method", "httpMethod", { httpMethod: 1 }],
    ["text for headers", "multiValueHeaders", { multiValueHeaders: "x" }],
    ["a list of headers", "multiValueHeaders", { multiValueHeaders: [] }],
    [
      "text for a header's values",
      "multiValueHeaders",
      { multiValueHeaders: { authorization: `Bearer ${tokenA}` } },
    ],
    [
      "a number among a header's values",
      "multiValueHeaders",
      { multiValueHeaders: { authorization: [1] } },
    ],
    [
      "a number for a parameter",
      "pathParameters",
      { pathParameters: { proxy: 1 } },
    ],
    [
      "a list for a parameter",
      "pathParameters",
      { pathParameters: { proxy: ["a"] } },
    ],
    [
      "a number in the query",
      "queryStringParameters",
      { queryStringParameters: { a: 1 } },
    ],
    [
      "text for a list of the query",
      "multiValueQueryStringParameters",
      { multiValueQueryStringParameters: { a: "b" } },
    ],
    ["text for the context", "requestContext", { requestContext: "x" }],
    ["no function's ARN", "functionArn", {}, null],
    ["a list for a function's ARN", "functionArn", {}, [functionArn]],
    [
      "an ARN that is no function's",
      "functionArn",
      {},
      "arn:aws:iam::111122223333:role/x",
    ],
    ["text around a function's ARN", "functionArn", {}, `x ${functionArn}`],
    ["text behind a function's ARN", "functionArn", {}, `${functionArn}\n`],
  ])("%s is no event of API Gateway: 500", async (_, detail, ...asked) => {
    await expect(ask(...asked)).rejects.toMatchObject({
      reason: "event-unexpected",
      detail,
    });
  });

  test.each<[string, object, unknown?]>([
    ["unknown fields", { version: "1.0", extra: { a: [1] } }],
    ["no context", { requestContext: undefined }],
    ["a path that is no text", { requestContext: { ...context, path: 1 } }],
    [
      "null for empty maps",
      {
        queryStringParameters: null,
        multiValueQueryStringParameters: null,
        stageVariables: null,
      },
    ],
    ["an ARN without a path", { methodArn: `${stageArn}POST` }],
    ["a star in the ARN's path", { methodArn: `${stageArn}POST/openai/*` }],
    ["a function's alias", {}, `${functionArn}:live`],
    ["a function's version", {}, `${functionArn}:$LATEST`],
  ])("%s changes nothing", async (_, ...asked) => {
    expect(await ask(...asked)).toMatchObject({
      kind: "allow",
      resource: `${stageArn}POST/*`,
    });
  });

  test.each([
    ["aws-us-gov", "us-gov-west-1"],
    ["aws-cn", "cn-north-1"],
    ["aws", "ap-southeast-2"],
    ["aws-iso-b", "us-isob-east-1"],
    ["aws-eusc", "eusc-de-east-1"],
  ])(
    "the partition %s and its region %s are known",
    async (partition, region) => {
      const move = (text: string) =>
        text
          .replace("arn:aws:", `arn:${partition}:`)
          .replace("eu-west-1", region);
      expect(
        await ask({ methodArn: move(arn) }, move(functionArn)),
      ).toMatchObject({
        kind: "allow",
        resource: `${move(stageArn)}POST/*`,
      });
    },
  );

  test("a missing map of headers holds no credential", async () => {
    for (const multiValueHeaders of [undefined, null, {}])
      expect(await ask({ multiValueHeaders })).toEqual(
        unauthorized("credential-missing"),
      );
  });
});

test("the words of a refusal can stand in JSON as they are, and are our own", async () => {
  const canary = "canary-4711";
  const calls: [string, CallParts][] = [
    [tokenA, openai(`../${canary}`)],
    [tokenA, { headers: { "X-HTTP-Method-Override": canary } }],
    [tokenA, { headers: { [`${canary}"\\`]: tokenA } }],
    [tokenA, { query: { [canary]: tokenA } }],
    [tokenB, openai(canary)],
    [tokenC, openai(canary)],
    [tokenA, { ...openai(canary), method: "GET" }],
    [tokenAdmin, { ...model(`${canary}%2F`), method: "GET" }],
  ];
  for (const [token, call] of calls) {
    const decision = await by(token, call);
    if (decision.kind !== "forbidden") throw new Error(decision.kind);
    expect(decision.message).toMatch(/^[\x20-\x7e]{1,300}$/);
    expect(decision.message).not.toMatch(/["\\$]/);
    expect(decision.message).not.toContain(canary);
    expect(decision.message).not.toContain(token);
  }
});

describe("headers that a Lambda function would see as a caller wrote them", () => {
  const refused = ["x-gate-consumer", "x-api-key", "cookie"];
  const settings = parse({
    routes: settingsFile.routes.map((route) => ({
      ...route,
      tokenHeaders: ["Authorization"],
      overwritten: [],
      refused,
    })),
  });
  const ask = (headers: Record<string, string>, token = tokenA) =>
    decideCall(withBearer(token, { headers }), settings);

  test.each([
    "x-gate-consumer",
    "X-Gate-Consumer",
    "X_GATE_CONSUMER",
    "x-gate_consumer",
    "x-api-key",
    "X_Api-Key",
    "Cookie",
  ])("%s is 403 that names it", async (name) => {
    const decision = await ask({ [name]: "ops" });
    expect(decision).toEqual(forbidden("header-refused"));
    expect(decision).toMatchObject({
      message: `The gate cannot keep ${name === "Cookie" ? "a cookie" : `the header ${name.toLowerCase()}`} from the upstream: leave it out.`,
    });
    expect(await ask({ [name]: "" })).toEqual(forbidden("header-refused"));
    expect(await ask({ [name]: "ops" }, `${tokenA}x`)).toEqual(
      unauthorized("token-unknown"),
    );
  });

  test("the credential is no exposure in its own header, and one in any other", async () => {
    expect(await ask({})).toEqual(allowed);
    expect(await ask({ "x-trace": "1", "gate-consumer": "a" })).toEqual(
      allowed,
    );
    for (const name of ["x-other", "x-goog-api-key", "x-original-url"])
      expect(await ask({ [name]: tokenA })).toEqual(
        forbidden("credential-exposed"),
      );
  });

  test("no other route refuses them", async () => {
    expect(await by(tokenA, { headers: { "x-gate-consumer": "ops" } })).toEqual(
      allowed,
    );
  });
});
