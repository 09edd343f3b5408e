// The gate in front of a user's own authorizer: the event goes on in the form that the function expects, and of what it returns
// nothing but what its policy says of this one call, and a name, comes through.
import type { AwsCall } from "../../../authorizer/aws/call.ts";
import {
  askCustom,
  warmCustom,
} from "../../../authorizer/aws/custom-function.ts";
import { isAllowed, matches } from "../../../authorizer/custom-policy.ts";
import { InternalFailure, Unavailable } from "../../../authorizer/failure.ts";
import {
  createTestHandler,
  customGate,
  decideCall,
  eventOf,
  forbidden,
  parse,
  sha256,
  stageArn,
  unauthorized,
  upstreamSecret,
  type CallParts,
} from "../../fixtures/authorizer.ts";

const settings = parse(customGate());
const methodArn = `${stageArn}POST/openai/chat/completions`;
const event = eventOf({ headers: { Authorization: "any thing" } });
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

async function ask(
  answer: Answer,
  given: unknown = event,
  type: "token" | "request" = "token",
) {
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
    settings: parse(customGate(type)),
    askCustom: (form, name) => askCustom(form, name, callAws),
  });
  const outcome: unknown = await handler(given).catch(
    (error: unknown) => (error as Error).message,
  );
  return { outcome, line: JSON.parse(lines[0]!), lines, calls };
}
const returned = (value: unknown) => ({ body: JSON.stringify(value) });

const tokenForm = (authorizationToken: string) => ({
  type: "TOKEN",
  authorizationToken,
  methodArn,
});

test.each([
  ["token", tokenForm("any thing")],
  ["request", event],
] as const)(
  "a function of type %s gets its form of the event, in one call",
  async (type, form) => {
    const { calls } = await ask(returned(good), event, type);
    expect(calls).toEqual([
      {
        service: "lambda",
        path: "/2015-03-31/functions/gate-custom/invocations",
        headers: { "content-type": "application/json" },
        body: JSON.stringify(form),
        timeout: 12_000,
        limit: 65_536,
      },
    ]);
  },
);

test("of its answer only the name comes through, and the gate adds the credential of the route", async () => {
  const { outcome, line } = await ask(
    returned({
      ...good,
      usageIdentifierKey: "a".repeat(64),
      context: { consumer: "evil", credential: "evil", nested: { a: [1] } },
      more: "x",
    }),
  );
  expect(outcome).toEqual({
    principalId: "custom:user|42",
    policyDocument: {
      Version: "2012-10-17",
      Statement: [
        {
          Action: "execute-api:Invoke",
          Effect: "Allow",
          Resource: `${stageArn}POST/*`,
        },
      ],
    },
    context: {
      consumer: "user|42",
      mode: "custom",
      credential: `Bearer ${upstreamSecret}`,
    },
    usageIdentifierKey: undefined,
  });
  expect(line).toMatchObject({
    decision: "allow",
    mode: "custom",
    consumer: "user|42",
  });
});

test.each([
  ["no context", good],
  ["a null context", { ...good, context: null }],
  ["a list for a context", { ...good, context: ["x"] }],
])("with %s every key is still there", async (_, answer) => {
  expect((await ask(returned(answer))).outcome).toMatchObject({
    context: { consumer: "user|42", credential: expect.stringMatching(/./) },
  });
});

test("what the policy does not allow is 403 with a reason, and no credential", async () => {
  const { outcome, line } = await ask(
    returned(withStatement({ Resource: `${stageArn}POST/other` })),
  );
  expect(outcome).toMatchObject({
    policyDocument: { Statement: [{ Effect: "Deny" }] },
    context: {
      consumer: "user|42",
      reason: "The policy of the authorizer function does not allow it.",
    },
  });
  expect(line).toMatchObject({
    decision: "forbidden",
    reason: "custom-denied",
  });
});

test("a Deny of the function's is 403, whatever it allows besides", async () => {
  const { outcome } = await ask(
    returned({
      ...good,
      policyDocument: {
        ...policyDocument,
        Statement: [statement, { ...statement, Effect: "Deny" }],
      },
    }),
  );
  expect(outcome).toMatchObject({
    policyDocument: { Statement: [{ Effect: "Deny" }] },
  });
});

const allow = (...Resource: string[]) => ({
  ...statement,
  Effect: "Allow" as const,
  Resource,
});
const deny = (...Resource: string[]) => ({
  ...allow(...Resource),
  Effect: "Deny" as const,
});
const action = (...Action: string[]) => ({ ...allow("*"), Action });

test.each<[string, boolean, Parameters<typeof isAllowed>[0]]>([
  ["the call itself", true, [allow(methodArn)]],
  ["everything", true, [allow("*")]],
  ["the stage", true, [allow(`${stageArn}*`)]],
  ["the method", true, [allow(`${stageArn}POST/*`)]],
  ["any method", true, [allow(`${stageArn}*/openai/*`)]],
  ["a star across segments and colons", true, [allow("arn:*/completions")]],
  ["one of several resources", true, [allow("x", methodArn)]],
  ["one of several statements", true, [allow("x"), allow(methodArn)]],
  [
    "a question mark for one character",
    true,
    [allow(methodArn.replace("chat", "c?at"))],
  ],
  ["no statement", false, []],
  ["another path", false, [allow(`${stageArn}POST/openai/models`)]],
  ["a longer path", false, [allow(`${methodArn}/more`)]],
  ["a shorter path", false, [allow(methodArn.slice(0, -1))]],
  ["another method", false, [allow(methodArn.replace("POST", "GET"))]],
  ["another case of the path", false, [allow(methodArn.toUpperCase())]],
  ["another stage", false, [allow(methodArn.replace("/v1/", "/v2/"))]],
  ["another account", false, [allow(methodArn.replace("111122223333", "1"))]],
  ["a question mark for none", false, [allow(`${methodArn}?`)]],
  ["a question mark for two", false, [allow(methodArn.replace("chat", "c?t"))]],
  ["a regular expression", false, [allow(`${stageArn}.*`)]],
  ["a Deny before", false, [deny("*"), allow("*")]],
  ["a Deny behind", false, [allow("*"), deny(methodArn)]],
  [
    "a Deny of a wildcard",
    false,
    [allow("*"), deny(`${stageArn}POST/openai/c*`)],
  ],
  [
    "a Deny of one resource of many",
    false,
    [allow("*"), deny("x", "*/chat/*")],
  ],
  ["a Deny of something else", true, [allow("*"), deny(`${stageArn}GET/*`)]],
  [
    "a Deny of another action",
    true,
    [allow("*"), { ...deny("*"), Action: "execute-api:ManageConnections" }],
  ],
  ["only a Deny", false, [deny(`${stageArn}GET/*`)]],
  ["the action in another case", true, [action("Execute-API:invoke")]],
  ["every action", true, [action("*")]],
  ["every action of the service", true, [action("execute-api:*")]],
  ["a part of the action", true, [action("execute-api:Inv*e")]],
  ["a question mark in the action", true, [action("execute-api:Invok?")]],
  [
    "one of several actions",
    true,
    [action("s3:GetObject", "execute-api:Invoke")],
  ],
  [
    "a Deny by the action in another case",
    false,
    [allow("*"), { ...deny("*"), Action: "EXECUTE-API:INVOKE" }],
  ],
  ["another action", false, [action("execute-api:InvalidateCache")]],
  ["another service", false, [action("lambda:InvokeFunction")]],
  ["the action with a blank", false, [action("execute-api:Invoke ")]],
])("2.4 #27 #28 a policy of %s: %s", (_, expected, statements) => {
  expect(isAllowed(statements, methodArn)).toBe(expected);
});

test.each<[string, string, boolean]>([
  ["**a", "bba", true],
  ["a*", "a", true],
  ["*", "", true],
  ["", "", true],
  ["", "a", false],
  ["?", "", false],
  ["*?", "a", true],
  ["a*b*c", "a-b-b-c", true],
  ["a*b*c", "a-c-b", false],
  ["*ab", "aab", true],
  ["*aab", "aaab", true],
])("%j matches %j: %s", (wanted, value, expected) => {
  expect(matches(wanted, value)).toBe(expected);
});

test("2.3 #22 a resource of many stars over a long ARN ends at once", () => {
  const started = process.cpuUsage().user;
  expect(matches("*a".repeat(250), "a".repeat(1600) + "b")).toBe(false);
  expect(process.cpuUsage().user - started).toBeLessThan(1_000_000);
});

const custom = (call: CallParts, statements = [allow("*")]) => {
  const answer = { kind: "policy", name: "user", statements } as const;
  return decideCall(
    { headers: { Authorization: "Basic dXNlcjpwYXNzd29yZA==" }, ...call },
    { ...settings, custom: { ...settings.custom!, answer } },
  );
};

test.each([
  ["/openai/../admin/keys", "path"],
  ["/openai/%2e%2e/admin/keys", "path"],
  ["/openai/..%2fadmin/keys", "path"],
  ["/openai/%252e%252e/admin/keys", "path"],
  ["/openai//admin", "path"],
])("%s is refused whatever the policy says: %s", async (path, reason) => {
  expect(await custom({ path })).toEqual(forbidden(reason));
  const resource = `${stageArn}POST/openai/*`;
  expect(await custom({ path }, [allow(resource)])).toEqual(forbidden(reason));
});

test("a star in the caller's path is only a star", async () => {
  const path = "/openai/*";
  expect(await custom({ path }, [allow(methodArn)])).toEqual(
    forbidden("custom-denied"),
  );
  // A function that echoes the ARN allows this call, and no other one.
  expect(
    await custom({ path }, [allow(`${stageArn}POST/openai/*`)]),
  ).toMatchObject({
    kind: "allow",
    resource: `${stageArn}POST/*`,
  });
});

test.each([
  ["in the query", { query: { key: "dXNlcjpwYXNzd29yZA==" } }],
  [
    "in a cookie",
    {
      headers: {
        Authorization: "Basic dXNlcjpwYXNzd29yZA==",
        Cookie: "a=dXNlcjpwYXNzd29yZA==",
      },
    },
  ],
])("the secret behind the scheme is found %s", async (_, call) => {
  expect(await custom(call)).toEqual(forbidden("credential-exposed"));
});

test("two headers that differ, or one twice, are 401 before the function is asked", async () => {
  const twice = { Authorization: ["Bearer x", "Bearer x"] };
  const different = { Authorization: "Bearer x", "x-api-key": "y" };
  for (const headers of [twice, different])
    for (const type of ["token", "request"] as const) {
      const { outcome, line, calls } = await ask(
        returned(good),
        eventOf({ headers }),
        type,
      );
      expect(outcome).toBe("Unauthorized");
      expect(line).toMatchObject({ reason: "credential-ambiguous" });
      expect(calls).toEqual([]);
    }
});

test("one secret in two headers passes; the first of the route's list goes on", async () => {
  const headers = { "x-api-key": "x", authorization: "Bearer x" };
  const { calls } = await ask(returned(good), eventOf({ headers }));
  expect(JSON.parse(calls[0]!.body)).toEqual(tokenForm("Bearer x"));
});

test.each([
  ["Bearer dXNlcjpwYXNzd29yZA", "dXNlcjpwYXNzd29yZA"],
  ["Basic   dXNlcjpwYXNzd29yZA", "dXNlcjpwYXNzd29yZA"],
  ["dXNlcjpwYXNzd29yZA", "dXNlcjpwYXNzd29yZA"],
  ["k=1, and one more", "k=1, and one more"],
])("of %j the secret is %j", async (value, secret) => {
  const headers = { Authorization: value, "X-Key": secret };
  expect(await custom({ headers })).toEqual(forbidden("credential-exposed"));
  const other = { Authorization: value, "X-Key": secret.slice(1) };
  expect(await custom({ headers: other })).toMatchObject({
    kind: "allow",
    tokenHash: sha256(secret).slice(0, 12),
  });
});

test("a REQUEST function may look elsewhere for a credential", async () => {
  const given = eventOf({ query: { key: "k" } });
  const { outcome, calls } = await ask(returned(good), given, "request");
  expect(outcome).toMatchObject({ context: { consumer: "user|42" } });
  expect(JSON.parse(calls[0]!.body)).toEqual(given);
});

test("without an answer no caller passes", async () => {
  const call = { headers: { Authorization: "x" } };
  await expect(decideCall(call, settings)).rejects.toEqual(
    new InternalFailure("custom-unavailable", "not asked"),
  );
  await expect(decideCall(call, settings)).rejects.toMatchObject({
    detail: "not asked",
  });
  const unasked = {
    ...settings.custom!,
    answer: { kind: "unauthorized" },
  } as const;
  expect(await decideCall(call, { ...settings, custom: unasked })).toEqual(
    unauthorized("custom-refused"),
  );
});

test.each([
  ["one statement without a list", { ...policyDocument, Statement: statement }],
  ["no version", { Statement: [statement] }],
  [
    "ids",
    { ...policyDocument, Id: "x", Statement: [{ ...statement, Sid: "y" }] },
  ],
])("a policy with %s is read", async (_, document) => {
  const { outcome } = await ask(
    returned({ ...good, policyDocument: document }),
  );
  expect(outcome).toMatchObject({ context: { consumer: "user|42" } });
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
    "a variable of IAM's",
    returned(withStatement({ Effect: "Deny", Resource: "*/${aws:username}" })),
  ],
  [
    "the names of Object.prototype",
    returned(JSON.parse('{"__proto__":{"principalId":"x"},"constructor":1}')),
  ],
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
  ["an unforeseen error", new TypeError("canary"), "internal-error"],
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
  expect(line).toMatchObject({
    decision: "unauthorized",
    reason: "custom-refused",
  });
});

const changed = (changes: object) =>
  eventOf({ headers: { Authorization: "x" }, event: changes });

test.each([
  ["without a credential", eventOf(), "Unauthorized"],
  [
    "with an empty one",
    eventOf({ headers: { Authorization: "" } }),
    "Unauthorized",
  ],
  [
    "of another stage",
    changed({ methodArn: methodArn.replace("/v1/", "/v2/") }),
    "Unauthorized",
  ],
  [
    "of another account",
    changed({ methodArn: methodArn.replace("111122223333", "999922223333") }),
    "Unauthorized",
  ],
  ["of no route", changed({ resource: "/other" }), "Unauthorized"],
  ["of another kind", changed({ type: "TOKEN" }), "event-unexpected"],
])("a call %s never reaches the function", async (_, given, message) => {
  const { outcome, calls } = await ask(returned(good), given);
  expect(outcome).toBe(message);
  expect(calls).toEqual([]);
});

test("2.4 #40 neither the credential nor the answer reaches the log", async () => {
  const { lines } = await ask(
    returned({ ...good, principalId: "x y canary", context: { a: "canary" } }),
    eventOf({ headers: { Authorization: "Basic canary" } }),
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
    tokenHash: sha256("thing").slice(0, 12),
  });
  expect((await ask(returned(good), eventOf())).line).toMatchObject({
    decision: "unauthorized",
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
