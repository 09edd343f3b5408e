// The handler as API Gateway sees it: the exact errors, the exact result, and what reaches the log.
import { InternalFailure } from "../../authorizer/failure.ts";
import {
  createTestHandler,
  methodArn,
  parse,
  secretArn,
  settingsFile,
  sha256,
  signProof,
  stageArn,
  tokenA,
  tokenB,
  tokenEvent,
  upstreamSecret,
} from "./fixtures.ts";

const good = tokenEvent(`Bearer ${tokenA}`);
const readLine = (lines: string[]) =>
  JSON.parse(lines.join("\n")) as Record<string, unknown>;

test("a consumer gets its whole list, its credentials and nothing of the call", async () => {
  const { handler, lines } = createTestHandler();
  const result = await handler(good);
  expect(result).toEqual({
    principalId: "token:team-a",
    policyDocument: {
      Version: "2012-10-17",
      Statement: [
        {
          Action: "execute-api:Invoke",
          Effect: "Allow",
          Resource: [`${stageArn}POST/openai/*`, `${stageArn}GET/score`],
        },
        {
          Action: "execute-api:Invoke",
          Effect: "Deny",
          Resource: expect.arrayContaining([`${stageArn}*/..*`]),
        },
      ],
    },
    context: {
      consumer: "team-a",
      upstream_openai: `Bearer ${upstreamSecret}`,
      upstream_an_thropic: "none",
    },
  });
  expect(readLine(lines)).toEqual({
    decision: "allow",
    reason: "ok",
    consumer: "team-a",
    mode: "token",
    resources: 2,
    latencyMs: expect.any(Number),
    tokenHash: sha256(tokenA).slice(0, 12),
  });
});

test("2.4 #36 a proof is another principal than the consumer's token", async () => {
  const { handler } = createTestHandler();
  expect((await handler(tokenEvent(`Bearer ${signProof()}`))).principalId).toBe(
    "proof:ai-gate-action:team-a",
  );
});

test("a route outside the list is an Allow of other routes: 403 by implicit deny, not 401", async () => {
  const { handler } = createTestHandler();
  const result = await handler(tokenEvent(`Bearer ${tokenB}`));
  expect(result.policyDocument.Statement).toHaveLength(1);
  expect(result.policyDocument.Statement[0]?.Resource).toEqual([
    `${stageArn}GET/score`,
  ]);
});

test("another header holds the bare token", async () => {
  const { handler } = createTestHandler({
    settings: parse({ header: "x-api-key" }),
  });
  await expect(handler(tokenEvent(tokenA))).resolves.toMatchObject({
    principalId: "token:team-a",
  });
  await expect(handler(good)).rejects.toThrow(/^Unauthorized$/);
});

test.each([
  ["no credential", tokenEvent(undefined), "credential-missing"],
  ["an empty one", tokenEvent(""), "credential-malformed"],
  ["a wrong one", tokenEvent(`Bearer ${tokenA}x`), "token-unknown"],
  ["another scheme", tokenEvent(`Basic ${tokenA}`), "credential-malformed"],
  [
    "a token that is too long",
    tokenEvent(`Bearer ${"x".repeat(9000)}`),
    "credential-too-long",
  ],
  [
    "2.4 #29 another stage",
    tokenEvent(`Bearer ${tokenA}`, methodArn.replace("/v1/", "/v2/")),
    "stage-mismatch",
  ],
  ["no ARN", tokenEvent(`Bearer ${tokenA}`, null), "method-arn-malformed"],
])("2.4 #37 %s is 401", async (_, event, reason) => {
  const { handler, lines } = createTestHandler();
  const error = await handler(event).catch((caught: unknown) => caught);
  expect(error).toEqual(new Error("Unauthorized"));
  expect(error).not.toHaveProperty("cause");
  expect(readLine(lines)).toMatchObject({ decision: "refuse", reason });
});

const unreadable = () =>
  Promise.reject(
    new InternalFailure(
      "upstream-secret-unavailable",
      `${secretArn}: ETIMEDOUT`,
    ),
  );
const many = Array.from(
  { length: 130 },
  (_, index) => `GET/a-rather-long-path/${index}`,
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
    "an error nobody foresaw",
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
    "a secret that makes the result too large",
    { readSecret: () => Promise.resolve("x".repeat(8000)) },
    "result-too-large",
    expect.stringMatching(/^9\d{3} bytes$/) as string,
  ],
  [
    "a policy of 8 KB",
    {
      settings: parse({
        consumers: [{ ...settingsFile.consumers[0], resources: many }],
      }),
    },
    "result-too-large",
    undefined,
  ],
  [
    "a resource of more than 512 characters",
    {
      settings: parse({
        consumers: [
          {
            ...settingsFile.consumers[0],
            resources: [`GET/${"x".repeat(500)}`],
          },
        ],
      }),
    },
    "resource-too-long",
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
  { ...good, type: "REQUEST" },
  { ...good, type: undefined },
])("an event of another kind is 500 (%#)", async (event) => {
  const { handler, lines } = createTestHandler();
  await expect(handler(event)).rejects.toEqual(new Error("event-unexpected"));
  expect(readLine(lines)).toMatchObject({
    decision: "error",
    reason: "event-unexpected",
    detail: "",
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
    tokens.map((token) => handler(tokenEvent(`Bearer ${token}`))),
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
      const event = tokenEvent(`Bearer ${token}`, methodArn + path);
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

test("a result of 8,191 bytes is answered, one of 8,192 is not", async () => {
  const answer = (length: number) =>
    createTestHandler({
      readSecret: () => Promise.resolve("x".repeat(length)),
    }).handler(good);
  const others = JSON.stringify(await answer(1)).length - 1;
  expect(JSON.stringify(await answer(8191 - others))).toHaveLength(8191);
  await expect(answer(8192 - others)).rejects.toThrow(/^result-too-large$/);
});

test.each([null, "x", {}, { invokedFunctionArn: 1 }])(
  "2.4 #38 without Lambda's word for which function this is nobody passes (%#)",
  async (called) => {
    const { handler, lines } = createTestHandler();
    await expect(handler(good, called)).rejects.toThrow(/^Unauthorized$/);
    expect(readLine(lines)).toMatchObject({ reason: "method-arn-foreign" });
  },
);

test("the time a decision took is told in tenths of a millisecond", async () => {
  const clock = jest.spyOn(performance, "now");
  clock.mockReturnValueOnce(1000).mockReturnValueOnce(1012.3456);
  const { handler, lines } = createTestHandler();
  await handler(good);
  clock.mockRestore();
  expect(readLine(lines)["latencyMs"]).toBe(12.3);
});
