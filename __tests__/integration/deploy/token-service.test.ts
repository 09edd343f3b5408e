// The token table against a DynamoDB that evaluates conditions and transactions itself.
import {
  CreateTableCommand,
  DynamoDBClient,
  PutItemCommand,
  ScanCommand,
} from "@aws-sdk/client-dynamodb";
import { type Aws, createAws } from "../../../src/deploy/aws.ts";
import { createTokenCalls } from "../../../src/deploy/tokens/token-calls.ts";
import { syncTokens } from "../../../src/deploy/tokens/token-table.ts";
import {
  startMinistack,
  type Ministack,
} from "../../../local/ministack/ministack.ts";
import { silentProgress } from "../../../local/system/progress.ts";
import { consumer, gateWith, hash } from "../../fixtures/token-gates.ts";

const region = "eu-west-1";
const table = "tokens";
let ministack: Ministack;
let aws: Aws;
let client: DynamoDBClient;

const tokens = async () => {
  const { Items = [] } = await client.send(
    new ScanCommand({ TableName: table }),
  );
  return Items.map((item) => item["hash"]?.S ?? "")
    .filter((key) => !key.startsWith("managed#"))
    .sort();
};

beforeAll(async () => {
  ministack = await startMinistack({ progress: silentProgress, region });
  process.env["AWS_ENDPOINT_URL"] = ministack.url;
  aws = createAws({
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
  });
  client = new DynamoDBClient(aws.config(region));
  const command = new CreateTableCommand({
    TableName: table,
    BillingMode: "PAY_PER_REQUEST",
    KeySchema: [{ AttributeName: "hash", KeyType: "HASH" }],
    AttributeDefinitions: [{ AttributeName: "hash", AttributeType: "S" }],
  });
  await client.send(command);
}, 120_000);
afterAll(() => ministack.stop());

test("tokens come, change and go, and other people's stay", async () => {
  const calls = createTokenCalls(aws, { region, table });
  const foreign = { hash: { S: hash("a9") }, consumer: { S: "a" } };
  await client.send(new PutItemCommand({ TableName: table, Item: foreign }));
  const many = Array.from({ length: 130 }, (_, index) =>
    consumer(`c${index}`, [`a${index.toString(16).padStart(4, "0")}`], {
      expires: "2027-06-30",
    }),
  );
  expect(await syncTokens(calls, gateWith(...many))).toEqual({
    put: 130,
    removed: 0,
  });
  expect(await tokens()).toHaveLength(131);
  expect(await syncTokens(calls, gateWith(...many))).toEqual({
    put: 0,
    removed: 0,
  });
  const disabled = { ...many[0]!, disabled: true };
  expect(await syncTokens(calls, gateWith(disabled))).toEqual({
    put: 1,
    removed: 129,
  });
  expect(await tokens()).toEqual([hash("a0000"), hash("a9")]);
  expect(await syncTokens(calls, gateWith())).toEqual({ put: 0, removed: 1 });
  expect(await tokens()).toEqual([hash("a9")]);
});

test("a run whose bookkeeping another has replaced puts nothing", async () => {
  const calls = createTokenCalls(aws, { region, table });
  const item = (revision: string) => ({
    hash: "managed#0",
    gate: "ai-gate/prod",
    revision,
  });
  await calls.record(item("theirs"), undefined);
  await expect(calls.record(item("ours"), "read")).rejects.toMatchObject({
    reason: "locked",
  });
  await expect(
    calls.change([{ put: { hash: hash("01") } }], {
      key: "managed#0",
      revision: "ours",
    }),
  ).rejects.toMatchObject({ reason: "locked" });
  expect(await tokens()).not.toContain(hash("01"));
  // A repetition of a write that had gone through is none of another run's.
  await calls.record(item("ours"), "theirs");
  await calls.record(item("ours"), "theirs");
});
