// The gate in front of a user's own authorizer: whatever that returns, nothing but a policy and a name comes through, and
// every key the gate's routes read is there.
import { askCustom, warmCustom } from "../../authorizer/custom.ts";
import type { AwsCall } from "../../authorizer/aws.ts";
import { Unavailable } from "../../authorizer/transport.ts";
import {
  createTestHandler,
  methodArn,
  parse,
  sha256,
  stageArn,
  tokenEvent,
  upstreamSecret,
} from "./fixtures.ts";

const settings = parse({
  consumers: [],
  proof: null,
  custom: { function: "gate-custom" },
});
const statement = {
  Action: "execute-api:Invoke",
  Effect: "Allow",
  Resource: methodArn,
};
const policyDocument = { Version: "2012-10-17", Statement: [statement] };
const good = { principalId: "user|42", policyDocument };
const withStatement = (changes: object) => ({
  ...good,
  policyDocument: {
    ...policyDocument,
    Statement: [{ ...statement, ...changes }],
  },
});

type Answer = { body: string; functionError?: string } | Error;

async function ask(answer: Answer, event: unknown = tokenEvent("any thing")) {
  const calls: AwsCall[] = [];
  const callAws = (call: AwsCall) => {
    calls.push(call);
    if (answer instanceof Error) return Promise.reject(answer);
    const headers = answer.functionError
      ? { "x-amz-function-error": answer.functionError }
      : {};
    return Promise.resolve({ status: 200, headers, body: answer.body });
  };
  const { handler, lines } = createTestHandler({
    settings,
    askCustom: (given, name) => askCustom(given, name, callAws),
  });
  const outcome: unknown = await handler(event).catch(
    (error: unknown) => (error as Error).message,
  );
  return { outcome, line: JSON.parse(lines[0]!), lines, calls };
}
const returned = (value: unknown) => ({ body: JSON.stringify(value) });

test("the function gets the event as it is, in one call", async () => {
  const { calls } = await ask(returned(good));
  expect(calls).toEqual([
    {
      service: "lambda",
      path: "/2015-03-31/functions/gate-custom/invocations",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(tokenEvent("any thing")),
      timeout: 12_000,
      limit: 65_536,
    },
  ]);
});

test("of its answer the policy and the name come through, and the gate adds every credential", async () => {
  const { outcome, line } = await ask(
    returned({
      ...good,
      usageIdentifierKey: "a".repeat(64),
      context: {
        consumer: "evil",
        upstream_openai: "evil",
        nested: { a: [1] },
      },
      more: "x",
    }),
  );
  expect(outcome).toEqual({
    principalId: "custom:user|42",
    policyDocument,
    context: {
      consumer: "user|42",
      upstream_openai: `Bearer ${upstreamSecret}`,
      upstream_an_thropic: upstreamSecret,
    },
    usageIdentifierKey: undefined,
  });
  expect(line).toMatchObject({
    decision: "allow",
    mode: "custom",
    consumer: "user|42",
    resources: 1,
  });
});

test.each([
  ["no context", good],
  ["a null context", { ...good, context: null }],
  ["a list for a context", { ...good, context: ["x"] }],
])("with %s every key is still there", async (_, answer) => {
  expect((await ask(returned(answer))).outcome).toMatchObject({
    context: {
      consumer: expect.stringMatching(/./),
      upstream_openai: expect.stringMatching(/./),
      upstream_an_thropic: expect.stringMatching(/./),
    },
  });
});

test.each([
  ["one statement without a list", { ...policyDocument, Statement: statement }],
  [
    "lists",
    {
      ...policyDocument,
      Statement: [
        {
          ...statement,
          Action: ["execute-api:Invoke"],
          Resource: [methodArn, `${stageArn}GET/x`],
        },
      ],
    },
  ],
  [
    "the same resource twice",
    {
      ...policyDocument,
      Statement: [{ ...statement, Resource: [methodArn, methodArn] }],
    },
  ],
  [
    "a Deny",
    { ...policyDocument, Statement: [{ ...statement, Effect: "Deny" }] },
  ],
  [
    "a star",
    {
      ...policyDocument,
      Statement: [{ ...statement, Action: "*", Resource: "*" }],
    },
  ],
  ["no version", { Statement: [statement] }],
  [
    "ids",
    { ...policyDocument, Id: "x", Statement: [{ ...statement, Sid: "y" }] },
  ],
])("a policy with %s passes", async (_, document) => {
  const { outcome } = await ask(
    returned({ ...good, policyDocument: document }),
  );
  expect(outcome).toMatchObject({ policyDocument: { Version: "2012-10-17" } });
});

test.each(["a b", "é", "a\r\nX-Evil: 1", "x".repeat(129), "\u{1f600}"])(
  "2.4 #34 the name %j cannot stand in a header",
  async (principalId) => {
    const { outcome } = await ask(returned({ ...good, principalId }));
    expect(outcome).toMatchObject({
      principalId: "custom:custom",
      context: { consumer: "custom" },
    });
  },
);

test.each([
  ["nothing", returned(undefined)],
  ["null", returned(null)],
  ["text", returned("ok")],
  ["true", returned(true)],
  ["a list", returned([good])],
  ["no JSON", { body: "<html>" }],
  ["an empty object", returned({})],
  ["a simple response", returned({ isAuthorized: true })],
  ["no principal", returned({ policyDocument })],
  ["an empty principal", returned({ ...good, principalId: "" })],
  ["a number for a principal", returned({ ...good, principalId: 1 })],
  ["no policy", returned({ principalId: "x" })],
  [
    "text for a policy",
    returned({ ...good, policyDocument: JSON.stringify(policyDocument) }),
  ],
  [
    "another version",
    returned({
      ...good,
      policyDocument: { ...policyDocument, Version: "2008-10-17" },
    }),
  ],
  [
    "no statement",
    returned({ ...good, policyDocument: { Version: "2012-10-17" } }),
  ],
  [
    "an empty list of statements",
    returned({ ...good, policyDocument: { ...policyDocument, Statement: [] } }),
  ],
  [
    "a null statement",
    returned({
      ...good,
      policyDocument: { ...policyDocument, Statement: [null] },
    }),
  ],
  [
    "too much beside the statements",
    returned({
      ...good,
      policyDocument: { ...policyDocument, Principal: "*" },
    }),
  ],
  ["allow in lower case", returned(withStatement({ Effect: "allow" }))],
  ["no effect", returned(withStatement({ Effect: undefined }))],
  ["NotAction", returned(withStatement({ Action: undefined, NotAction: "x" }))],
  ["NotResource", returned(withStatement({ NotResource: "x" }))],
  [
    "a condition, without which it would allow more",
    returned(
      withStatement({
        Condition: { IpAddress: { "aws:SourceIp": "10.0.0.0/8" } },
      }),
    ),
  ],
  ["an object for a resource", returned(withStatement({ Resource: { a: 1 } }))],
  ["no resource", returned(withStatement({ Resource: [] }))],
  ["a nested list", returned(withStatement({ Resource: [[methodArn]] }))],
  [
    "an effect at its place",
    returned(withStatement({ Effect: "Allow", Sid: "\n" })),
  ],
  [
    "a wrong id",
    returned({ ...good, policyDocument: { ...policyDocument, Id: 1 } }),
  ],
  ["text around a name", returned(withStatement({ Action: "a\nb" }))],
  ["text that begins badly", returned(withStatement({ Action: "\nb" }))],
  [
    "2.4 #31 a resource of 513 characters",
    returned(withStatement({ Resource: "x".repeat(513) })),
  ],
  ["a control character", returned(withStatement({ Resource: "x\n" }))],
  ["an empty action", returned(withStatement({ Action: "" }))],
  [
    "1,001 resources",
    returned(withStatement({ Resource: Array(1001).fill("x") })),
  ],
])("%s is 500", async (_, answer) => {
  const { outcome, line } = await ask(answer);
  expect(outcome).toBe("custom-invalid");
  expect(line).toMatchObject({
    decision: "error",
    detail: expect.stringMatching(/^gate-custom: answer(\.|$)/),
  });
});

test.each([
  ["1 MB", new Unavailable("too large"), "custom-unavailable"],
  [
    "nothing for 12 seconds",
    new Unavailable("ABORT_ERR", "passing"),
    "custom-unavailable",
  ],
  ["no permission", new Unavailable("HTTP 403"), "custom-unavailable"],
  ["an error nobody foresaw", new TypeError("canary"), "internal-error"],
  [
    "a policy of 8 KB",
    returned(withStatement({ Resource: Array(20).fill("x".repeat(500)) })),
    "result-too-large",
  ],
  [
    "a function error",
    { functionError: "Unhandled", body: '{"errorMessage":"canary"}' },
    "custom-failed",
  ],
  [
    "its own timeout",
    {
      functionError: "Unhandled",
      body: '{"errorMessage":"2026 Task timed out after 10.00 seconds"}',
    },
    "custom-failed",
  ],
  [
    "an error with a policy",
    { functionError: "Handled", ...returned(good) },
    "custom-failed",
  ],
  [
    "an error without a body",
    { functionError: "Unhandled", body: "" },
    "custom-failed",
  ],
  [
    "nearly Unauthorized",
    { functionError: "Unhandled", body: '{"errorMessage":"Unauthorized "}' },
    "custom-failed",
  ],
  [
    "a list that says Unauthorized",
    { functionError: "Unhandled", body: '["Unauthorized"]' },
    "custom-failed",
  ],
] satisfies [string, Answer, string][])(
  "%s is 500",
  async (_, answer, reason) => {
    const { outcome, lines } = await ask(answer);
    expect(outcome).toBe(reason);
    expect(lines.join()).not.toContain("canary");
  },
);

test("2.4 #37 exactly Unauthorized is 401", async () => {
  const { outcome, line } = await ask({
    functionError: "Unhandled",
    body: '{"errorMessage":"Unauthorized","errorType":"Error","trace":[]}',
  });
  expect(outcome).toBe("Unauthorized");
  expect(line).toMatchObject({ decision: "refuse", reason: "custom-refused" });
});

test.each([
  ["without a credential", tokenEvent(undefined), "Unauthorized"],
  [
    "of another stage",
    tokenEvent("x", methodArn.replace("/v1/", "/v2/")),
    "Unauthorized",
  ],
  [
    "of another account",
    tokenEvent("x", methodArn.replace("111122223333", "999922223333")),
    "Unauthorized",
  ],
  ["of another kind", { type: "REQUEST" }, "event-unexpected"],
])("a call %s never reaches the function", async (_, event, message) => {
  const { outcome, calls } = await ask(returned(good), event);
  expect(outcome).toBe(message);
  expect(calls).toEqual([]);
});

test("2.4 #40 neither the credential nor the answer reaches the log", async () => {
  const { lines } = await ask(
    returned({ ...good, principalId: "x y canary", context: { a: "canary" } }),
    tokenEvent("Basic canary"),
  );
  expect(lines).toHaveLength(1);
  expect(lines.join()).not.toContain("canary");
});

test("a name of 128 characters stands in the header", async () => {
  const principalId = "x".repeat(128);
  expect((await ask(returned({ ...good, principalId }))).outcome).toMatchObject(
    {
      context: { consumer: principalId },
    },
  );
});

test("the log names what the credential hashes to, and why there is none", async () => {
  expect((await ask(returned(good))).line).toMatchObject({
    tokenHash: sha256("any thing").slice(0, 12),
  });
  expect((await ask(returned(good), tokenEvent(1))).line).toMatchObject({
    decision: "refuse",
    reason: "credential-missing",
  });
});

test("warming asks whether the function may be invoked, and does not invoke it", async () => {
  const calls: AwsCall[] = [];
  await warmCustom("gate-custom", (call) => {
    calls.push(call);
    return Promise.resolve({ status: 204, headers: {}, body: "" });
  });
  expect(calls).toEqual([
    {
      service: "lambda",
      path: "/2015-03-31/functions/gate-custom/invocations",
      headers: { "x-amz-invocation-type": "DryRun" },
      body: "",
      timeout: 12_000,
      limit: 65_536,
    },
  ]);
});
