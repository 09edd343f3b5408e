// What a log of TestInvokeMethod shows of the headers that the gate overwrites, and what is made of it.
import {
  evaluateTestCalls,
  planTestCalls,
  type Reading,
  readTestLog,
} from "../../../src/proof/test-invoke.ts";
import { fewInputs, gateOf, sourceOf } from "../../fixtures/sources.ts";

const gate = gateOf(
  sourceOf(
    fewInputs,
    `upstreams:
  openai: { kind: openai, secret: ssm:/a }
  plain: { url: https://p.example.com, headers: { x-version: one } }
  tool: { kind: lambda, arn: "arn:aws:lambda:eu-west-1:111122223333:function:a" }
  trial: { kind: mock }
routes:
  - { path: "/openai/{proxy+}", methods: [POST, GET], upstream: openai }
  - { path: "/more/{proxy+}", methods: [GET], upstream: openai }
  - { path: "/plain/{id}", methods: [GET], upstream: plain }
  - { path: /tool, upstream: tool }
  - { path: /trial, upstream: trial }
consumers: [{ id: a, token: { env: TEAM_A_TOKEN } }]
`,
  ),
);
const calls = planTestCalls(gate);

test("each upstream at a URL has two calls of its first route and one for a parameter in that URL, none of a placeholder's", () => {
  expect(
    calls.map(({ method, path, resource, tries, upstream }) =>
      [upstream, tries, method, resource, path].join(" "),
    ),
  ).toEqual([
    expect.stringMatching(
      /^openai headers GET \/openai\/\{proxy\+\} \/openai\/[^{]+$/,
    ),
    expect.stringMatching(/^openai capitals GET /),
    "openai path GET /openai/{proxy+} /openai/..%2fzq7kx9%2Fa%25%3Fb",
    expect.stringMatching(/^plain headers GET \/plain\/\{id\} \/plain\/[^{]+$/),
    expect.stringMatching(/^plain capitals GET /),
  ]);
});

test("no canary stands where a test call, without an authorizer, has nothing to overwrite it with", () => {
  for (const { headers, tries, upstream } of calls) {
    if (tries === "path") continue;
    const names = Object.keys(headers).map((name) => name.toLowerCase());
    expect(names).not.toContain("x-gate-consumer");
    expect(names).not.toContain("x_gate_consumer");
    expect(names.includes("authorization")).toBe(upstream === "plain");
    expect(names).toEqual(expect.arrayContaining(["x-api-key", "x_api_key"]));
    for (const name of Object.keys(headers))
      if (tries === "capitals") expect(name).toBe(name.toUpperCase());
    // The end of a masked value must tell.
    for (const value of Object.values(headers))
      expect(value).toMatch(/zq7kx9$/);
  }
});

/** As AWS was seen to write it. */
const log = (headers: string) => `Execution log for request 8a5f
Thu Dec 03 10:00:00 UTC 2026 : Starting execution for request: 8a5f
Thu Dec 03 10:00:00 UTC 2026 : HTTP Method: GET, Resource Path: /openai/models
Thu Dec 03 10:00:00 UTC 2026 : Method request headers: {x-api-key=canary-zq7kx9}
Thu Dec 03 10:00:00 UTC 2026 : Endpoint request URI: https://api.openai.com/v1/models
Thu Dec 03 10:00:00 UTC 2026 : Endpoint request headers: ${headers}
Thu Dec 03 10:00:00 UTC 2026 : Method completed with status: 401
`;

test.each<[string, string, ReturnType<typeof readTestLog>]>([
  [
    "the gate's own values",
    log("{Authorization=none, x-api-key=none, Accept=application/json}"),
    { kind: "kept-back" },
  ],
  [
    "one of the caller's",
    log("{x-api-key=none, X-API-KEY=canary-zq7kx9, Accept=a}"),
    { kind: "passed-on", headers: ["X-API-KEY"] },
  ],
  [
    "a masked one of the caller's",
    log("{Authorization=*************zq7kx9, api-key=canary-zq7kx9}"),
    { kind: "passed-on", headers: ["Authorization", "api-key"] },
  ],
  [
    "both values of one header",
    log("{x-api-key=none,canary-zq7kx9}"),
    { kind: "passed-on", headers: ["x-api-key"] },
  ],
  [
    "headers that are cut off",
    log("{x-api-key=none, a=b [TRUNCATED]"),
    { kind: "unknown", why: "its log of the headers is cut off" },
  ],
  [
    "one of the caller's before the cut",
    log("{api-key=canary-zq7kx9, a=b [TRUNCATED]"),
    { kind: "passed-on", headers: ["api-key"] },
  ],
  [
    "no headers",
    "Execution log for request 8a5f\n",
    { kind: "unknown", why: "its log does not say what would be sent" },
  ],
])("a log with %s", (_, text, expected) => {
  expect(readTestLog({ tries: "headers" }, text)).toEqual(expected);
});

test.each<[string, string, Reading["kind"]]>([
  ["kept", "https://a.example.com/v1/..%2fzq7kx9%2Fa%25%3Fb", "kept-back"],
  [
    "kept in the middle",
    "https://a.example.com/..%2fzq7kx9%2Fa%25%3Fb/score",
    "kept-back",
  ],
  [
    "quoted again",
    "https://a.example.com/v1/..%2Fzq7kx9%2fa%25%3fb",
    "kept-back",
  ],
  [
    "quoted again but for slashes",
    "https://a.example.com/v1/../zq7kx9/a%25%3Fb",
    "climbs",
  ],
  ["resolved", "https://a.example.com/zq7kx9/a%25%3Fb", "climbs"],
  ["decoded", "https://a.example.com/v1/../zq7kx9/a%?b", "decoded"],
  [
    "decoded in the middle",
    "https://a.example.com/../zq7kx9/a%?b/score",
    "decoded",
  ],
  [
    "decoded but for slashes",
    "https://a.example.com/v1/..%2fzq7kx9%2Fa%?b",
    "decoded",
  ],
  [
    "decoded but for the percent sign",
    "https://a.example.com/v1/..%2fzq7kx9%2Fa%25?b",
    "decoded",
  ],
  ["another one", "https://a.example.com/v1/other", "unknown"],
  [
    "cut off",
    "https://a.example.com/v1/..%2fzq7kx9%2Fa [TRUNCATED]",
    "unknown",
  ],
])("a path that is %s", (_, uri, kind) => {
  const text = log("{}").replace(/(URI: ).*/, `$1${uri}`);
  expect(readTestLog({ tries: "path" }, text).kind).toBe(kind);
});

const evaluated = (
  readings: Partial<Record<"headers" | "capitals" | "path", Reading>>,
  tested = gate,
) =>
  evaluateTestCalls(
    tested,
    planTestCalls(tested).map((call) => ({
      call,
      reading: readings[call.tries] ?? { kind: "kept-back" },
    })),
  ).map(({ id, message, status }) => [id, status, message]);
const passedOn = { kind: "passed-on", headers: ["x-api-key"] } as const;

test("each upstream's calls are one result where nothing is wrong", () => {
  expect(evaluated({})).toEqual([
    ["received openai", "passed", ""],
    ["received plain", "passed", ""],
  ]);
});

test("what is not known is said to be so, unless something is wrong besides", () => {
  const unknown = { kind: "unknown", why: "AWS refused it" } as const;
  expect(evaluated({ capitals: unknown })).toEqual([
    ["received openai", "not-made", expect.stringContaining("AWS refused it")],
    ["received plain", "not-made", expect.stringContaining("AWS refused it")],
  ]);
  expect(evaluated({ capitals: unknown, headers: passedOn })).toEqual([
    ["received openai", "failed", expect.anything()],
    ["received plain", "failed", expect.anything()],
  ]);
});

test("a header in the document's own spelling is a failure, one in capitals a warning", () => {
  expect(evaluated({ headers: passedOn, capitals: passedOn })).toEqual([
    ["received openai", "failed", expect.stringContaining("`x-api-key`")],
    [
      "received openai capitals",
      "warning",
      expect.stringContaining("capitals"),
    ],
    ["received plain", "failed", expect.anything()],
    ["received plain capitals", "warning", expect.anything()],
  ]);
});

const withPath = (more: string) =>
  gateOf(
    sourceOf(
      fewInputs,
      `${more}
routes: [{ path: "/jobs/{id}", methods: [GET], upstream: a }]
`,
      {
        directory: () => [{ path: "authorizer.py", bytes: 1 }],
        file: () => "def handler(event, context): ...",
      },
    ),
  );
const known = "consumers: [{ id: a, token: { env: TEAM_A_TOKEN } }]";
const own = "auth: { mode: custom, directory: own }";
const decoded = { kind: "decoded", uri: "../zq7kx9/a%?b" } as const;
const climbs = { kind: "climbs", uri: "../zq7kx9/a%25%3Fb" } as const;

test.each<[string, string, Reading, readonly string[]]>([
  [
    "decoded before the URL's end fails",
    `upstreams: { a: { url: "https://a.example.com/{id}/score" } }\n${known}`,
    decoded,
    ["received a path failed"],
  ],
  [
    "decoded at the URL's end is a warning",
    `upstreams: { a: { url: "https://a.example.com/{id}" } }\n${known}`,
    decoded,
    ["received a path warning"],
  ],
  [
    "with a dot segment is refused by the gate's authorizer",
    `upstreams: { a: { url: "https://a.example.com/{id}" } }\n${known}`,
    climbs,
    ["received a passed"],
  ],
  [
    "with a dot segment is refused by the one before a user's own",
    `upstreams: { a: { url: "https://a.example.com/{id}", secret: ssm:/a } }\n${own}`,
    climbs,
    ["received a passed"],
  ],
  [
    "with a dot segment is a user's own authorizer's to refuse",
    `upstreams: { a: { url: "https://a.example.com/{id}" } }\n${own}`,
    climbs,
    ["received a path warning"],
  ],
])("a path %s", (_, config, path, expected) => {
  expect(
    evaluated({ path }, withPath(config)).map(
      ([id, status]) => `${id} ${status}`,
    ),
  ).toEqual(expected);
});
