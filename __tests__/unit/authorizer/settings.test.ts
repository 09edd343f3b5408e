// The settings file: what is not exactly right stops the cold start, with the place and without the value.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSettings } from "../../../authorizer/settings.ts";
import { InvalidData } from "../../../contract/readers.ts";
import {
  foreignKeys,
  customGate,
  parse,
  secretArn,
  settingsFile,
  sha256,
  toJwk,
  tokenA,
  tokenB,
} from "../../fixtures/authorizer.ts";
import { consumersFile, issuersFile } from "../../fixtures/issuers.ts";

const [teamA, teamB] = settingsFile.consumers;
const [openai, models] = settingsFile.routes;
const withRoute = (changes: object) => ({
  routes: [{ ...openai, ...changes }, ...settingsFile.routes.slice(1)],
});
const withConsumer = (changes: object) => ({
  consumers: [{ ...teamA, ...changes }, teamB],
});
const withSecret = (secret: unknown) => ({
  upstreams: { ...settingsFile.upstreams, openai: { prefix: "", secret } },
});
const staff = issuersFile[0]!;
const canary = "canary-must-not-be-quoted";

test("the deploy job's file is read", () => {
  const settings = parse();
  expect([...settings.consumers.keys()]).toEqual([
    "team-a",
    "team-b",
    "team-c",
    "ops",
  ]);
  expect([...settings.tokens.keys()]).toHaveLength(5);
  expect(settings.tokens.get(sha256(tokenB))).toEqual({
    consumer: settings.consumers.get("team-b"),
  });
  expect(settings.consumers.get("team-b")?.expires).toBe(
    Date.parse("2027-07-01T00:00:00Z"),
  );
  expect(settings.consumers.get("team-a")?.expires).toBeUndefined();
  expect(settings).toMatchObject({ stage: "v1", table: null, custom: null });
  expect(settings.upstreams).toContainEqual({
    name: "an-thropic",
    prefix: "",
    secret: { store: "ssm", name: "/ai/anthropic" },
  });
});

test("a route is found by method and path, with its upstream and its headers in small letters", () => {
  const { routes, upstreams } = parse();
  expect(routes.size).toBe(13);
  const route = routes.get("POST /models/{model}");
  expect(route).toMatchObject({
    path: "/models/{model}",
    upstream: upstreams[1],
    tokenHeaders: ["x-api-key", "authorization"],
    urlParameters: ["model"],
  });
  expect(routes.get("GET /score")?.upstream).toBeNull();
  expect(routes.get("POST /openai/models")).toBeUndefined();
  const names = [
    "x-api-key",
    "x_api_key",
    "x-original-url",
    "cookie",
    "Cookie",
  ];
  expect(names.map((name) => route?.isOverwritten(name))).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
});

test("a token header is overwritten whatever the list says", () => {
  const { routes } = parse(
    withRoute({ tokenHeaders: ["X-Mine"], overwritten: ["x-other"] }),
  );
  const { isOverwritten } = routes.get("GET /openai/{proxy+}")!;
  expect(["x-mine", "x-other", "authorization"].map(isOverwritten)).toEqual([
    true,
    true,
    false,
  ]);
});

test("the example of contract/ is read", () => {
  const example = readFileSync(
    join(__dirname, "../../../contract/authorizer-settings.example.json"),
    "utf8",
  );
  const { consumers, issuers, routes, stage } = parseSettings(example);
  expect([...consumers.keys()]).toEqual(["team-a", "ci", "ops"]);
  expect(issuers.size).toBe(3);
  expect([...routes.keys()]).toContain("GET /openai/models");
  expect(stage).toBe("v1");
});

test.each([
  ["without proof", { proof: null }],
  [
    "without upstreams",
    { upstreams: {}, routes: [{ ...openai, upstream: null }], consumers: [] },
  ],
  [
    "with other methods of a path",
    { ...withRoute({ methods: ["PUT", "HEAD"] }), consumers: [] },
  ],
  ["without consumers (no caller passes)", { consumers: [] }],
  ["with one hash", withConsumer({ hashes: [sha256(tokenA)] })],
  ["with everything allowed", withConsumer({ access: "*" })],
  [
    "with a part of a greedy route",
    withConsumer({
      access: [
        { route: "/openai/{proxy+}", below: "/openai/v1%2Fx" },
        { route: "/openai/{proxy+}", exactly: "/openai/a:b", methods: ["GET"] },
      ],
    }),
  ],
  [
    "with a GovCloud secret",
    withSecret({
      store: "secrets-manager",
      arn: secretArn.replace("arn:aws:", "arn:aws-us-gov:"),
    }),
  ],
  [
    "with one key of a version of a secret",
    withSecret({
      store: "secrets-manager",
      arn: secretArn,
      version: "AWSPREVIOUS",
      key: "api-key",
    }),
  ],
  [
    "with one key of a labelled parameter",
    withSecret({ store: "ssm", name: "/ai/key", version: "3", key: "a.b" }),
  ],
  [
    "with keys of Bedrock",
    withSecret({ store: "bedrock", region: "eu-west-1" }),
  ],
  ["without hashes", withConsumer({ hashes: [] })],
  ["with a disabled consumer", withConsumer({ disabled: true })],
  ["with a usage key", withConsumer({ usageKey: "0".repeat(64) })],
  ["with every issuer", { issuers: issuersFile, consumers: consumersFile }],
  [
    "with keys at a place",
    {
      issuers: [{ ...staff, keys: { uri: "https://a.example.com:8443/jwks" } }],
    },
  ],
  [
    "with conditions of every kind",
    {
      issuers: [
        {
          ...staff,
          conditions: [
            { claim: "https://a/b", anyOf: ["a*", 1, true, false, -0.5] },
            { claim: "__proto__", anyOf: [Number.MAX_SAFE_INTEGER] },
          ],
        },
      ],
    },
  ],
  [
    "with a table",
    {
      store: { table: "gate.tokens_1" },
      consumers: [{ ...teamA, hashes: [] }],
    },
  ],
  ["of a custom gate", customGate("request")],
  ["with a leap day", withConsumer({ expires: "2028-02-29" })],
])("a file %s is read", (_, changes) => {
  expect(() => parse(changes)).not.toThrow();
});

const wrong: [string, object][] = [
  ...[undefined, 0, 1, "2", null].map((version): [string, object] => [
    "version",
    { version },
  ]),
  ...[undefined, "", "gate", "a/b/c", 1, null].map((gate): [string, object] => [
    "gate",
    { gate },
  ]),
  ...[undefined, "", "*", "v1/", "$default", "v 1", "x".repeat(129), 1].map(
    (stage): [string, object] => ["stage", { stage }],
  ),
  ...[undefined, null, [], {}, [null]].map((routes): [string, object] => [
    "routes",
    { routes },
  ]),
  ...Object.entries({
    path: [
      "",
      "/",
      "openai",
      "/a//b",
      "/a/",
      "/a b",
      "/a?b",
      "/*",
      "/é",
      1,
      null,
    ],
    methods: [[], ["ANY"], ["get"], ["OPTIONS"], ["GET", "GET"], "GET", null],
    upstream: ["OpenAI", "unknown", "__proto__", "constructor", undefined, 1],
    tokenHeaders: [
      [],
      [""],
      ["a b"],
      ["a:b"],
      ["a", "a"],
      Array(9).fill("x"),
      "x",
    ],
    overwritten: [[], ["A"], ["a b"], ["a", "a"], "x", null],
    urlParameters: [["{a}"], ["a+"], ["a", "a"], ["1"], null, undefined],
    queryParameters: [[""], ["a b"], ["a", "a"], ["a="], null, undefined],
    jsonOnly: [false, null, "true", 1],
    extra: [canary],
  }).flatMap(([key, values]) =>
    (values as readonly unknown[]).map((value): [string, object] => [
      key === "extra" ? "routes[0]" : `routes[0].${key}`,
      withRoute({ [key]: value }),
    ]),
  ),
  ...[undefined, null, [], "x"].map((upstreams): [string, object] => [
    "upstreams",
    { upstreams },
  ]),
  ["upstreams", { upstreams: { OpenAI: settingsFile.upstreams.openai } }],
  ["upstreams", { upstreams: { a_b: settingsFile.upstreams.openai } }],
  ["upstreams", JSON.parse('{"upstreams":{"__proto__":{}}}') as object],
  ["upstreams.openai", { upstreams: { openai: {} } }],
  [
    "upstreams.openai",
    {
      upstreams: {
        openai: { ...settingsFile.upstreams.openai, value: canary },
      },
    },
  ],
  [
    "upstreams.openai.prefix",
    {
      upstreams: {
        openai: { ...settingsFile.upstreams.openai, prefix: "Bearer\n" },
      },
    },
  ],
  ...[
    null,
    {},
    { store: "vault", name: "x" },
    { store: "ssm" },
    { store: "ssm", name: "" },
    { store: "ssm", name: "a b" },
    { store: "ssm", name: "x", arn: secretArn },
    { store: "secrets-manager", arn: "openai-key" },
    { store: "secrets-manager", arn: `x${secretArn}` },
    { store: "secrets-manager", arn: secretArn, key: "" },
    { store: "secrets-manager", arn: secretArn, key: "two words" },
    { store: "secrets-manager", arn: secretArn, version: "" },
    { store: "secrets-manager", arn: secretArn, version: "a:b" },
    { store: "ssm", name: "/ai/key", version: 3 },
    { store: "bedrock" },
    { store: "bedrock", region: "us-east-1/evil" },
    { store: "bedrock", region: "us-east-1", key: "x" },
    { store: "secrets-manager", arn: `${secretArn}#key` },
    {
      store: "secrets-manager",
      arn: "arn:aws:ssm:eu-west-1:111122223333:parameter/x",
    },
    { store: "secrets-manager", name: "x" },
  ].map((secret): [string, object] => [
    "upstreams.openai.secret",
    withSecret(secret),
  ]),
  ...[undefined, null, {}, "x"].map((consumers): [string, object] => [
    "consumers",
    { consumers },
  ]),
  ["consumers[0]", { consumers: [null] }],
  ["consumers[0]", withConsumer({ token: canary })],
  ["consumers[0].hashes", withConsumer({ hashes: undefined })],
  ...["", "-a", "a b", "a/b", "x".repeat(65), "é", 1, null].map(
    (id): [string, object] => ["consumers[0].id", withConsumer({ id })],
  ),
  ["consumers", withConsumer({ id: "team-b" })],
  ...[
    ["x"],
    [sha256(tokenA).toUpperCase()],
    [sha256(tokenA).slice(1)],
    [`0${sha256(tokenA)}`],
    [`${sha256(tokenA)}\n`],
    [sha256(tokenA), sha256(tokenA)],
    ["1", "2", "3"].map(sha256),
    sha256(tokenA),
    [1],
    null,
  ].map((hashes): [string, object] => [
    "consumers[0].hashes",
    withConsumer({ hashes }),
  ]),
  ["consumers", withConsumer({ hashes: [sha256(tokenB)] })],
  ...[
    "2027-6-30",
    "2027-02-30",
    "2027-13-01",
    "2027-06-30T00:00:00Z",
    "tomorrow",
    "",
    1,
    null,
  ].map((expires): [string, object] => [
    "consumers[0].expires",
    withConsumer({ expires }),
  ]),
  ...[
    [],
    "**",
    null,
    ["*"],
    ["/score"],
    [{}],
    [{ route: "score" }],
    [{ route: "/unknown" }],
    [{ route: "/score", methods: [] }],
    [{ route: "/score", methods: ["get"] }],
    [{ route: "/score", methods: ["DELETE"] }],
    [{ route: "/score", below: "/score" }],
    [{ route: "/score", exactly: "/score" }],
    [{ route: "/openai/{proxy+}", below: "openai" }],
    [{ route: "/openai/{proxy+}", below: "/openai/" }],
    [{ route: "/openai/{proxy+}", below: "/openai/.." }],
    [{ route: "/openai/{proxy+}", below: "/openai/./a" }],
    [{ route: "/openai/{proxy+}", below: "/openai/*a?" }],
    [{ route: "/openai/{proxy+}", below: "/openai/a", exactly: "/openai/a" }],
    [{ route: "/score", extra: canary }],
    [{ route: "__proto__" }],
  ].map((access): [string, object] => [
    "consumers[0].access",
    withConsumer({ access }),
  ]),
  ...[undefined, false, {}, "x"].map((proof): [string, object] => [
    "proof",
    { proof },
  ]),
  [
    "proof.publicKey",
    { proof: { publicKey: { kty: "EC", crv: "P-256", x: "AA" } } },
  ],
  [
    "proof.publicKey",
    { proof: { publicKey: { ...toJwk(foreignKeys), crv: "Ed448" } } },
  ],
  [
    "proof.publicKey",
    { proof: { publicKey: foreignKeys.privateKey.export({ format: "jwk" }) } },
  ],
  [
    "proof.publicKey.x",
    { proof: { publicKey: { ...toJwk(foreignKeys), x: "AA" } } },
  ],
  [
    "proof.publicKey.x",
    {
      proof: { publicKey: { ...toJwk(foreignKeys), x: `${"A".repeat(42)}B` } },
    },
  ],
  ["settings", { extra: canary }],
  ...[
    undefined,
    {},
    "x",
    false,
    { table: "" },
    { table: "a/b" },
    { table: 1 },
  ].map((store): [string, object] => ["store", { store }]),
  ...[
    undefined,
    {},
    "x",
    false,
    { function: "" },
    { function: "a:b" },
    { function: "../x" },
    { function: "gate-custom" },
    { function: "gate-custom", type: "TOKEN" },
  ].map((custom): [string, object] => ["custom", { custom }]),
  [
    "issuers",
    {
      issuers: Array.from({ length: 101 }, (_, index) => ({
        ...staff,
        name: `i${index}`,
        issuer: `https://${index}.example.com`,
      })),
    },
  ],
  ...[undefined, null, {}, [null]].map((issuers): [string, object] => [
    "issuers",
    { issuers },
  ]),
  [
    "issuers",
    { issuers: [staff, { ...staff, issuer: "https://b.example.com" }] },
  ],
  ["issuers", { issuers: [staff, { ...staff, name: "other" }] }],
  ...Object.entries({
    name: ["", "Staff", "a_b", 1, null, undefined],
    issuer: [
      "",
      "http://a.example.com",
      "ai-gate-action",
      "https://",
      "xhttps://a.example.com",
      "https://a b",
      "https://a.example.com?x",
      "https://a.example.com#x",
      "https://u@a.example.com",
      "https://a\\b",
      "https://[",
      "HTTPS://a.example.com",
      "https:a.example.com",
      "https:/a.example.com",
      `https://${"a".repeat(1001)}`,
      1,
      undefined,
    ],
    audiences: [[], [""], ["a\nb"], "x", null, undefined, [1]],
    audienceClaim: ["", 1, null, undefined],
    algorithms: [
      [],
      ["HS256"],
      ["PS256"],
      ["none"],
      ["rs256"],
      ["__proto__"],
      ["constructor"],
      "RS256",
      undefined,
    ],
    keys: [
      undefined,
      null,
      {},
      { uri: "http://a.example.com" },
      { uri: 1 },
      { jwks: [] },
      { jwks: {} },
      { jwks: { keys: [] } },
      { jwks: { keys: [1] } },
      { uri: "https://a.example.com", jwks: { keys: [{}] } },
    ],
    clockSkew: [-1, 61, 1.5, "30", null, undefined],
    maxLifetime: [0, -1, 1.5, "x", null],
    conditions: [
      undefined,
      null,
      {},
      ["x"],
      [{}],
      [{ claim: "a" }],
      [{ claim: "", anyOf: ["a"] }],
      [{ claim: "a", anyOf: [] }],
      [{ claim: "a", anyOf: "a" }],
      [{ claim: "a", anyOf: ["*"] }],
      [{ claim: "a", anyOf: ["**"] }],
      [{ claim: "a", anyOf: [""] }],
      [{ claim: "a", anyOf: [null] }],
      [{ claim: "a", anyOf: ["a\nb"] }],
      [{ claim: "a", anyOf: ["\nb"] }],
      [{ claim: "a", anyOf: ["b\n"] }],
      [{ claim: "a", anyOf: [2 ** 53] }],
      [{ claim: "a", anyOf: [-(2 ** 53)] }],
      [{ claim: "a", noneOf: ["b"] }],
      [{ claim: "a", anyOf: ["a"], noneOf: ["b"] }],
      [{ claim: "a", not: ["b"] }],
    ],
    extra: [canary],
  }).flatMap(([key, values]) =>
    values.map((value): [string, object] => [
      key === "extra" ? "issuers[0]" : `issuers[0].${key}`,
      { issuers: [{ ...staff, [key]: value }] },
    ]),
  ),
  ...[
    undefined,
    null,
    {},
    ["x"],
    [{ issuer: "staff" }],
    [{ issuer: "unknown", conditions: [] }],
    [{ issuer: "staff", conditions: [{}] }],
    [{ issuer: "staff", conditions: [], x: 1 }],
  ].map((identities): [string, object] => [
    "consumers[0].identities",
    { issuers: [staff], ...withConsumer({ identities }) },
  ]),
  ...[false, "true", 1, null].map((disabled): [string, object] => [
    "consumers[0].disabled",
    withConsumer({ disabled }),
  ]),
  ...["", "x", "A".repeat(64), 1, null].map((usageKey): [string, object] => [
    "consumers[0].usageKey",
    withConsumer({ usageKey }),
  ]),
];

test.each(wrong.map(([place, changes]) => ({ place, changes })))(
  "$place in $changes stops the cold start",
  ({ place, changes }) => {
    const error = catchError(() => parse(changes));
    expect(error).toBeInstanceOf(InvalidData);
    const { message } = error as Error;
    expect(message).toMatch(/^settings/);
    // An object with an unknown key, and what needs two places to be wrong, is reported by the whole of it.
    expect(
      `settings.${place}`.startsWith(message) ||
        message.startsWith(`settings.${place}`),
    ).toBe(true);
    expect(message).not.toContain(canary);
  },
);

const { custom } = customGate();
const known = { issuer: staff.name, conditions: [] };

test.each<[string, object, string]>([
  ["a hash twice", withConsumer({ hashes: [sha256(tokenB)] }), "consumers"],
  ["an id twice", withConsumer({ id: "team-b" }), "consumers"],
  [
    "an issuer's name twice",
    { issuers: [staff, { ...staff, issuer: "https://b.example.com" }] },
    "issuers",
  ],
  [
    "an issuer's URL twice",
    { issuers: [staff, { ...staff, name: "other" }] },
    "issuers",
  ],
  [
    "an unknown upstream of the second",
    { routes: [openai, { ...models, upstream: "x" }] },
    "routes[1].upstream",
  ],
  [
    "a method of a path twice",
    { routes: [openai, { ...models, path: "/openai/{proxy+}" }] },
    "routes[1].methods",
  ],
  [
    "a route that is not there, of the second",
    { consumers: [teamA, { ...teamB, access: [{ route: "/x" }] }] },
    "consumers[1].access",
  ],
  [
    "one unknown issuer",
    {
      issuers: [staff],
      ...withConsumer({ identities: [known, { ...known, issuer: "x" }] }),
    },
    "consumers[0].identities",
  ],
  [
    "a table beside hashes",
    { store: { table: "gate" } },
    "consumers[0].hashes",
  ],
  ["consumers of a custom gate", { custom, proof: null }, "custom"],
  ["a proof of a custom gate", { custom, consumers: [] }, "custom"],
  [
    "a table of a custom gate",
    { ...customGate(), store: { table: "gate" } },
    "custom",
  ],
  ...["a:b", "b:", ":b", "b\n"].map((name): [string, object, string] => [
    `the function ${JSON.stringify(name)}`,
    { ...customGate(), custom: { function: name, type: "token" } },
    "custom.function",
  ]),
  ...["a/bcd", "abc/", "/abc", "ab"].map((table): [string, object, string] => [
    `the table ${JSON.stringify(table)}`,
    { consumers: [{ ...teamA, hashes: [] }], store: { table } },
    "store.table",
  ]),
  [
    "a key of 33 bytes",
    { proof: { publicKey: { ...toJwk(foreignKeys), x: "A".repeat(44) } } },
    "proof.publicKey.x",
  ],
])("%s is reported exactly", (_, changes, place) => {
  expect(catchError(() => parse(changes))).toEqual(
    new InvalidData(`settings.${place}`),
  );
});

test("an issuer is what its entry says, and no more", () => {
  const { conditions, keys, ...others } = staff;
  const uri = "https://a.example.com/jwks";
  const issuers = [
    { ...others, name: "github", conditions: [], keys: { uri } },
    {
      ...others,
      issuer: "https://b.example.com",
      conditions,
      keys,
      maxLifetime: 60,
    },
  ];
  const [github, other] = [...parse({ issuers }).issuers.values()];
  expect(github).toEqual({
    ...others,
    name: "github",
    mode: "github-oidc",
    types: [undefined, "jwt", "at+jwt"],
    uri,
    jwks: { keys: [] },
    conditions: [],
    maxLifetime: Infinity,
    findConsumer: expect.any(Function),
  });
  expect(other).toMatchObject({ mode: "jwt", conditions, maxLifetime: 60 });
  expect(other).toMatchObject(keys);
  expect(other).not.toHaveProperty("uri");
});

test("a consumer is found by what it says of that issuer, not of another", () => {
  const other = { ...staff, name: "other", issuer: "https://b.example.com" };
  const by = (issuer: string, value: string) => ({
    issuer,
    conditions: [{ claim: "c", anyOf: [value] }],
  });
  const { issuers } = parse({
    issuers: [staff, other],
    consumers: [
      { ...teamA, id: "first", hashes: [], identities: [by("other", "1")] },
      {
        ...teamB,
        identities: [
          by(staff.name, "1"),
          by(staff.name, "2"),
          by("other", "3"),
        ],
      },
    ],
  });
  const find = (url: string, c: string) =>
    issuers.get(url)?.findConsumer({ c })?.id;
  expect(["1", "2", "3"].map((c) => find(staff.issuer, c))).toEqual([
    "team-b",
    "team-b",
    undefined,
  ]);
  expect(["1", "2", "3"].map((c) => find(other.issuer, c))).toEqual([
    "first",
    undefined,
    "team-b",
  ]);
});

test("of a table and of a custom gate the name is kept", () => {
  const consumers = [{ ...teamA, hashes: [] }];
  const { table, custom: none } = parse({
    store: { table: "gate" },
    consumers,
  });
  expect([table, none]).toEqual(["gate", null]);
  const settings = parse(customGate());
  expect([settings.table, settings.custom]).toEqual([null, custom]);
});

test("the proof is one more issuer, and there is none without it", () => {
  expect([...parse().issuers.keys()]).toEqual(["ai-gate-action"]);
  expect([...parse({ proof: null }).issuers.keys()]).toEqual([]);
});

test.each(["", "{", "null", "[]", '"x"', `{"version":1,${canary}}`])(
  "%j is no settings file, and is not quoted",
  (text) => {
    expect(catchError(() => parseSettings(text))).toEqual(
      new InvalidData("settings"),
    );
  },
);

function catchError(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}
