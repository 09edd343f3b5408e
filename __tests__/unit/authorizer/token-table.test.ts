// Tokens in the table: what is asked, what is kept and for how long, and that nothing but a sound item lets a caller pass.
import { createTokenTable } from "../../../authorizer/aws/token-table.ts";
import type { AwsCall } from "../../../authorizer/aws/call.ts";
import { Unavailable } from "../../../authorizer/failure.ts";
import {
  createTestHandler,
  now,
  nowSeconds,
  parse,
  settingsFile,
  sha256,
  signProof,
  tokenA,
  headerEvent,
} from "../../fixtures/authorizer.ts";
import {
  auth0,
  consumersFile,
  issuersFile,
  sign,
} from "../../fixtures/issuers.ts";

type Answer = object | string | Error;
const token = "from-the-table-Zq8Wx7Ec6Rv5Tb4Yn3";
const hash = sha256(token);
const item = (changes: object = {}) => ({
  Item: { hash: { S: hash }, consumer: { S: "team-a" }, ...changes },
});

/** A table that gives the answers in turn, the last one for ever. */
function setUp(...answers: Answer[]) {
  const clock = { now };
  const calls: AwsCall[] = [];
  const readEntry = createTokenTable({
    table: "gate-tokens",
    now: () => clock.now,
    callAws: (call) => {
      const answer = answers[Math.min(calls.push(call), answers.length) - 1]!;
      if (answer instanceof Error) return Promise.reject(answer);
      const body = typeof answer === "string" ? answer : JSON.stringify(answer);
      return Promise.resolve({ status: 200, headers: {}, body });
    },
  });
  return { clock, calls, readEntry };
}

const withTable = parse({
  consumers: settingsFile.consumers.map((consumer) => ({
    ...consumer,
    hashes: [],
  })),
  store: { table: "gate-tokens" },
});

async function ask(answer: Answer, value = token, settings = withTable) {
  const { calls, clock, readEntry } = setUp(answer);
  const { handler, lines } = createTestHandler({ settings, readEntry });
  const outcome: unknown = await handler(headerEvent(`Bearer ${value}`)).catch(
    (error: unknown) => (error as Error).message,
  );
  return { outcome, line: JSON.parse(lines[0]!), calls, clock };
}

test("one GetItem by the token's hash", async () => {
  const { calls } = await ask(item());
  expect(
    calls.map(({ body, ...call }) => ({ ...call, body: JSON.parse(body) })),
  ).toEqual([
    {
      service: "dynamodb",
      headers: {
        "content-type": "application/x-amz-json-1.0",
        "x-amz-target": "DynamoDB_20120810.GetItem",
      },
      body: { TableName: "gate-tokens", Key: { hash: { S: hash } } },
    },
  ]);
});

test.each([
  ["as its consumer", item(), "team-a"],
  ["as who it says", item({ caller: { S: "jane.doe" } }), "jane.doe"],
  [
    "before it expires",
    item({ expires: { N: String(nowSeconds + 1) } }),
    "team-a",
  ],
  ["when it is not disabled", item({ disabled: { BOOL: false } }), "team-a"],
  ["beside other answers", { ...item(), ConsumedCapacity: {} }, "team-a"],
  ["with other attributes", item({ note: { M: {} }, x: 1 }), "team-a"],
])("an item passes %s", async (_, answer, name) => {
  const { outcome, line } = await ask(answer);
  expect(outcome).toMatchObject({
    principalId: `token:${name}`,
    context: { consumer: name },
  });
  expect(line).toMatchObject({ consumer: name, mode: "token", reason: "ok" });
});

test.each([
  ["no item", {}, "token-unknown"],
  [
    "an unknown consumer",
    item({ consumer: { S: "unknown" } }),
    "consumer-unknown",
  ],
  [
    "a property for a consumer",
    item({ consumer: { S: "constructor" } }),
    "consumer-unknown",
  ],
  ["disabled", item({ disabled: { BOOL: true } }), "token-disabled"],
  [
    "expired, though DynamoDB has not deleted it",
    item({ expires: { N: String(nowSeconds) } }),
    "token-expired",
  ],
  ["expired at 0", item({ expires: { N: "0" } }), "token-expired"],
])("%s is 401", async (_, answer, reason) => {
  const { outcome, line } = await ask(answer);
  expect(outcome).toBe("Unauthorized");
  expect(line).toMatchObject({ reason });
});

test.each([
  ["another hash", item({ hash: { S: sha256("x") } })],
  ["no hash", item({ hash: undefined })],
  ["no consumer", item({ consumer: undefined })],
  ["a number for the consumer", item({ consumer: { N: "1" } })],
  ["no type", item({ consumer: "team-a" })],
  ["two types", item({ consumer: { S: "team-a", N: "1" } })],
  ["an empty caller", item({ caller: { S: "" } })],
  ["2.4 #34 a caller with a line break", item({ caller: { S: "a\r\nb" } })],
  ["a caller of 65 characters", item({ caller: { S: "x".repeat(65) } })],
  ["a NULL caller", item({ caller: { NULL: true } })],
  ["an expiry in text", item({ expires: { S: String(nowSeconds + 9) } })],
  ["an expiry in milliseconds", item({ expires: { N: String(now) } })],
  ["text before an expiry", item({ expires: { N: `x${nowSeconds + 9}` } })],
  ["an expiry with an exponent", item({ expires: { N: "1E+20" } })],
  ["a negative expiry", item({ expires: { N: "-1" } })],
  ["a fraction", item({ expires: { N: `${nowSeconds}.5` } })],
  ["an expiry that is a number", item({ expires: { N: nowSeconds + 9 } })],
  ["disabled in text", item({ disabled: { S: "false" } })],
  ["disabled as a number", item({ disabled: { N: "0" } })],
  ["disabled in text of a boolean", item({ disabled: { BOOL: "false" } })],
  ["an item that is no object", { Item: [] }],
  ["a null item", { Item: null }],
  ["no object", "[]"],
  ["no JSON", "<html>"],
])("%s is our failure, never an allow", async (_, answer) => {
  const { outcome, line } = await ask(answer);
  expect(outcome).toBe("token-entry-invalid");
  expect(line).toMatchObject({
    decision: "error",
    detail: expect.stringMatching(/^gate-tokens: answer(\.Item|$)/),
  });
  expect(JSON.stringify(line)).not.toContain("jane");
});

test.each([
  [
    "an outage",
    new Unavailable("ETIMEDOUT", "passing"),
    "token-table-unavailable",
  ],
  [
    "a missing table",
    new Unavailable("ResourceNotFoundException", "gone"),
    "token-table-unavailable",
  ],
  ["an unforeseen error", new TypeError(token), "internal-error"],
])("2.4 #39 %s is 500 and quotes no token", async (_, error, reason) => {
  const { outcome, line } = await ask(error);
  expect(outcome).toBe(reason);
  expect(JSON.stringify(line)).not.toContain(token);
});

test.each([
  ["a short token", "short"],
  ["31 characters", "x".repeat(31)],
  ["4097 characters", "x".repeat(4097)],
  ["a proof", signProof()],
  ["a proof of another's key", signProof({}, { alg: "ES256" })],
])("2.5 #46 %s is not looked up", async (_, value) => {
  expect((await ask({}, value)).calls).toHaveLength(0);
});

test("a JWT of a known issuer is not looked up, one of another is", async () => {
  const settings = parse({
    issuers: issuersFile,
    consumers: consumersFile.map((consumer) => ({ ...consumer, hashes: [] })),
    store: { table: "gate-tokens" },
  });
  const known = await ask({}, sign({ ...auth0, gty: "x" }), settings);
  expect([known.outcome, known.calls.length]).toEqual(["Unauthorized", 0]);
  const other = await ask({}, sign({ ...auth0, iss: "x" }), settings);
  expect([other.outcome, other.calls.length]).toEqual(["Unauthorized", 1]);
});

test("an item of another hash is reported by its place", async () => {
  const { line } = await ask(item({ hash: { S: sha256("x") } }));
  expect(line.detail).toBe("gate-tokens: answer.Item.hash");
});

test("a known token is not looked up, even where there is a table", async () => {
  const settings = { ...parse(), table: "gate-tokens" };
  const { outcome, calls } = await ask({}, tokenA, settings);
  expect(outcome).toMatchObject({ principalId: "token:team-a" });
  expect(calls).toEqual([]);
});

test("a bundled token is not looked up", async () => {
  expect((await ask({}, tokenA, parse())).outcome).toMatchObject({
    principalId: "token:team-a",
  });
});

test("what is found is kept for 30 seconds, what is not for five", async () => {
  const { clock, calls, readEntry } = setUp({}, item(), {});
  expect(await readEntry(hash)).toBeUndefined();
  clock.now += 4_999;
  expect(await readEntry(hash)).toBeUndefined();
  expect(calls).toHaveLength(1);
  clock.now += 1;
  expect(await readEntry(hash)).toMatchObject({ consumer: "team-a" });
  clock.now += 29_999;
  expect(await readEntry(hash)).toMatchObject({ consumer: "team-a" });
  expect(calls).toHaveLength(2);
  clock.now += 1;
  expect(await readEntry(hash)).toBeUndefined();
});

test("an entry in the cache still expires on time", async () => {
  const { clock, readEntry } = setUp(
    item({ expires: { N: String(nowSeconds + 2) } }),
  );
  const { handler } = createTestHandler({
    settings: withTable,
    readEntry,
    now: () => clock.now,
  });
  const event = headerEvent(`Bearer ${token}`);
  await expect(handler(event)).resolves.toMatchObject({
    principalId: "token:team-a",
  });
  clock.now = (nowSeconds + 2) * 1000;
  await expect(handler(event)).rejects.toThrow(/^Unauthorized$/);
});

test("a failure is not kept", async () => {
  const { calls, readEntry } = setUp(new Unavailable("x", "passing"), item());
  await expect(readEntry(hash)).rejects.toMatchObject({
    reason: "token-table-unavailable",
  });
  expect(await readEntry(hash)).toMatchObject({ consumer: "team-a" });
  expect(calls).toHaveLength(2);
});

test("2.4 #42 concurrent reads of one hash share a call, of two do not", async () => {
  const { calls, readEntry } = setUp({});
  await Promise.all([readEntry(hash), readEntry(hash), readEntry(sha256("x"))]);
  expect(calls).toHaveLength(2);
});

test("2.5 #46 a flood forgets the oldest of 10,000, and what is used stays", async () => {
  const { calls, readEntry } = setUp({});
  await readEntry("first");
  await readEntry("used");
  for (let index = 0; index < 9_999; index += 1) {
    await readEntry(`flood-${index}`);
    await readEntry("used");
  }
  expect(calls).toHaveLength(10_001);
  await readEntry("used");
  expect(calls).toHaveLength(10_001);
  await readEntry("first");
  expect(calls).toHaveLength(10_002);
});
