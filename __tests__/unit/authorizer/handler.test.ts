// The handler as API Gateway sees it: the exact errors, the exact result, and what reaches the log.
import { InternalFailure } from "../../../authorizer/failure.ts";
import {
  createTestHandler,
  eventOf,
  headerEvent,
  score,
  secretArn,
  sha256,
  signProof,
  stageArn,
  tokenA,
  tokenAdmin,
  tokenB,
  upstreamSecret,
  withBearer,
} from "../../fixtures/authorizer.ts";

/** A POST of `/openai/{proxy+}`. */
const good = eventOf(withBearer(tokenA));
const readLine = (lines: string[]) =>
  JSON.parse(lines.join("\n")) as Record<string, unknown>;
const invoke = (effect: string, resource: string) => ({
  Version: "2012-10-17",
  Statement: [
    {
      Action: "execute-api:Invoke",
      Effect: effect,
      Resource: stageArn + resource,
    },
  ],
});

test("an allowed call gets the credential of its route, and nothing else", async () => {
  const { handler, lines } = createTestHandler();
  expect(await handler(good)).toEqual({
    principalId: "token:team-a",
    policyDocument: invoke("Allow", "POST/*"),
    context: {
      consumer: "team-a",
      mode: "token",
      credential: `Bearer ${upstreamSecret}`,
    },
  });
  expect(readLine(lines)).toEqual({
    decision: "allow",
    reason: "ok",
    route: "POST /openai/{proxy+}",
    consumer: "team-a",
    mode: "token",
    requestId: "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
    latencyMs: expect.any(Number),
    tokenHash: sha256(tokenA).slice(0, 12),
  });
});

test("the line names API Gateway's request, in its own form only", async () => {
  const id = "0b9d1d3c-6b07-4f0b-9c2a-4f3e2d1c0b9a";
  for (const [requestId, shown] of [
    [id, id],
    ['x", "decision": "allow', undefined],
    [undefined, undefined],
  ]) {
    const { handler, lines } = createTestHandler();
    const { requestContext } = good as { requestContext: object };
    await handler({
      ...good,
      requestContext: { ...requestContext, requestId },
    });
    expect(readLine(lines)["requestId"]).toBe(shown);
  }
});

test("only the secret of the called route is read", async () => {
  const references: unknown[] = [];
  const { handler } = createTestHandler({
    readSecret: (reference) => {
      references.push(reference);
      return Promise.resolve("key");
    },
  });
  const call = (resource: string, path: string) =>
    handler(
      eventOf(withBearer(tokenAdmin, { method: "POST", resource, path })),
    );
  expect(await call("/score", "/score")).toMatchObject({
    context: { consumer: "ops" },
  });
  expect(references).toEqual([]);
  const { context } = await call("/models/{model}", "/models/a");
  expect(context).toEqual({
    consumer: "ops",
    mode: "token",
    credential: "key",
  });
  expect(references).toEqual([{ store: "ssm", name: "/ai/anthropic" }]);
});

test("a call that a known caller may not make is a Deny with the reason, and no secret is read", async () => {
  const { handler, lines } = createTestHandler({
    readSecret: () => Promise.reject(new Error("not expected to be read")),
  });
  expect(await handler(eventOf(withBearer(tokenB)))).toEqual({
    principalId: "token:team-b",
    policyDocument: invoke("Deny", "*"),
    context: {
      consumer: "team-b",
      mode: "token",
      denial: "route-not-granted",
      reason: "The route /openai/{proxy+} is not in the list of this consumer.",
    },
  });
  expect(readLine(lines)).toMatchObject({
    decision: "forbidden",
    reason: "route-not-granted",
    route: "POST /openai/{proxy+}",
    consumer: "team-b",
  });
});

test("2.4 #36 a proof is another principal than the consumer's token", async () => {
  const { handler } = createTestHandler();
  expect(
    (await handler(headerEvent(`Bearer ${signProof()}`))).principalId,
  ).toBe("proof:ai-gate-action:team-a");
});

test.each([
  ["no credential", eventOf(score), "credential-missing"],
  ["an empty one", headerEvent(""), "credential-malformed"],
  ["a wrong one", headerEvent(`Bearer ${tokenA}x`), "token-unknown"],
  ["another scheme", headerEvent(`Basic ${tokenA}`), "credential-malformed"],
  [
    "a token that is too long",
    headerEvent(`Bearer ${"x".repeat(9000)}`),
    "credential-too-long",
  ],
])("2.4 #37 %s is 401", async (_, event, reason) => {
  const { handler, lines } = createTestHandler();
  const error = await handler(event).catch((caught: unknown) => caught);
  expect(error).toEqual(new Error("Unauthorized"));
  expect(error).not.toHaveProperty("cause");
  expect(readLine(lines)).toMatchObject({
    decision: "unauthorized",
    reason,
    route: "GET /score",
  });
});

const unreadable = () =>
  Promise.reject(
    new InternalFailure(
      "upstream-secret-unavailable",
      `${secretArn}: ETIMEDOUT`,
    ),
  );
test.each([
  [
    "2.4 #39 a secret that cannot be read",
    { readSecret: unreadable },
    "upstream-secret-unavailable",
    `${secretArn}: ETIMEDOUT`,
  ],
  [
    "a secret that cannot stand in a header",
    { readSecret: () => Promise.resolve("a\nb") },
    "upstream-secret-invalid",
    undefined,
  ],
  [
    "an unforeseen error",
    { readSecret: () => Promise.reject(new TypeError(upstreamSecret)) },
    "internal-error",
    "TypeError",
  ],
  [
    "something thrown that is no error",
    { readSecret: () => Promise.reject(upstreamSecret as unknown as Error) },
    "internal-error",
    "string",
  ],
  [
    "a secret that no request has room for",
    { readSecret: () => Promise.resolve("x".repeat(8193)) },
    "upstream-secret-invalid",
    undefined,
  ],
])("%s is 500", async (_, collaborators, reason, detail) => {
  const { handler, lines } = createTestHandler(collaborators);
  await expect(handler(good)).rejects.toEqual(new Error(reason));
  expect(readLine(lines)).toMatchObject({
    decision: "error",
    reason,
    consumer: "team-a",
    ...(detail && { detail }),
  });
});

test.each([
  undefined,
  null,
  "x",
  [],
  {},
  { ...good, type: "TOKEN" },
  { ...good, type: undefined },
])("an event of another kind is 500 (%#)", async (event) => {
  const { handler, lines } = createTestHandler();
  await expect(handler(event)).rejects.toEqual(new Error("event-unexpected"));
  expect(readLine(lines)).toMatchObject({
    decision: "error",
    reason: "event-unexpected",
    detail: expect.stringMatching(/^(event|type)$/),
  });
});

test("2.4 #41 the handler takes no callback", () => {
  expect(createTestHandler().handler.length).toBeLessThan(3);
});

test("2.4 #42 concurrent calls keep apart", async () => {
  const { handler, lines } = createTestHandler({
    readSecret: () =>
      new Promise((resolve) => setImmediate(() => resolve(upstreamSecret))),
  });
  const tokens = Array.from(
    { length: 40 },
    (_, index) => [tokenA, tokenB, "wrong-token", signProof()][index % 4]!,
  );
  const results = await Promise.allSettled(
    tokens.map((token) => handler(headerEvent(`Bearer ${token}`))),
  );
  const seen = results.map((result) =>
    result.status === "fulfilled" ? result.value.principalId : "-",
  );
  expect(seen).toEqual(
    tokens.map(
      (_, index) =>
        ["token:team-a", "token:team-b", "-", "proof:ai-gate-action:team-a"][
          index % 4
        ],
    ),
  );
  expect(lines).toHaveLength(40);
});

test("2.4 #40 no token, secret, event or path reaches the log or an error", async () => {
  const output: string[] = [];
  const collaborators = { writeLine: (line: string) => void output.push(line) };
  const path = "path-canary-0815";
  const tokens = [
    tokenA,
    tokenB,
    "wrong-token-canary",
    signProof(),
    signProof({ exp: 1 }),
    `${tokenA} ${tokenA}`,
  ];
  for (const readSecret of [
    () => Promise.resolve(upstreamSecret),
    () => Promise.reject(new Error(upstreamSecret)),
    () => Promise.resolve(`${upstreamSecret}\n\n`),
  ]) {
    const { handler } = createTestHandler({ ...collaborators, readSecret });
    for (const token of tokens) {
      const event = eventOf(
        withBearer(token, { path: `/openai/${path}`, query: { [path]: path } }),
      );
      await handler(event).catch((error: unknown) =>
        output.push(
          String(error),
          JSON.stringify(error),
          (error as Error).stack ?? "",
        ),
      );
    }
  }
  const text = output.join("\n");
  expect(text).toContain(sha256(tokenA).slice(0, 12));
  for (const canary of [
    ...tokens,
    ...tokens.map((token) => token.slice(0, 16)),
    upstreamSecret,
    path,
    "Bearer",
    sha256(tokenA).slice(0, 13),
  ]) {
    expect(text).not.toContain(canary);
  }
});

test.each([null, "x", {}, { invokedFunctionArn: 1 }])(
  "2.4 #38 without Lambda's name for this function no caller passes (%#)",
  async (called) => {
    const { handler, lines } = createTestHandler();
    await expect(handler(good, called)).rejects.toThrow(/^event-unexpected$/);
    expect(readLine(lines)).toMatchObject({ detail: "functionArn" });
  },
);

test("the time a decision took is logged in tenths of a millisecond", async () => {
  const clock = jest.spyOn(performance, "now");
  clock.mockReturnValueOnce(1000).mockReturnValueOnce(1012.3456);
  const { handler, lines } = createTestHandler();
  await handler(good);
  clock.mockRestore();
  expect(readLine(lines)["latencyMs"]).toBe(12.3);
});
