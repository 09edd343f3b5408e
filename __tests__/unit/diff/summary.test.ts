import { diffSummaries } from "../../../src/diff/diff-summaries.ts";
import {
  type GateSummary,
  invokePathOf,
  readSummary,
  summarizeGate,
} from "../../../src/diff/summary.ts";
import type {
  Consumer,
  Gate,
  Issuer,
  IssuerKeys,
} from "../../../src/gate/gate.ts";
import { customGate } from "../../fixtures/proof-gates.ts";
import {
  fewInputs,
  fullConfig,
  gateOf,
  otherToken,
  secretArn,
  sha256,
  sourceOf,
  token,
} from "../../fixtures/sources.ts";
import {
  base,
  consumer as callerSummary,
  issuer as issuerSummary,
  route as routeSummary,
} from "../../fixtures/summaries.ts";

const gate = gateOf(sourceOf(fewInputs, fullConfig));

const context = { sha256, proof: true };
const digest = (...parts: string[]) =>
  sha256([gate.id, ...parts].join("/")).slice(0, 16);

const webAcl =
  "arn:aws:wafv2:eu-west-1:111122223333:regional/webacl/edge/11111111-2222-3333-4444-555555555555";

test("a summary tells everything but secrets", () => {
  const summary = summarizeGate(gate, context);
  expect(summary).toStrictEqual({
    version: 5,
    websockets: ["/openai/responses"],
    stageName: "live",
    tokenHeaders: ["x-api-key"],
    stripHeaders: [],
    tls: "SecurityPolicy_TLS13_1_2_2021_06",
    proof: true,
    roles: { path: "/" },
    auth: { modes: ["token"], cacheTtl: 30, store: "bundled", issuers: [] },
    routes: [
      {
        path: "/openai/{proxy+}",
        methods: ["GET", "POST"],
        upstream: "openai",
        kind: "http",
        host: "api.openai.com",
        target: "https://api.openai.com/v1/{proxy}",
        guarded: true,
        credential: {
          header: "Authorization",
          prefix: "Bearer ",
          secret: "openai-key",
          store: "secrets-manager",
          digest: digest("secrets-manager", secretArn),
        },
        headers: {},
        query: {},
        stream: true,
        timeout: 600,
      },
      {
        path: "/anthropic/v1/{proxy+}",
        methods: ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"],
        upstream: "anthropic",
        kind: "http",
        host: "api.anthropic.com",
        target: "https://api.anthropic.com/{proxy}",
        guarded: true,
        credential: {
          header: "x-api-key",
          prefix: "",
          secret: "/ai/anthropic",
          store: "ssm",
          digest: digest("ssm", "/ai/anthropic"),
        },
        headers: {
          "anthropic-version": digest(
            "header",
            "anthropic-version",
            "2023-06-01",
          ),
        },
        query: {},
        stream: true,
        timeout: 900,
      },
      {
        path: "/score/{id}",
        methods: ["POST"],
        upstream: "scorer",
        kind: "http",
        host: "scores.example.com:8443",
        target: "https://scores.example.com:8443/models/{id}",
        guarded: true,
        headers: {},
        query: {},
        stream: false,
        timeout: 20,
      },
    ],
    consumers: [
      {
        id: "team-a",
        tokenIds: [digest("team-a", sha256(token))],
        identities: [],
        access: [{ route: "/openai/{proxy+}" }, { route: "/score/{id}" }],
        expires: "2027-06-30",
        disabled: false,
      },
      {
        id: "team-b",
        tokenIds: [sha256(otherToken), "ab".repeat(32)]
          .map((hash) => digest("team-b", hash))
          .sort(),
        identities: [],
        access: "*",
        disabled: false,
      },
    ],
    plans: [],
    throttle: { rate: 12.5, burst: 20 },
    logRetentionDays: 14,
    origins: ["https://app.example.com", "http://localhost:3000"],
  });
  const text = JSON.stringify(summary);
  for (const { tokenHashes } of gate.consumers)
    for (const hash of tokenHashes) expect(text).not.toContain(hash);
  expect(text).not.toContain(secretArn);
  expect(text).not.toContain("111122223333");
  expect(text).not.toContain("2023-06-01");
  expect(JSON.parse(text)).toEqual(summary);
});

test("of keys of Bedrock it tells the region and the models, and no account", () => {
  const profile =
    "arn:aws:bedrock:us-east-1:111122223333:application-inference-profile/abc";
  const text = `
upstreams: { a: { kind: bedrock, region: us-east-1, models: [amazon.nova-pro-v1:0, "${profile}"] } }
routes: [{ path: /a, upstream: a }]
consumers: [{ id: ci, token: { env: TEAM_A_TOKEN } }]`;
  const summary = summarizeGate(gateOf(sourceOf(fewInputs, text)), context);
  expect(summary.routes[0]?.credential).toEqual({
    header: "Authorization",
    prefix: "Bearer ",
    secret: "us-east-1",
    store: "bedrock",
    models: ["amazon.nova-pro-v1:0", "application-inference-profile/abc"],
    digest: digest("bedrock", "us-east-1"),
  });
  expect(JSON.stringify(summary)).not.toContain("111122223333");
  expect(readSummary(summary)).toEqual(summary);
});

const consumer: Consumer = {
  id: "ci",
  tokenHashes: [],
  identities: [],
  access: "*",
  disabled: false,
};
const byJwt = { identities: [{ issuer: "staff", conditions: [] }] };
const byGithub = { identities: [{ issuer: "github", conditions: [] }] };

const issuer: Issuer = {
  name: "staff",
  issuer: "https://staff.example.com",
  audiences: ["gate"],
  audienceClaim: "aud",
  algorithms: ["RS256"],
  keys: { kind: "discovery" },
  clockSkew: 30,
  conditions: [],
};

function authOf(
  consumers: readonly Partial<Consumer>[],
  more: Partial<Extract<Gate["auth"], { mode: "built-in" }>> = {},
) {
  const auth = {
    mode: "built-in" as const,
    cacheTtl: 60,
    store: "bundled" as const,
    issuers: [],
    ...more,
  };
  return summarizeGate(
    {
      ...gate,
      auth,
      consumers: consumers.map((one) => ({ ...consumer, ...one })),
    },
    context,
  ).auth;
}

test.each([
  ["tokens", [{ tokenHashes: ["a"] }], ["token"]],
  ["JWTs", [byJwt], ["jwt"]],
  ["GitHub workflows", [byGithub], ["github-oidc"]],
  [
    "everything, in one order",
    [byGithub, byJwt, { tokenHashes: ["a"] }],
    ["token", "jwt", "github-oidc"],
  ],
  ["nothing", [], []],
] as [string, Partial<Consumer>[], string[]][])(
  "callers are known by %s",
  (_, consumers, modes) => {
    expect(authOf(consumers).modes).toEqual(modes);
  },
);

test("a table of tokens knows tokens, whatever the file says of them", () => {
  expect(authOf([byJwt], { store: "dynamodb" })).toEqual({
    modes: ["token", "jwt"],
    cacheTtl: 60,
    store: "dynamodb",
    issuers: [],
  });
});

test.each<[IssuerKeys, string]>([
  [{ kind: "discovery" }, "discovery"],
  [{ kind: "uri", uri: "https://k.example.com" }, "https://k.example.com"],
  [
    { kind: "given", jwks: { keys: [{ kty: "OKP", x: "abc" }] } },
    '[{"kty":"OKP","x":"abc"}]',
  ],
])("an issuer with its keys from %j", (keys, words) => {
  const { issuers } = authOf([byJwt], { issuers: [{ ...issuer, keys }] });
  expect(issuers).toEqual([{ ...issuer, keys: words }]);
});

test("a consumer with all that it may have", () => {
  const full: Consumer = {
    id: "ci",
    tokenHashes: ["a", "b"],
    identities: [
      { issuer: "staff", conditions: [{ claim: "scope", anyOf: ["x"] }] },
    ],
    access: [{ route: "/a" }],
    expires: "2027-01-01",
    disabled: true,
    plan: "basic",
  };
  expect(
    summarizeGate({ ...gate, consumers: [full] }, context).consumers,
  ).toStrictEqual([
    {
      id: "ci",
      tokenIds: ["a", "b"].map((hash) => digest("ci", hash)).sort(),
      identities: full.identities,
      access: [{ route: "/a" }],
      expires: "2027-01-01",
      disabled: true,
      plan: "basic",
    },
  ]);
});

test.each([
  [undefined, {}],
  ["0123", { digest: "0123" }],
])(
  "a custom authorizer stands alone, with its files' digest %s",
  (ownAuthorizer, rest) => {
    const how = {
      directory: "a",
      runtime: "python3.13",
      handler: "a.b",
      type: "token" as const,
    };
    const auth = { mode: "custom" as const, cacheTtl: 5, ...how };
    expect(
      summarizeGate({ ...gate, auth, consumers: [] }, { sha256, ownAuthorizer })
        .auth,
    ).toStrictEqual({
      modes: ["custom"],
      cacheTtl: 5,
      store: "bundled",
      issuers: [],
      custom: { ...how, ...rest },
    });
  },
);

test("a token has another digest at another consumer and at another gate", () => {
  const idsOf = (id: string, gateId: string) =>
    summarizeGate(
      {
        ...gate,
        id: gateId,
        consumers: [{ ...consumer, id, tokenHashes: ["a"] }],
      },
      context,
    ).consumers[0]!.tokenIds;
  const all = [
    ...idsOf("x", "p/one"),
    ...idsOf("y", "p/one"),
    ...idsOf("x", "p/two"),
  ];
  expect(new Set(all).size).toBe(3);
  expect(all.every((id) => /^[0-9a-f]{16}$/.test(id))).toBe(true);
});

test("static headers are the same in other letters, but not with another value", () => {
  const headersOf = (headers: Record<string, string>) =>
    summarizeGate(
      {
        ...gate,
        upstreams: gate.upstreams.map((one) => ({ ...one, headers })),
      },
      context,
    ).routes[0]!.headers;
  expect(headersOf({ "X-Tenant": "one" })).toEqual(
    headersOf({ "x-tenant": "one" }),
  );
  expect(JSON.stringify(headersOf({ "x-b": "1", "X-a": "2" }))).toBe(
    JSON.stringify(headersOf({ "x-a": "2", "x-b": "1" })),
  );
  expect(headersOf({ "x-tenant": "one" })).not.toEqual(
    headersOf({ "x-tenant": "two" }),
  );
});

test("nothing is said of a proof that nobody asked for", () => {
  expect(summarizeGate(gate, { sha256 }).proof).toBe(false);
});

const upstreamRoutes = `
upstreams: { a: { url: "https://a.example.com:8444/v1", query: { b: "2", a: "1" } } }
routes: [{ path: /a, upstream: a }]
consumers: [{ id: ci, token: { env: TEAM_A_TOKEN } }]
`;

test.each<[string, string, object]>([
  [
    "a domain that the gate makes",
    `domain: { name: ai.example.com, certificate: "arn:aws:acm:eu-west-1:111122223333:certificate/11111111-2222-3333-4444-555555555555", base-path: gate, default-endpoint: false }`,
    {
      domain: {
        name: "ai.example.com",
        basePath: "gate",
        defaultEndpoint: false,
        isMade: true,
      },
    },
  ],
  [
    "a domain that is there",
    "domain: { name: ai.example.com, base-path: gate }",
    {
      domain: {
        name: "ai.example.com",
        basePath: "gate",
        defaultEndpoint: true,
        isMade: false,
      },
    },
  ],
  [
    "a firewall, without its account",
    `waf: { web-acl: "${webAcl}" }`,
    { webAcl: { name: "edge", digest: digest("web-acl", webAcl) } },
  ],
])("%s is in the summary", (_, more, expected) => {
  const given = gateOf(sourceOf(fewInputs, upstreamRoutes + more));
  const summary = summarizeGate(given, context);
  expect(summary).toMatchObject(expected);
  expect(Object.keys(summary)).toEqual(
    expect.arrayContaining(Object.keys(expected)),
  );
  expect(JSON.stringify(summary)).not.toContain("111122223333");
  expect(readSummary(JSON.stringify(summary))).toEqual(summary);
});

test("a gate without them has none of domain, firewall, metadata and WebSockets", () => {
  const summary = summarizeGate(
    gateOf(sourceOf(fewInputs, upstreamRoutes)),
    context,
  );
  for (const name of ["domain", "webAcl", "metadata", "websockets"])
    expect(summary).not.toHaveProperty(name);
});

test("static parameters of the query are digests, whatever their order", () => {
  const [route] = summarizeGate(
    gateOf(sourceOf(fewInputs, upstreamRoutes)),
    context,
  ).routes;
  expect(route).toMatchObject({
    host: "a.example.com:8444",
    target: "https://a.example.com:8444/v1",
    query: { a: digest("query", "a", "1"), b: digest("query", "b", "2") },
    headers: {},
  });
  expect(Object.keys(route?.query ?? {})).toEqual(["a", "b"]);
  expect(route).not.toHaveProperty("vpcLink");
});

test("a VPC link is named", () => {
  const text = upstreamRoutes.replace("query:", "vpc-link: abc123, query:");
  const [route] = summarizeGate(
    gateOf(sourceOf(fewInputs, text)),
    context,
  ).routes;
  expect(route?.vpcLink).toBe("abc123");
});

test.each([
  ["/openai/{proxy+}", "/openai"],
  ["/a/{b}/{proxy+}", "/a/{b}"],
  ["/a/{b}", "/a/{b}"],
  ["/a", "/a"],
])("the output invoke-url of %s ends in %s", (path, expected) => {
  expect(invokePathOf({ routes: [{ path }, { path: "/x" }] })).toBe(expected);
  expect(invokePathOf({ routes: [] })).toBeUndefined();
});

test.each(["", "{", "[", '"x"', "null", "undefined"])(
  "the text %j is no summary",
  (stored) => {
    expect(readSummary(stored)).toBeUndefined();
  },
);

test("no CORS is no origins", () => {
  const without: Gate = gateOf(
    sourceOf(fewInputs, fullConfig.replace(/^cors: .*$/m, "")),
  );
  expect(summarizeGate(without, context).origins).toEqual([]);
});

const everything: GateSummary = {
  ...base,
  auth: {
    ...base.auth,
    issuers: [
      issuerSummary({
        maxLifetime: 60,
        conditions: [
          { claim: "a", anyOf: ["x", 1, true] },
          { claim: "b", anyOf: ["y"] },
        ],
      }),
    ],
  },
  routes: [routeSummary("/a", { headers: { "x-a": "1" } })],
  consumers: [
    callerSummary("ci", {
      identities: [{ issuer: "staff", conditions: [] }],
      expires: "2027-01-01",
      plan: "basic",
      access: [
        { route: "/a", methods: ["GET"] },
        { route: "/b/{p+}", below: "/b/c" },
        { route: "/b/{p+}", exactly: "/b/d" },
      ],
    }),
    callerSummary("all", { access: "*" }),
  ],
  plans: [
    { name: "basic", rate: 1, burst: 2, quota: { limit: 3, period: "WEEK" } },
    { name: "more", rate: 1, burst: 2 },
  ],
  origins: ["*"],
};

test("what is not a URL is named by its kind; a mock's answer shows as a digest", () => {
  const config = (body: string) =>
    gateOf(
      sourceOf(
        { ...fewInputs, tokens: `ci=${token}` },
        `upstreams:
  tool: { kind: lambda, arn: "arn:aws:lambda:eu-west-1:111122223333:function:tool:live" }
  scorer: { kind: sagemaker, endpoint: scorer-v2 }
  trial: { kind: mock, body: ${body} }
routes: [{ path: /a, upstream: tool }, { path: /b, upstream: scorer }, { path: /c, upstream: trial }]`,
      ),
    );
  const [tool, scorer, trial] = summarizeGate(config("canary"), context).routes;
  expect(tool).toMatchObject({
    host: "lambda:tool:live",
    target: "lambda:tool:live",
    seesCredential: true,
  });
  expect(JSON.stringify([tool, scorer, trial])).not.toMatch(
    /111122223333|canary/,
  );
  expect(scorer).toMatchObject({ target: "sagemaker:scorer-v2" });
  expect(scorer).not.toHaveProperty("seesCredential");
  expect(trial).toMatchObject({ host: "mock", target: "mock" });
  const { answer } = summarizeGate(config("other"), context).routes[2]!;
  expect([answer, trial?.answer]).toEqual([
    expect.stringMatching(/^[0-9a-f]{16}$/),
    expect.not.stringMatching(answer!),
  ]);
});

test.each([
  ["a gate with everything", everything],
  ["a gate of a config", summarizeGate(gate, { sha256 })],
  [
    "a gate with an authorizer of one's own",
    summarizeGate(customGate(), { sha256, ownAuthorizer: "1" }),
  ],
  [
    "the same before its files were read",
    summarizeGate(customGate(), { sha256 }),
  ],
])("%s is read as it was written", (_, summary) => {
  const stored: unknown = JSON.parse(JSON.stringify(summary));
  expect(readSummary(stored)).toStrictEqual(summary);
  expect(diffSummaries(readSummary(stored), summary)).toEqual([]);
});

/** Every place in the data: a list of keys from the top. */
const placesOf = (value: unknown): string[][] =>
  typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([key, inner]) => [
        [key],
        ...placesOf(inner).map((rest) => [key, ...rest]),
      ])
    : [];

type Data = Record<string, unknown>;

function withValue(place: readonly string[], value: unknown): unknown {
  const copy: unknown = structuredClone(everything);
  const last = place.at(-1)!;
  const parent = place
    .slice(0, -1)
    .reduce((one, key) => one[key] as Data, copy as Data);
  parent[last] = value;
  return copy;
}

test("nothing else is taken for a summary, wherever it differs", () => {
  const taken = placesOf(everything).filter(
    (place) => readSummary(withValue(place, null)) !== undefined,
  );
  expect(taken).toEqual([]);
});

test.each<[string, unknown]>([
  ["nothing", undefined],
  ["null", null],
  ["a text", "{}"],
  ["an empty object", {}],
  ["a list", [everything]],
  ["an earlier version", { ...everything, version: 4 }],
  ["a later version", { ...everything, version: 6 }],
  ["access as it was before", withValue(["consumers", "0", "access"], ["/a"])],
  ["an unknown kind of credential", withValue(["auth", "modes", "0"], "x")],
  ["an unknown method", withValue(["routes", "0", "methods", "0"], "TRACE")],
  ["an unknown store", withValue(["auth", "store"], "x")],
])("%s is no summary", (_, stored) => {
  expect(readSummary(stored)).toBeUndefined();
});

test("a route's models are in the summary, and a summary without them is read", () => {
  const text = `
upstreams: { a: { url: https://a.example.com/v1/chat } }
routes:
  - { path: /a, methods: [POST], upstream: a, models: [m2, m1] }
  - { path: /b, methods: [POST], upstream: a }
consumers: [{ id: a, token: { env: TEAM_A_TOKEN } }]`;
  const gate = gateOf(sourceOf(fewInputs, text));
  const summary = summarizeGate(gate, { sha256 });
  expect(summary.routes.map(({ models }) => models)).toEqual([
    ["m1", "m2"],
    undefined,
  ]);
  expect(readSummary(JSON.parse(JSON.stringify(summary)))).toEqual(summary);
});

test("the roles' path and boundary are in it, without the account", () => {
  const arn = "arn:aws:iam::111122223333:policy/teams/limit";
  const inputs = { "role-path": "/ai/", "permissions-boundary": arn };
  const text = `
upstreams: { a: { url: https://a.example.com/v1/chat } }
routes: [{ path: /a, methods: [POST], upstream: a }]
consumers: [{ id: a, token: { env: TEAM_A_TOKEN } }]`;
  const bounded = gateOf(sourceOf({ ...fewInputs, ...inputs }, text));
  const summary = summarizeGate(bounded, { sha256 });
  expect(summary.roles).toEqual({
    path: "/ai/",
    boundary: {
      name: "teams/limit",
      digest: sha256(`${bounded.id}/boundary/${arn}`).slice(0, 16),
    },
  });
  expect(JSON.stringify(summary)).not.toContain("111122223333");
  const { roles, ...older } = summary;
  expect(readSummary(older)).toEqual(older);
  expect(diffSummaries(older, { ...older, roles: { path: "/" } })).toEqual([]);
  const lost = diffSummaries(summary, { ...older, roles: { path: "/ai/" } });
  expect(lost).toMatchObject([
    { code: "policy-widened", subject: "permissions-boundary", security: true },
  ]);
  expect(roles?.boundary).toBeDefined();
});

test("where the gate answers WebSocket handshakes itself is in it, and told when it changes", () => {
  const to = (url: string) =>
    summarizeGate(
      gateOf(
        sourceOf(
          fewInputs,
          `
upstreams: { a: { url: "${url}" } }
routes: [{ path: "/ai/{proxy+}", methods: [GET, POST], upstream: a }]
consumers: [{ id: user, token: { env: TEAM_A_TOKEN } }]`,
        ),
      ),
      context,
    );
  const known = to("https://api.openai.com/v1");
  expect(known.websockets).toEqual(["/ai/responses"]);
  expect(readSummary(JSON.parse(JSON.stringify(known)))).toEqual(known);
  const told = (before: GateSummary | undefined, after: GateSummary) =>
    diffSummaries(before, after)
      .filter(({ subject }) => subject === "websockets")
      .map(({ code, security, sentence }) => [code, security, sentence]);
  const added = [
    "delivery-changed",
    false,
    "the gate answers GET `/ai/responses` itself: 426 to clients that ask for a WebSocket, which go on with HTTP",
  ];
  const removed = [
    "delivery-changed",
    false,
    "the gate no longer answers GET `/ai/responses` itself",
  ];
  const other = to("https://llm.example.com/v1");
  expect(other).not.toHaveProperty("websockets");
  expect(told(undefined, known)).toEqual([]);
  expect(told(known, known)).toEqual([]);
  expect(told(other, known)).toEqual([added]);
  expect(told(known, other)).toEqual([removed]);
});

test("what an MCP gate serves openly is in it, and told as what it is", () => {
  const withServer = (more: string) =>
    summarizeGate(
      gateOf(
        sourceOf(
          fewInputs,
          `
auth: { issuers: { staff: { issuer: https://login.example.com, audience: tools } } }
upstreams: { tools: { kind: mcp, url: https://tools.example.com/mcp${more} } }
routes: [{ path: /mcp, upstream: tools }]
consumers: [{ id: user, jwt: { issuer: staff } }]`,
        ),
      ),
      context,
    );
  const path = "/.well-known/oauth-protected-resource/mcp";
  const plain = withServer("");
  expect(plain.metadata).toEqual([
    { path, issuers: ["https://login.example.com"], scopes: [] },
  ]);
  expect(readSummary(JSON.parse(JSON.stringify(plain)))).toEqual(plain);
  const told = (before: GateSummary | undefined, after: GateSummary) =>
    diffSummaries(before, after)
      .filter(({ subject }) => subject === "metadata")
      .map(({ code, sentence }) => `${code}: ${sentence}`);
  const is = `\`${path}\` names \`https://login.example.com\``;
  const added = `route-added: anybody may read where MCP clients sign in: ${is}`;
  expect(told(undefined, plain)).toEqual([added]);
  expect(told(plain, plain)).toEqual([]);
  expect(told(plain, withServer(", scopes: [read]"))).toEqual([
    `${added} and the scopes \`read\``,
    `route-removed: nobody is told any more where to sign in: ${is}`,
  ]);
  expect(diffSummaries(undefined, plain).map(({ code }) => code)).not.toContain(
    "public-route",
  );
});
