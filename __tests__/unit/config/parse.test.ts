import { parseGate } from "../../../src/config/parse-gate.ts";
import {
  fewInputs,
  fullConfig,
  gateOf,
  goodInputs,
  otherToken,
  printedProblems,
  pythonHandler,
  secretArn,
  sha256,
  sourceOf,
  token,
  warningsOf,
  workspaceOf,
} from "../../fixtures/sources.ts";

/** What a consumer is that has nothing but tokens. */
const plain = { identities: [], access: "*", disabled: false };

describe("a gate from the simple inputs", () => {
  test("has one route with every default", () => {
    const { stack, region, upstream, tokens } = goodInputs;
    expect(gateOf(sourceOf({ stack, region, upstream, tokens }))).toEqual({
      id: "ai-gate/prod",
      stack: "prod",
      region: "eu-west-1",
      stageName: "v1",
      tokenHeaders: ["Authorization"],
      stripHeaders: [],
      auth: { mode: "built-in", cacheTtl: 0, store: "bundled", issuers: [] },
      upstreams: [
        {
          name: "service",
          kind: "http",
          url: "https://api.openai.com/v1",
          tokenHeaders: ["Authorization"],
          headers: {},
          query: {},
        },
      ],
      routes: [
        {
          path: "/myservice",
          methods: ["GET", "POST"],
          upstream: "service",
          stream: true,
          timeout: 900,
        },
      ],
      consumers: [
        {
          id: "team-a",
          tokenHashes: [sha256(token)],
          identities: [],
          access: "*",
          disabled: false,
        },
      ],
      plans: [],
      throttle: { rate: 100, burst: 200 },
      tls: "SecurityPolicy_TLS13_1_2_2021_06",
      logRetentionDays: 30,
      tags: {},
    });
  });

  test.each([
    ["a bearer secret", undefined, "Authorization", "Bearer "],
    ["a bare header", "x-api-key", "x-api-key", ""],
    ["another scheme", "Authorization: Api-Key", "Authorization", "Api-Key "],
    ["a colon and no scheme", "api-key:", "api-key", ""],
  ])("sends the credential as %s", (_what, given, header, prefix) => {
    const gate = gateOf(sourceOf({ ...goodInputs, "upstream-header": given }));
    expect(gate.upstreams[0]?.credential).toEqual({
      header,
      prefix,
      secret: { store: "secrets-manager", arn: secretArn },
    });
  });

  test("a mock needs no URL and no secret, for a trial without an AI account", () => {
    const inputs = { path: goodInputs.path, tokens: goodInputs.tokens };
    const given = { stack: "prod", region: "eu-west-1", ...inputs };
    const gate = gateOf(sourceOf({ ...given, "upstream-kind": "mock" }));
    expect(gate.upstreams).toMatchObject([{ kind: "mock", status: 200 }]);
    expect(gate.routes).toMatchObject([{ stream: false, timeout: 29 }]);
  });

  test("an upstream of a kind needs no URL and no header", () => {
    const inputs = { ...goodInputs, upstream: undefined };
    const gate = gateOf(sourceOf({ ...inputs, "upstream-kind": "anthropic" }));
    expect(gate.tokenHeaders).toEqual(["x-api-key", "Authorization"]);
    expect(gate.upstreams).toMatchObject([
      {
        kind: "anthropic",
        url: "https://api.anthropic.com",
        credential: { header: "x-api-key", prefix: "" },
        headers: { "anthropic-version": "2023-06-01" },
      },
    ]);
  });

  test.each([
    ["openai/{proxy+}", "/openai/{proxy+}"],
    ["/openai", "/openai"],
    ["openai/", "/openai"],
    ["/a/{b}/c:d.e_f-g/", "/a/{b}/c:d.e_f-g"],
    ["/.well-known/thing", "/.well-known/thing"],
  ])("normalises the path %s", (path, normal) => {
    expect(gateOf(sourceOf({ ...goodInputs, path })).routes[0]?.path).toBe(
      normal,
    );
  });

  test.each([
    ["get", ["GET"]],
    ["POST, get", ["GET", "POST"]],
    ["any", ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"]],
    ["PUT\nDELETE", ["PUT", "DELETE"]],
  ])("reads the methods %j", (methods, expected) => {
    expect(
      gateOf(sourceOf({ ...goodInputs, methods })).routes[0]?.methods,
    ).toEqual(expected);
  });

  test("reads token lines with comments, blank lines, CRLF, `=` in a token and a rotation", () => {
    const padded = "cGFkZGVkLTAxMjM0NTY3ODlhYmNkZWZnaGlqa2w=";
    const tokens = `# teams\r\n\r\nteam-a=${token}\r\n ci = ${padded}\nteam-a=${otherToken}`;
    expect(gateOf(sourceOf({ ...goodInputs, tokens })).consumers).toEqual([
      {
        id: "team-a",
        tokenHashes: [sha256(token), sha256(otherToken)],
        ...plain,
      },
      { id: "ci", tokenHashes: [sha256(padded)], ...plain },
    ]);
  });

  test("takes tags", () => {
    const tags = "team=ai\n# x\ncost = 1 = 2";
    expect(gateOf(sourceOf({ ...goodInputs, tags })).tags).toEqual({
      team: "ai",
      cost: "1 = 2",
    });
  });

  test("takes a blank input for none", () => {
    const gate = gateOf(
      sourceOf({ ...goodInputs, path: " ", "token-header": "" }),
    );
    expect(gate.routes[0]?.path).toBe("/myservice");
    expect(gate.tokenHeaders).toEqual(["Authorization"]);
  });
});

describe("a gate from a config file", () => {
  test("has everything the file says", () => {
    const gate = gateOf(sourceOf(fewInputs, fullConfig));
    expect(gate).toMatchObject({
      stageName: "live",
      tokenHeaders: ["x-api-key"],
      auth: { mode: "built-in", cacheTtl: 30, store: "bundled", issuers: [] },
      upstreams: [
        {
          name: "anthropic",
          url: "https://api.anthropic.com",
          credential: {
            header: "x-api-key",
            prefix: "",
            secret: { store: "ssm", name: "/ai/anthropic" },
          },
          headers: { "anthropic-version": "2023-06-01" },
        },
        {
          name: "openai",
          url: "https://api.openai.com/v1/",
          credential: { header: "Authorization", prefix: "Bearer " },
        },
        {
          name: "scorer",
          url: "https://scores.example.com:8443/models/{id}",
          headers: {},
        },
      ],
      routes: [
        { path: "/openai/{proxy+}", methods: ["GET", "POST"], timeout: 600 },
        { path: "/anthropic/v1/{proxy+}", stream: true, timeout: 900 },
        { path: "/score/{id}", stream: false, timeout: 20 },
      ],
      throttle: { rate: 12.5, burst: 20 },
      cors: { origins: ["https://app.example.com", "http://localhost:3000"] },
      logRetentionDays: 14,
    });
    expect(gate.consumers).toEqual([
      {
        id: "team-a",
        tokenHashes: [sha256(token)],
        ...plain,
        access: [{ route: "/openai/{proxy+}" }, { route: "/score/{id}" }],
        expires: "2027-06-30",
      },
      {
        id: "team-b",
        tokenHashes: [sha256(otherToken), "ab".repeat(32)],
        ...plain,
      },
    ]);
    expect(gate.upstreams[2]).not.toHaveProperty("credential");
  });

  test("may give only what the inputs do not", () => {
    const gate = gateOf(
      sourceOf(
        goodInputs,
        "auth: { cache-ttl: 0 }\nlogs: { retention-days: 1 }",
      ),
    );
    expect(gate.auth).toMatchObject({ mode: "built-in", cacheTtl: 0 });
    expect(gate.logRetentionDays).toBe(1);
    expect(gate.routes).toHaveLength(1);
  });

  test("takes tokens from the input", () => {
    const text = `
upstreams: { a: { url: https://a.example.com } }
routes: [{ path: /a, upstream: a }]`;
    const gate = gateOf(
      sourceOf({ ...fewInputs, tokens: `ci=${token}` }, text),
    );
    expect(gate.consumers.map(({ id }) => id)).toEqual(["ci"]);
    expect(gate.routes[0]?.methods).toEqual(["GET", "POST"]);
  });

  test("holds the last day of an expiry, and today", () => {
    const text = fullConfig.replace("2027-06-30", "2026-08-01");
    expect(gateOf(sourceOf(fewInputs, text)).consumers[0]?.expires).toBe(
      "2026-08-01",
    );
  });
});

describe("a gate with the user's own authorizer", () => {
  const { tokens, "upstream-secret": secret, ...inputs } = goodInputs;
  const sources: Record<string, string> = {
    "authorizer.py": pythonHandler,
    "main.py": "check = lambda event, context: {}",
    "src/index.mjs": "export const handle = async () => ({});",
  };
  const files = (...names: string[]) =>
    workspaceOf(
      Object.fromEntries(
        names.map((name) => [`authorizer/${name}`, sources[name] ?? ""]),
      ),
    );

  test("is the tutorial's: a Python directory and nothing else", () => {
    expect([tokens, secret]).toBeDefined();
    const gate = gateOf(
      sourceOf(
        { ...inputs, authorizer: "./authorizer" },
        undefined,
        files("authorizer.py", "vendor/certifi/cacert.pem"),
      ),
    );
    expect(gate.auth).toEqual({
      mode: "custom",
      cacheTtl: 0,
      directory: "authorizer",
      runtime: "python3.13",
      handler: "authorizer.handler",
      type: "token",
    });
    expect(gate.consumers).toEqual([]);
  });

  test("finds Node by the handler's file, and takes a given runtime", () => {
    const both = files("src/index.mjs", "authorizer.py");
    const given = {
      ...inputs,
      authorizer: "authorizer/",
      "authorizer-handler": "src/index.handle",
    };
    expect(gateOf(sourceOf(given, undefined, both)).auth).toMatchObject({
      runtime: "nodejs24.x",
      handler: "src/index.handle",
    });
    const older = { ...given, "authorizer-runtime": "nodejs22.x" };
    expect(gateOf(sourceOf(older, undefined, both)).auth).toMatchObject({
      runtime: "nodejs22.x",
    });
  });

  test("can be described in the config file", () => {
    const text = `auth: { mode: custom, directory: authorizer, type: request, runtime: python3.12, handler: main.check, cache-ttl: 300 }`;
    expect(gateOf(sourceOf(inputs, text, files("main.py"))).auth).toEqual({
      mode: "custom",
      cacheTtl: 300,
      directory: "authorizer",
      runtime: "python3.12",
      handler: "main.check",
      type: "request",
    });
  });
});

test("several headers are read from an input, and from the file", () => {
  const given = {
    "token-header": " Authorization,\nx-api-key ",
    "strip-headers": "X-Team",
  };
  const headers = {
    tokenHeaders: ["Authorization", "x-api-key"],
    stripHeaders: ["X-Team"],
  };
  expect(gateOf(sourceOf({ ...goodInputs, ...given }))).toMatchObject(headers);
  const text =
    "token-header: [Authorization, x-api-key]\nstrip-headers: X-Team";
  expect(gateOf(sourceOf(goodInputs, text))).toMatchObject(headers);
});

test("the type of an own authorizer is an input too", () => {
  const { tokens, ...inputs } = goodInputs;
  expect(tokens).toBeDefined();
  const gate = gateOf(
    sourceOf(
      { ...inputs, authorizer: "own", "authorizer-type": "REQUEST" },
      undefined,
      workspaceOf({ "own/authorizer.py": pythonHandler }),
    ),
  );
  expect(gate.auth).toMatchObject({ mode: "custom", type: "request" });
});

describe("warnings", () => {
  test.each([
    [
      "an exact route beside a greedy one",
      `
upstreams: { a: { url: https://a.example.com/v1 } }
routes:
  - { path: "/a/{proxy+}", upstream: a }
  - { path: /models, upstream: a }`,
    ],
    [
      "a parameter that gets lost",
      `
upstreams: { a: { url: https://a.example.com/v1 } }
routes:
  - { path: "/a/{id}", upstream: a }`,
    ],
  ])("name %s", (_what, text) => {
    const warnings = warningsOf(
      sourceOf({ ...fewInputs, tokens: `ci=${token}` }, text),
    );
    expect(warnings).toHaveLength(1);
    expect(printedProblems(warnings)).toMatchSnapshot();
  });
});

test("250 routes make one gate", () => {
  const routes = Array.from(
    { length: 250 },
    (_, index) => `  - { path: /r${index}, upstream: a }`,
  );
  const text = `upstreams: { a: { url: https://a.example.com } }\nroutes:\n${routes.join("\n")}`;
  const parsed = parseGate(
    sourceOf({ ...fewInputs, tokens: `ci=${token}` }, text),
  );
  expect(parsed).toHaveProperty("gate");
});
