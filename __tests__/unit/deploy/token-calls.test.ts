// The DynamoDB calls as they are sent, and what becomes of DynamoDB's answers.
import { createTokenCalls } from "../../../src/deploy/tokens/token-calls.ts";
import { fakeAws } from "../../fixtures/fake-aws.ts";

const table = "ai-gate-prod-12345678-tokens";
const place = { region: "eu-west-1", table };

const inputOf = (request: { body: string } | undefined) =>
  JSON.parse(request?.body ?? "{}") as Record<string, unknown>;

const managed = (revision: string) => ({
  hash: "managed#a",
  gate: "ai-gate/prod",
  revision,
});

const stored = (revision: string) => ({
  hash: { S: "managed#a" },
  gate: { S: "ai-gate/prod" },
  revision: { S: revision },
});

test("a read is consistent, of a hundred at most, and asks again for what was left", async () => {
  const item = (index: number) => ({ hash: { S: `h${index}` } });
  const keys = Array.from({ length: 120 }, (_, index) => `h${index}`);
  const answer = (items: object[], left: object[]) => ({
    body: JSON.stringify({
      Responses: { [table]: items },
      UnprocessedKeys: left.length > 0 ? { [table]: { Keys: left } } : {},
    }),
  });
  const { aws, requests } = fakeAws({
    "dynamodb BatchGetItem": [
      answer([item(0)], [{ hash: { S: "h7" } }]),
      answer([item(7), item(119)], []),
    ],
  });
  const found = await createTokenCalls(aws, place).read(keys);
  expect([...found.keys()]).toEqual(["h0", "h7", "h119"]);
  const asked = requests.map((request) => {
    const { RequestItems } = inputOf(request) as {
      RequestItems: Record<
        string,
        { Keys: unknown[]; ConsistentRead: boolean }
      >;
    };
    const { ConsistentRead, Keys } = RequestItems[table]!;
    return [ConsistentRead, Keys.length];
  });
  expect(asked).toEqual([
    [true, 100],
    [true, 21],
  ]);
});

test("nothing to read is not asked for", async () => {
  const { aws, asked } = fakeAws();
  expect((await createTokenCalls(aws, place).read([])).size).toBe(0);
  expect(asked).toEqual([]);
});

test("a table that never answers for a key is given up", async () => {
  const left = { [table]: { Keys: [{ hash: { S: "h" } }] } };
  const { aws, asked, waits } = fakeAws({
    "dynamodb BatchGetItem": {
      body: JSON.stringify({ UnprocessedKeys: left }),
    },
  });
  await expect(createTokenCalls(aws, place).read(["h"])).rejects.toMatchObject({
    reason: "aws-throttled",
  });
  expect(asked).toHaveLength(6);
  expect(waits).toEqual([400, 800, 1600, 3200, 6400]);
});

test("a foreign item may hold any number", async () => {
  const item = { hash: { S: "h" }, expires: { N: "1e100" } };
  const { aws } = fakeAws({
    "dynamodb BatchGetItem": {
      body: JSON.stringify({ Responses: { [table]: [item] } }),
    },
  });
  const found = await createTokenCalls(aws, place).read(["h"]);
  expect(found.get("h")).toEqual({ hash: "h", expires: 1e100 });
});

test("bookkeeping is written over the revision that was read, or over itself", async () => {
  const { aws, requests } = fakeAws();
  const { record } = createTokenCalls(aws, place);
  await record(managed("2"), "1");
  await record(managed("1"), undefined);
  expect(requests.map(inputOf)).toEqual([
    {
      TableName: table,
      Item: stored("2"),
      ConditionExpression: "#revision IN (:before, :own)",
      ExpressionAttributeNames: { "#revision": "revision" },
      ExpressionAttributeValues: { ":before": { S: "1" }, ":own": { S: "2" } },
    },
    {
      TableName: table,
      Item: stored("1"),
      ConditionExpression: "attribute_not_exists(#hash) OR #revision = :own",
      ExpressionAttributeNames: { "#hash": "hash", "#revision": "revision" },
      ExpressionAttributeValues: { ":own": { S: "1" } },
    },
  ]);
});

const change = (aws: ReturnType<typeof fakeAws>["aws"]) =>
  createTokenCalls(aws, place).change([{ delete: "a1" }], {
    key: "managed#a",
    revision: "2",
  });

test("changes hold only while the bookkeeping is as it was left", async () => {
  const { aws, requests } = fakeAws();
  await change(aws);
  expect(inputOf(requests[0])).toMatchObject({
    TransactItems: [
      {
        ConditionCheck: {
          TableName: table,
          Key: { hash: { S: "managed#a" } },
          ConditionExpression: "#revision = :revision",
          ExpressionAttributeNames: { "#revision": "revision" },
          ExpressionAttributeValues: { ":revision": { S: "2" } },
        },
      },
      { Delete: { TableName: table, Key: { hash: { S: "a1" } } } },
    ],
  });
});

const cancelled = (code: string) => ({
  status: 400,
  errorCode: "TransactionCanceledException",
  body: JSON.stringify({
    CancellationReasons: [{ Code: "None" }, { Code: code }],
  }),
});

test("a conflict of writes is tried again", async () => {
  const { aws, asked } = fakeAws({
    "dynamodb TransactWriteItems": [cancelled("TransactionConflict"), {}],
  });
  await change(aws);
  expect(asked).toHaveLength(2);
});

test.each([
  ["locked", cancelled("ConditionalCheckFailed"), 1],
  ["aws-throttled", cancelled("TransactionConflict"), 6],
  ["aws-throttled", cancelled("ThrottlingError"), 6],
  ["engine", cancelled("ValidationError"), 1],
  ["aws-denied", { status: 400, errorCode: "AccessDeniedException" }, 1],
  ["engine", { status: 400, errorCode: "ResourceNotFoundException" }, 1],
  [
    "aws-throttled",
    { status: 400, errorCode: "ProvisionedThroughputExceededException" },
    1,
  ],
  ["aws-throttled", { status: 500, errorCode: "InternalServerError" }, 1],
])("failure %s of %j after %d calls", async (reason, answer, calls) => {
  const { aws, asked } = fakeAws({ "dynamodb TransactWriteItems": answer });
  const failure = await change(aws).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    reason,
    message: expect.stringContaining(table) as string,
  });
  // `load-tokens` says the same.
  expect((failure as Error).message).not.toContain("`up` again");
  expect(asked).toHaveLength(calls);
});

test.each([
  { status: 400, errorCode: "AccessDeniedException" },
  { status: 500, errorCode: "InternalServerError" },
])("%j names the operation", async (answer) => {
  const { aws } = fakeAws({ "dynamodb TransactWriteItems": answer });
  await expect(change(aws)).rejects.toThrow(
    `(TransactWriteItems: ${answer.errorCode})`,
  );
});

test("a bookkeeping item that another run has written is not written over", async () => {
  const { aws } = fakeAws({
    "dynamodb PutItem": {
      status: 400,
      errorCode: "ConditionalCheckFailedException",
    },
  });
  await expect(
    createTokenCalls(aws, place).record(managed("2"), "1"),
  ).rejects.toMatchObject({ reason: "locked" });
});
