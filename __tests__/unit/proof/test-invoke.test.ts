// What a log of TestInvokeMethod shows of the headers that the gate overwrites, and what is made of it.
import {
  evaluateTestCall,
  planTestCalls,
  readTestLog,
  type TestCall,
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

test("each upstream at a URL has two calls of its first route, none of a placeholder's", () => {
  expect(
    calls.map(({ method, path, resource, spelling, upstream }) =>
      [upstream, spelling, method, resource, path].join(" "),
    ),
  ).toEqual([
    expect.stringMatching(
      /^openai own GET \/openai\/\{proxy\+\} \/openai\/[^{]+$/,
    ),
    expect.stringMatching(/^openai capitals GET /),
    expect.stringMatching(/^plain own GET \/plain\/\{id\} \/plain\/[^{]+$/),
    expect.stringMatching(/^plain capitals GET /),
  ]);
});

test("no canary stands where a test call, without an authorizer, has nothing to overwrite it with", () => {
  for (const { headers, spelling, upstream } of calls) {
    const names = Object.keys(headers).map((name) => name.toLowerCase());
    expect(names).not.toContain("x-gate-consumer");
    expect(names).not.toContain("x_gate_consumer");
    expect(names.includes("authorization")).toBe(upstream === "plain");
    expect(names).toEqual(expect.arrayContaining(["x-api-key", "x_api_key"]));
    for (const name of Object.keys(headers))
      if (spelling === "capitals") expect(name).toBe(name.toUpperCase());
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
  expect(readTestLog(text)).toEqual(expected);
});

const [own, capitals] = calls as [TestCall, TestCall];
const passedOn = { kind: "passed-on", headers: ["x-api-key"] } as const;

test("what is kept back, or not known, is no result", () => {
  expect(evaluateTestCall(own, { kind: "kept-back" })).toBeUndefined();
  expect(evaluateTestCall(own, { kind: "unknown", why: "x" })).toBeUndefined();
});

test("a header in the document's own spelling is a failure, one in capitals a warning", () => {
  expect(evaluateTestCall(own, passedOn)).toMatchObject({
    id: "received openai",
    status: "failed",
    message: expect.stringContaining("`x-api-key`"),
  });
  expect(evaluateTestCall(capitals, passedOn)).toMatchObject({
    id: "received openai capitals",
    status: "warning",
  });
});
