import {
  differenceCodes,
  type FindingCode,
  findingCodes,
} from "../../../src/diff/finding-codes.ts";
import { failureReasons } from "../../../src/gate/failure.ts";
import type { Change } from "../../../src/report/changes.ts";
import { findFindings, listedFindings } from "../../../src/report/findings.ts";
import type { Run } from "../../../src/report/run-result.ts";
import {
  api,
  change,
  consumer,
  route,
  run,
  summary,
  urls,
} from "../../fixtures/runs.ts";

const lines = (more: Partial<Run>) =>
  findFindings(run(more))
    .map(
      ({ security, code, subject, sentence }) =>
        `${security ? "! " : ""}${code} ${subject}: ${sentence}`,
    )
    .join("\n");

const up: Partial<Run> = { command: "up", previewed: false };
const there: Partial<Run> = { before: summary(), after: summary() };
const boundary = { name: "limit", digest: "1" };
const authorizer = (op: Change["op"], more: Partial<Change> = {}) =>
  change(op, {
    type: "aws:lambda/function:Function",
    name: "authorizer",
    ...more,
  });

const policy = (op: Change["op"]) =>
  change(op, {
    type: "aws:iam/rolePolicy:RolePolicy",
    name: "authorizer-policy",
    diffs: op === "update" ? ["policy"] : [],
  });
const credential = (secret: string, digest = secret) => ({
  header: "x-key",
  prefix: "",
  store: "ssm" as const,
  secret,
  digest,
});
const withSecrets = (...secrets: string[]) =>
  summary({
    routes: secrets.map((secret, index) =>
      route(
        `/${secret}${index}`,
        secret === "none" ? {} : { credential: credential(secret) },
      ),
    ),
  });

test("the closed list, which fail-on and allow are held against", () => {
  expect(Object.keys(findingCodes)).toEqual([
    "auth-removed",
    "public-route",
    "auth-changed",
    "token-header",
    "strip-headers",
    "url-change",
    "policy-widened",
    "network-widened",
    "issuer-added",
    "consumer-added",
    "consumer-order",
    "cache-raised",
    "cors-widened",
    "edge-widened",
    "credential-changed",
    "upstream-changed",
    "store-changed",
    "logs-reduced",
    "limits-raised",
    "route-added",
    "methods-added",
    "route-closed",
    "policy-narrowed",
    "network-narrowed",
    "consumer-removed",
    "issuer-removed",
    "route-removed",
    "methods-removed",
    "cache-lowered",
    "limits-lowered",
    "cors-narrowed",
    "logs-extended",
    "edge-narrowed",
    "delivery-changed",
    "replace",
    "delete",
    "drift",
  ]);
  for (const [code, line] of Object.entries(findingCodes)) {
    expect(code).toMatch(/^[a-z]+(?:-[a-z]+)*$/);
    // Good for a table of the README.
    expect(line).toMatch(/^[^|\n`.]+$/);
  }
  expect(failureReasons).toContain("plan-changed");
});

test.each<[string, Partial<Run>]>([
  ["nothing", there],
  [
    "a replaced RestApi",
    { changes: [api("replace", { replaceKeys: ["name"] })] },
  ],
  ["a replaced RestApi, done", { ...up, changes: [api("replace")] }],
  ["a deleted RestApi", { changes: [api("delete")] }],
  [
    "a destroyed gate",
    {
      command: "destroy",
      previewed: false,
      before: summary(),
      changes: [api("delete"), authorizer("delete")],
    },
  ],
  ["a RestApi that is made again", { ...there, changes: [api("create")] }],
  [
    "a RestApi that is made again, done",
    { ...up, ...there, changes: [api("create")] },
  ],
  ["an updated RestApi", { changes: [api("update"), api("create")] }],
  [
    "what failed did not happen",
    { changes: [api("replace", { failed: true })] },
  ],
  ["a deleted authorizer", { changes: [authorizer("delete")] }],
  ["a deleted authorizer, done", { ...up, changes: [authorizer("delete")] }],
  [
    "a replaced authorizer",
    { changes: [authorizer("replace", { replaceKeys: ["name", "role"] })] },
  ],
  ["a replaced authorizer, done", { ...up, changes: [authorizer("replace")] }],
  [
    "an updated authorizer, and another function",
    {
      changes: [
        authorizer("update"),
        authorizer("delete", { name: "custom-authorizer" }),
        change("delete", { name: "authorizer" }),
      ],
    },
  ],
  [
    "code that somebody put there",
    {
      changes: [
        authorizer("update", { diffs: ["code", "sourceCodeHash"] }),
        authorizer("update", { name: "other", diffs: ["code"] }),
        authorizer("create", { name: "new", diffs: ["sourceCodeHash"] }),
        change("update", { name: "stage", diffs: ["sourceCodeHash"] }),
      ],
    },
  ],
  [
    "code that somebody put there, done",
    { ...up, changes: [authorizer("update", { diffs: ["sourceCodeHash"] })] },
  ],
  [
    "what an earlier replacement left over",
    { changes: [authorizer("delete", { leftover: true })] },
  ],
  [
    "deployments, which every change replaces",
    {
      changes: (["replace", "delete"] as const).map((op) =>
        change(op, { type: "aws:apigateway/deployment:Deployment" }),
      ),
    },
  ],
  [
    "the table of tokens",
    {
      changes: (["replace", "delete"] as const).map((op) =>
        change(op, { type: "aws:dynamodb/table:Table", name: "tokens" }),
      ),
    },
  ],
  [
    "a policy, with the secrets that come and go",
    {
      before: withSecrets("a", "b"),
      after: withSecrets("b", "c", "d", "c", "none"),
      changes: [policy("update")],
    },
  ],
  [
    "the same secret of another account",
    {
      before: withSecrets("a"),
      after: summary({
        routes: [route("/a0", { credential: credential("a", "2") })],
      }),
      changes: [policy("update")],
    },
  ],
  [
    "a secret that is gone",
    {
      before: withSecrets("a"),
      after: withSecrets("none"),
      changes: [policy("update")],
    },
  ],
  [
    "a policy, and the same secrets",
    { ...there, changes: [policy("replace")] },
  ],
  [
    "a policy of an existing gate, done",
    { ...up, ...there, changes: [policy("create")] },
  ],
  [
    "another resource's policy",
    {
      before: withSecrets("a"),
      after: withSecrets("b"),
      changes: [change("update", { diffs: ["policy"] })],
    },
  ],
  [
    "who may assume a role",
    {
      ...there,
      changes: [
        change("update", { name: "role", diffs: ["assumeRolePolicy"] }),
      ],
    },
  ],
  [
    "what bounds a role",
    {
      ...there,
      changes: [
        change("update", {
          name: "role",
          diffs: ["permissionsBoundary"],
          values: {
            permissionsBoundary: {
              before: "arn:aws:iam::111122223333:policy/b",
              after: undefined,
            },
          },
        }),
      ],
    },
  ],
  [
    "what bounds all roles, by the config: once",
    {
      before: summary({ roles: { path: "/", boundary } }),
      after: summary({ roles: { path: "/" } }),
      changes: ["role", "other-role"].map((name) =>
        change("update", { name, diffs: ["permissionsBoundary"] }),
      ),
    },
  ],
  [
    "what bounds a role, changed by hand and restored",
    {
      before: summary({ roles: { path: "/", boundary } }),
      after: summary({ roles: { path: "/", boundary } }),
      changes: [
        change("update", { name: "role", diffs: ["permissionsBoundary"] }),
      ],
    },
  ],
  ["a deleted policy", { ...there, changes: [policy("delete")] }],
  ["a policy of a new gate", { changes: [policy("create")] }],
  [
    "an updated policy of a gate whose first up failed",
    { changes: [policy("update")] },
  ],
  ["a policy of an unknown gate", { urls, changes: [policy("create")] }],
  [
    "a delete that began as a replacement",
    { changes: [change("delete", { replaceKeys: ["name"] })] },
  ],
  [
    "drift",
    {
      command: "drift",
      changes: [
        change("update", { name: "fn", diffs: ["timeout", "memorySize"] }),
        change("update", { name: "logs" }),
        change("delete", { name: "role", diffs: ["x"] }),
      ],
    },
  ],
  [
    "drift with values",
    {
      command: "drift",
      changes: [
        change("update", {
          name: "throttle",
          diffs: ["body", "rate", "team", "owner"],
          values: {
            rate: { before: "100", after: "5000" },
            team: { before: "a", after: undefined },
            owner: { before: undefined, after: "b" },
          },
        }),
        change("update", {
          name: "many",
          diffs: ["a", "b", "c", "d", "e", "f", "g"],
          values: Object.fromEntries(
            ["a", "b", "c", "d", "e", "f"].map((path) => [
              path,
              { before: "1", after: "2" },
            ]),
          ),
        }),
        change("update", {
          name: "one",
          diffs: ["a"],
          values: { a: { before: "1", after: "2" } },
        }),
      ],
    },
  ],
  [
    "drift that a refresh takes over",
    { command: "refresh", previewed: false, changes: [change("update")] },
  ],
  ["an output", { command: "output", changes: [api("delete")] }],
])("findings of %s", (_, more) => {
  expect(lines(more)).toMatchSnapshot();
});

const wider = summary({
  consumers: [...summary().consumers, consumer("new", "/score")],
});

test.each<[string, Partial<Run>, string[]]>([
  ["a preview", {}, ["consumer-added"]],
  ["an up", up, ["consumer-added"]],
  ["a refresh", { command: "refresh" }, []],
  ["drift", { command: "drift" }, []],
  ["a destroy", { command: "destroy" }, []],
  ["files alone", { filesOnly: "no credentials" }, []],
  ["a gate that is not known", { after: undefined }, []],
])("what changes for callers in %s", (_, more, expected) => {
  const found = findFindings(run({ before: summary(), after: wider, ...more }));
  expect(found.map(({ code }) => code)).toEqual(expected);
});

test("of a new gate everything is added, a public route too", () => {
  const after = summary({
    routes: [route("/a", { guarded: false })],
    consumers: [consumer("ci", "/a")],
  });
  const codes = (more: Partial<Run>) =>
    findFindings(run({ after, ...more })).map(({ code }) => code);
  const all = ["public-route", "consumer-added", "route-added"];
  expect(codes({})).toEqual(all);
  expect(codes({ urls, changes: [api("create")] })).toEqual(all);
  // A gate that is there, but of which nothing is known.
  for (const changes of [
    [],
    [api("update")],
    [api("create", { failed: true })],
    [change("create")],
  ])
    expect(codes({ urls, changes })).toEqual(["public-route", "auth-changed"]);
});

const closed = summary();
const opened = summary({ routes: [route("/a", { guarded: false })] });
const half = summary({
  routes: [route("/a", { guarded: false }), route("/b")],
});
const unknown: Partial<Run> = { urls, after: closed };

test.each<[string, Partial<Run>, string[]]>([
  ["a preview", unknown, ["auth-changed gate"]],
  ["an up", { ...unknown, ...up }, ["auth-changed gate"]],
  [
    "a public route",
    { ...unknown, after: half },
    ["public-route /a", "auth-changed gate"],
  ],
  ["a gate that is known", { ...unknown, before: closed }, []],
  ["files alone", { ...unknown, filesOnly: "no credentials" }, []],
  ["a config that could not be read", { ...unknown, after: undefined }, []],
  ["a refresh", { ...unknown, command: "refresh" }, []],
  ["an output", { ...unknown, command: "output" }, []],
])("a gate of which nothing is known: %s", (_, more, expected) => {
  expect(
    findFindings(run(more)).map(({ code, subject }) => `${code} ${subject}`),
  ).toEqual(expected);
});

test.each<[string, Partial<Run>, FindingCode[]]>([
  ["what guards is told", { ...unknown, after: half }, ["auth-removed"]],
  ["nothing guards any more", { ...unknown, after: opened }, []],
])("what cannot be told stands for all the rest: %s", (_, more, told) => {
  const one = findFindings(run(more)).find(({ subject }) => subject === "gate");
  const codes = Object.keys(differenceCodes) as FindingCode[];
  expect(one).toEqual({
    code: "auth-changed",
    subject: "gate",
    security: true,
    sentence: expect.stringContaining("unknown") as string,
    standsFor: codes.filter(
      (code) => code !== "public-route" && !told.includes(code),
    ),
  });
});

test("of a new gate only what is worth a word is listed", () => {
  const listed = (more: Partial<Run>) =>
    listedFindings(run({ after: opened, ...more })).map(({ code }) => code);
  expect(listed({})).toEqual(["public-route"]);
  expect(listed({ before: summary({ routes: [], consumers: [] }) })).toEqual([
    "public-route",
    "consumer-added",
    "consumer-added",
    "route-added",
  ]);
});

test("what concerns security comes first, what callers see before resources", () => {
  const found = findFindings(
    run({
      before: summary(),
      after: summary({
        routes: [route("/openai/{proxy+}")],
        tokenHeaders: ["x"],
      }),
      changes: [change("delete"), api("replace")],
    }),
  );
  expect(found.map(({ code }) => code)).toEqual([
    "token-header",
    "url-change",
    "route-removed",
    "delete",
    "replace",
  ]);
});

test("what opens a gate comes before what there may be thousands of", () => {
  const before = summary({ auth: { ...summary().auth, cacheTtl: 60 } });
  const after = summary({
    auth: { ...before.auth, cacheTtl: 90 },
    tokenHeaders: ["x"],
    routes: [
      route("/openai/{proxy+}", { host: "other", target: "https://other" }),
      route("/score", { guarded: false }),
    ],
    consumers: [consumer("team-a", "/**"), consumer("new", "/score")],
    throttle: { rate: 1000, burst: 200 },
    origins: ["https://a.example"],
  });
  const changes = [
    change("replace", { type: "aws:dynamodb/table:Table", name: "tokens" }),
    policy("update"),
    api("replace"),
    authorizer("replace"),
    authorizer("delete"),
  ];
  const found = findFindings(run({ before, after, changes }));
  expect(
    found
      .filter(({ security }) => security)
      .map(({ code, subject }) => `${code} ${subject}`),
  ).toEqual([
    "auth-removed authorizer",
    "public-route /score",
    "auth-changed authorizer",
    "token-header token-header",
    "url-change gate",
    "policy-widened authorizer-policy",
    "policy-widened team-a",
    "consumer-added new",
    "cache-raised cache-ttl",
    "cors-widened cors",
    "upstream-changed /openai/{proxy+}",
    "upstream-changed /score",
    "limits-raised throttle",
    "replace tokens",
    "methods-added /score",
    "consumer-removed ops",
  ]);
});

const issuer = {
  name: "idp",
  issuer: "https://idp.example",
  audiences: ["a"],
  audienceClaim: "aud",
  algorithms: ["RS256"],
  keys: "discovery",
  clockSkew: 0,
  conditions: [],
} as const;
const person = (id: string) => ({
  ...consumer(id, "/**"),
  identities: [{ issuer: "idp", conditions: [] }],
});

test("JWTs, credentials and stores have their places too", () => {
  const { auth } = summary();
  const [one, two] = [person("one"), person("two")];
  const before = summary({
    auth: { ...auth, modes: ["jwt"], issuers: [issuer] },
    consumers: [one, two],
    throttle: { rate: 1, burst: 1 },
  });
  const after = summary({
    auth: {
      ...auth,
      modes: ["jwt"],
      store: "dynamodb",
      cacheTtl: 61,
      issuers: [issuer, { ...issuer, name: "more", issuer: "https://more" }],
    },
    routes: before.routes.map((each) => ({
      ...each,
      credential: credential("a"),
    })),
    consumers: [two, one, consumer("new", "/score")],
    origins: ["https://a.example"],
  });
  const codes = findFindings(run({ before, after }))
    .filter(({ security }) => security)
    .map(({ code }) => code);
  expect([...new Set(codes)]).toEqual([
    "issuer-added",
    "consumer-added",
    "consumer-order",
    "cache-raised",
    "cors-widened",
    "credential-changed",
    "store-changed",
    "limits-raised",
  ]);
});

test("code that somebody put there stands before what opens less", () => {
  const codes = findFindings(
    run({
      before: summary(),
      after: summary({ tokenHeaders: ["x-api-key"] }),
      changes: [authorizer("update", { diffs: ["sourceCodeHash"] })],
    }),
  ).map(({ code }) => code);
  expect(codes).toEqual(["drift", "token-header"]);
});

type Summary = ReturnType<typeof summary>;

test("a changed policy names the models of Bedrock that the authorizer may call", () => {
  const bedrock = (region: string, ...models: string[]) =>
    summary({
      routes: [
        route("/a", {
          credential: {
            ...credential(region),
            store: "bedrock",
            models,
          },
        }),
      ],
    });
  const sentence = (before: Summary, after: Summary) =>
    findFindings(run({ before, after, changes: [policy("update")] })).find(
      ({ subject }) => subject === "authorizer-policy",
    )?.sentence;
  const will = "the policy `authorizer-policy` will change";
  const one = bedrock("us-east-1", "a.b", "c.d");
  expect(sentence(one, bedrock("us-east-1", "c.d", "e.f"))).toBe(
    `${will}: the authorizer may also call the models \`e.f\` and may no longer call the models \`a.b\``,
  );
  expect(sentence(one, bedrock("eu-west-1", "a.b", "c.d"))).toBe(
    `${will}: the authorizer may also call the models \`a.b\` and \`c.d\` and may no longer call the models \`a.b\` and \`c.d\``,
  );
  expect(sentence(withSecrets("a"), one)).toBe(
    `${will}: the authorizer may no longer read \`a\` and may also call the models \`a.b\` and \`c.d\``,
  );
});
