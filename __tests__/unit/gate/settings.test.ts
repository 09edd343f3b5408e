import {
  type ProofPublicKey,
  readSettings,
} from "../../../contract/authorizer-settings.ts";
import { buildDocument } from "../../../src/gate/openapi/openapi.ts";
import { buildSettings } from "../../../src/gate/authorizer-settings.ts";
import { usageKeysOf } from "../../../src/gate/usage-keys.ts";
import type { Gate, Issuer } from "../../../src/gate/gate.ts";
import {
  fewInputs,
  fullConfig,
  gateOf,
  otherToken,
  pythonHandler,
  secretArn,
  sha256,
  sourceOf,
  token,
  workspaceOf,
} from "../../fixtures/sources.ts";

const publicKey: ProofPublicKey = {
  kty: "OKP",
  crv: "Ed25519",
  x: "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
};

const overwritten = (...more: string[]) =>
  expect.arrayOf(
    expect.stringMatching(
      `^(?:${[
        "api-key",
        "api_key",
        "authorization",
        "ocp-apim-subscription-key",
        "ocp_apim_subscription_key",
        "proxy-authorization",
        "proxy_authorization",
        "x-api-key",
        "x-gate-consumer",
        "x-goog-api-key",
        "x-http-method",
        "x-http-method-override",
        "x-method-override",
        "x-original-url",
        "x-rewrite-url",
        "x_api_key",
        "x_gate_consumer",
        "x_goog_api_key",
        "x_http_method",
        "x_http_method_override",
        "x_method_override",
        "x_original_url",
        "x_rewrite_url",
        ...more,
      ].join("|")})$`,
    ),
  ) as string[];

test("the authorizer's settings have what it decides by, and no more", () => {
  const gate = gateOf(sourceOf(fewInputs, fullConfig));
  const settings = buildSettings(gate, { proofKey: publicKey, sha256 });
  expect(settings).toEqual({
    version: 2,
    gate: "ai-gate/prod",
    stage: "live",
    routes: [
      {
        path: "/openai/{proxy+}",
        methods: ["GET", "POST"],
        upstream: "openai",
        tokenHeaders: ["x-api-key"],
        overwritten: overwritten(),
        queryParameters: [],
        urlParameters: [],
      },
      {
        path: "/anthropic/v1/{proxy+}",
        methods: ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"],
        upstream: "anthropic",
        tokenHeaders: ["x-api-key"],
        overwritten: overwritten("anthropic-version", "anthropic_version"),
        queryParameters: [],
        urlParameters: [],
      },
      {
        path: "/score/{id}",
        methods: ["POST"],
        upstream: null,
        tokenHeaders: ["x-api-key"],
        overwritten: overwritten("accept-encoding", "accept_encoding"),
        queryParameters: [],
        urlParameters: ["id"],
      },
    ],
    upstreams: {
      anthropic: {
        prefix: "",
        secret: { store: "ssm", name: "/ai/anthropic" },
      },
      openai: {
        prefix: "Bearer ",
        secret: { store: "secrets-manager", arn: secretArn },
      },
    },
    issuers: [],
    consumers: [
      {
        id: "team-a",
        hashes: [sha256(token)],
        identities: [],
        expires: "2027-06-30",
        access: [{ route: "/openai/{proxy+}" }, { route: "/score/{id}" }],
      },
      {
        id: "team-b",
        hashes: [sha256(otherToken), "ab".repeat(32)],
        identities: [],
        access: "*",
      },
    ],
    store: null,
    custom: null,
    proof: { publicKey },
  });
  expect(settings.routes.map((one) => one.overwritten.length)).toEqual([
    23, 25, 25,
  ]);
  expect(JSON.stringify(settings)).not.toContain(token);
});

test("a route with models takes JSON alone", () => {
  const text = `
upstreams: { a: { url: https://a.example.com/v1/chat } }
routes:
  - { path: /a, methods: [POST], upstream: a, models: [m] }
  - { path: /b, methods: [POST], upstream: a }
consumers: [{ id: a, token: { env: TEAM_A_TOKEN } }]`;
  const { routes } = buildSettings(gateOf(sourceOf(fewInputs, text)), {
    proofKey: null,
    sha256,
  });
  expect(routes.map(({ jsonOnly }) => jsonOnly)).toEqual([true, undefined]);
});

test("without a proof there is no key", () => {
  const gate = gateOf(sourceOf(fewInputs, fullConfig));
  expect(buildSettings(gate, { proofKey: null, sha256 }).proof).toBeNull();
});

/** A gate that knows everything, with plans. */
const mixed = `
auth:
  issuers:
    staff: { issuer: https://login.example.com, audience: gate, jwks-uri: https://login.example.com/jwks, max-lifetime: 3600 }
upstreams: { a: { url: https://a.example.com, secret: "ssm:/a" } }
routes: [{ path: "/a/{proxy+}", methods: [GET], upstream: a }]
consumers:
  - { id: web, jwt: { issuer: staff, claims: { sub: me } }, plan: basic }
  - { id: key, token: { env: TEAM_A_TOKEN }, disabled: true }
plans: { basic: { rate: 1, burst: 1 } }
`;

test("issuers, identities and usage keys are in the settings too", () => {
  const gate = gateOf(sourceOf(fewInputs, mixed));
  const { issuers, consumers } = buildSettings(gate, {
    proofKey: null,
    sha256,
  });
  expect(issuers).toEqual([
    {
      name: "staff",
      issuer: "https://login.example.com",
      audiences: ["gate"],
      audienceClaim: "aud",
      algorithms: ["RS256"],
      keys: { uri: "https://login.example.com/jwks" },
      clockSkew: 30,
      maxLifetime: 3600,
      conditions: [],
    },
  ]);
  expect(consumers).toEqual([
    {
      id: "web",
      hashes: [],
      identities: [
        { issuer: "staff", conditions: [{ claim: "sub", anyOf: ["me"] }] },
      ],
      usageKey: sha256("ai-gate/prod/web"),
      access: "*",
    },
    {
      id: "key",
      hashes: [sha256(token)],
      identities: [],
      disabled: true,
      usageKey: sha256("ai-gate/prod/"),
      access: "*",
    },
  ]);
});

test("given keys are in the settings as they are, and keys that were not discovered are a bug", () => {
  const gate = gateOf(sourceOf(fewInputs, mixed));
  const withKeys = (keys: Issuer["keys"]): Gate => ({
    ...gate,
    auth: {
      mode: "built-in",
      cacheTtl: 60,
      store: "bundled",
      issuers:
        gate.auth.mode === "custom"
          ? []
          : gate.auth.issuers.map((issuer) => ({ ...issuer, keys })),
    },
  });
  const parts = { proofKey: null, sha256 };
  const jwks = { keys: [{ kty: "RSA", n: "x", e: "AQAB" }] };
  expect(
    buildSettings(withKeys({ kind: "given", jwks }), parts).issuers[0]?.keys,
  ).toEqual({ jwks });
  expect(() => buildSettings(withKeys({ kind: "discovery" }), parts)).toThrow(
    "the keys of staff were not discovered",
  );
});

test("with a table the settings have its name and no hash", () => {
  const gate = gateOf(sourceOf(fewInputs, `store: dynamodb\n${mixed}`));
  const parts = { proofKey: publicKey, sha256 };
  const settings = buildSettings(gate, { ...parts, table: "x-tokens" });
  expect(settings.store).toEqual({ table: "x-tokens" });
  expect(settings.consumers.flatMap(({ hashes }) => hashes)).toEqual([]);
  expect(() => buildSettings(gate, parts)).toThrow("no name of the table");
});

test("a custom authorizer behind the gate's own is in the settings, and nothing else decides", () => {
  const gate = gateOf(
    sourceOf(
      fewInputs,
      `auth: { mode: custom, directory: own }
upstreams: { a: { url: https://a.example.com, secret: "ssm:/a" } }
routes: [{ path: "/a/{proxy+}", methods: [GET], upstream: a }]`,
      workspaceOf({ "own/authorizer.py": pythonHandler }),
    ),
  );
  const parts = { proofKey: publicKey, sha256 };
  const settings = buildSettings(gate, { ...parts, customFunction: "own" });
  expect(settings).toMatchObject({
    upstreams: { a: { secret: { store: "ssm", name: "/a" } } },
    issuers: [],
    consumers: [],
    store: null,
    custom: { function: "own", type: "token" },
    proof: null,
  });
  expect(() => buildSettings(gate, parts)).toThrow("no name of the custom");
});

test("plans have a key for each of their consumers, and one for all others", () => {
  const gate = gateOf(sourceOf(fewInputs, mixed));
  expect(usageKeysOf(gate, sha256)).toEqual([
    { consumer: "web", plan: "basic", value: sha256("ai-gate/prod/web") },
    { consumer: undefined, plan: undefined, value: sha256("ai-gate/prod/") },
  ]);
  const without = gateOf(sourceOf(fewInputs, fullConfig));
  expect(usageKeysOf(without, sha256)).toEqual([]);
});

/** `count` routes of one upstream, as lines of a config. */
const manyRoutes = (count: number) =>
  Array.from(
    { length: count },
    (_, index) =>
      `  - { path: "/r${index}/{id}", methods: [GET, POST], upstream: a }`,
  ).join("\n");

const settingsOf = (routes: string, access: string) =>
  buildSettings(
    gateOf(
      sourceOf(
        fewInputs,
        `upstreams: { a: { url: "https://a.example.com", secret: "ssm:/a" } }
routes:
${routes}
consumers: [{ id: me, token: { env: TEAM_A_TOKEN }, routes: ${access} }]`,
      ),
    ),
    { proofKey: publicKey, sha256 },
  );

// Each of these was refused before: as an overlap of patterns, as no route, or as too long an answer.
test.each<[string, string, string, object[]]>([
  [
    "an exact route beside a greedy one",
    `  - { path: "/openai/{proxy+}", upstream: a }
  - { path: /openai/models, methods: [GET], upstream: a }`,
    "[/openai/models]",
    [{ route: "/openai/models" }],
  ],
  [
    "a literal path below a greedy route",
    `  - { path: "/openai/{proxy+}", upstream: a }`,
    "[GET /openai/models]",
    [
      {
        route: "/openai/{proxy+}",
        methods: ["GET"],
        exactly: "/openai/models",
      },
    ],
  ],
  [
    "a prefix below a greedy route",
    `  - { path: "/openai/{proxy+}", upstream: a }`,
    "[/openai/v1/**]",
    [{ route: "/openai/{proxy+}", below: "/openai/v1" }],
  ],
  [
    "one method of a path",
    `  - { path: "/a/{id}", methods: [GET, DELETE], upstream: a }
  - { path: "/a/b", methods: [GET], upstream: a }`,
    '["GET /a/{id}"]',
    [{ route: "/a/{id}", methods: ["GET"] }],
  ],
  [
    "a parameter beside a literal",
    `  - { path: "/{tenant}/usage", methods: [GET], upstream: a }
  - { path: /usage, methods: [GET], upstream: a }
  - { path: /x/usage, methods: [GET], upstream: a }`,
    '["/{tenant}/usage"]',
    [{ route: "/{tenant}/usage" }],
  ],
  [
    "a hundred single routes",
    manyRoutes(140),
    JSON.stringify(Array.from({ length: 100 }, (_, at) => `GET /r${at}/{id}`)),
    Array.from({ length: 100 }, (_, at) => ({
      route: `/r${at}/{id}`,
      methods: ["GET"],
    })),
  ],
])("a consumer can be held to %s", (_, routes, access, grants) => {
  const settings = settingsOf(routes, access);
  expect(settings.consumers[0]?.access).toEqual(grants);
  expect(readSettings(JSON.parse(JSON.stringify(settings)))).toEqual(settings);
});

test("what is overwritten is what the document maps, once each", () => {
  const gate = gateOf(
    sourceOf(
      fewInputs,
      `strip-headers: [X-Team, cookie]\n${fullConfig.replace('models/{id}"', 'models/{id}", headers: { accept-encoding: br }')}`,
    ),
  );
  const { routes } = buildSettings(gate, { proofKey: null, sha256 });
  const { paths } = buildDocument(gate, {
    name: "x",
    authorizerUri: "uri",
    sha256,
    proofKey: null,
  });
  const prefix = "integration.request.header.";
  for (const [index, { methods, path, stream }] of gate.routes.entries()) {
    const operation = paths[path]?.[methods[0]!.toLowerCase()];
    const integration = operation?.["x-amazon-apigateway-integration"];
    const parameters =
      integration !== undefined && "requestParameters" in integration
        ? integration.requestParameters
        : {};
    const mapped = Object.keys(parameters)
      .filter((name) => name.startsWith(prefix))
      .map((name) => name.slice(prefix.length).toLowerCase());
    expect(new Set(mapped).size).toBe(mapped.length);
    const names = routes[index]?.overwritten ?? [];
    expect(names).toEqual(mapped.toSorted());
    expect(names).toEqual(
      expect.arrayContaining(["x-team", "x_team", "cookie", "x_api_key"]),
    );
    expect(names.includes("accept-encoding")).toBe(!stream);
    if (!stream)
      expect(parameters).toHaveProperty(
        ["integration.request.header.Accept-Encoding"],
        "'identity'",
      );
  }
});

test("a function is told of the whole call: nothing is overwritten, and what a caller might forge is refused", () => {
  const gate = gateOf(
    sourceOf(
      { ...fewInputs, tokens: `ci=${token}` },
      `strip-headers: [X-Team, x-api-key]
upstreams:
  tool: { kind: lambda, arn: "arn:aws:lambda:eu-west-1:111122223333:function:tool" }
  scorer: { kind: sagemaker, endpoint: scorer }
  trial: { kind: mock }
  claude: { kind: anthropic, secret: "ssm:/k" }
routes:
  - { path: "/tool/{id}", upstream: tool }
  - { path: /score, upstream: scorer }
  - { path: "/trial/{proxy+}", upstream: trial }
  - { path: "/claude/{proxy+}", upstream: claude }`,
    ),
  );
  const settings = buildSettings(gate, { proofKey: null, sha256 });
  const [tool, score, trial, claude] = settings.routes;
  expect(tool).toEqual({
    path: "/tool/{id}",
    methods: ["GET", "POST"],
    upstream: null,
    tokenHeaders: ["Authorization"],
    overwritten: [],
    queryParameters: [],
    urlParameters: [],
    refused: [
      "x-api-key",
      "api-key",
      "x-goog-api-key",
      "ocp-apim-subscription-key",
      "proxy-authorization",
      "x-original-url",
      "x-rewrite-url",
      "x-team",
      "x-gate-consumer",
    ],
  });
  for (const one of [score, trial]) {
    expect(one).toMatchObject({ upstream: null });
    expect(one).not.toHaveProperty("refused");
    expect(one?.overwritten).toEqual(
      expect.arrayContaining(["authorization", "x-api-key", "x-gate-consumer"]),
    );
  }
  expect(claude).toMatchObject({ upstream: "claude" });
  expect(Object.keys(settings.upstreams)).toEqual(["claude"]);
});

test("settings with which the authorizer would not start are a bug of ours", () => {
  const gate = gateOf(sourceOf(fewInputs, fullConfig));
  const parts = { proofKey: null, sha256 };
  const upstreams = gate.upstreams.map((one) => ({ ...one, tokenHeaders: [] }));
  expect(() => buildSettings({ ...gate, upstreams }, parts)).toThrow(
    "settings.routes[0].tokenHeaders",
  );
});

test("of a credential's source the authorizer learns where it is, not what the role may do", () => {
  const gate = gateOf(
    sourceOf(
      { ...fewInputs, tokens: `ci=${token}` },
      `
upstreams:
  a: { kind: bedrock, region: us-east-1, models: [amazon.nova-pro-v1:0] }
  b: { kind: openai, secret: "${secretArn}:AWSPREVIOUS#key", kms-key: "arn:aws:kms:eu-west-1:111122223333:key/a" }
  c: { kind: openai, secret: "ssm:/c", kms-key: "arn:aws:kms:eu-west-1:111122223333:key/a" }
routes: [{ path: /a, upstream: a }, { path: /b, upstream: b }, { path: /c, upstream: c }]`,
    ),
  );
  const { upstreams } = buildSettings(gate, { proofKey: publicKey, sha256 });
  expect(upstreams).toEqual({
    a: {
      prefix: "Bearer ",
      secret: { store: "bedrock", region: "us-east-1" },
    },
    b: {
      prefix: "Bearer ",
      secret: {
        store: "secrets-manager",
        arn: secretArn,
        version: "AWSPREVIOUS",
        key: "key",
      },
    },
    c: { prefix: "Bearer ", secret: { store: "ssm", name: "/c" } },
  });
});
