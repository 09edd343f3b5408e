// The DynamoDB calls behind the token table: each complete or failed, repeated within a bound while others write.
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import {
  BatchGetCommand,
  BatchWriteCommand,
  type BatchWriteCommandInput,
  DynamoDBDocumentClient,
  PutCommand,
  TransactWriteCommand,
  type TransactWriteCommandInput,
} from "@aws-sdk/lib-dynamodb";
import { GateFailure } from "../../gate/failure.ts";
import {
  type Aws,
  type AwsError,
  awsError,
  awsFailure,
  codeOf,
  repeated,
} from "../aws.ts";
import type { BulkCalls } from "./load-tokens.ts";
import { type Item, type TokenCalls, type TokenChange } from "./token-table.ts";

const readLimit = 100;
const pauses = [400, 800, 1600, 3200, 6400];

type Change = NonNullable<TransactWriteCommandInput["TransactItems"]>[number];

export function createTokenCalls(
  aws: Aws,
  { region, table }: { readonly region: string; readonly table: string },
): TokenCalls & BulkCalls {
  const client = DynamoDBDocumentClient.from(
    new DynamoDBClient(aws.config(region)),
    // Items that the action did not write may have numbers of more digits than JavaScript has.
    { unmarshallOptions: { wrapNumbers: Number } },
  );
  const call: Call = (operation, act) =>
    repeated(act, isConflict, { pauses, wait: aws.wait }).catch(
      (error: unknown) => {
        throw failureOf(awsError(error), { operation, table });
      },
    );
  return {
    read: (hashes) =>
      readItems(hashes, { client, call, table, wait: aws.wait }),
    write: (changes) =>
      writeItems(changes, { client, call, table, wait: aws.wait }),
    record: async (Item, before) => {
      const condition = unlessChanged(Item.revision, before);
      await call("PutItem", () =>
        client.send(new PutCommand({ TableName: table, Item, ...condition })),
      );
    },
    change: async (changes, { key, revision }) => {
      const TransactItems: Change[] = [
        {
          ConditionCheck: {
            TableName: table,
            Key: { hash: key },
            ConditionExpression: "#revision = :revision",
            ExpressionAttributeNames: { "#revision": "revision" },
            ExpressionAttributeValues: { ":revision": revision },
          },
        },
        ...changes.map((change) => writeOf(table, change)),
      ];
      await call("TransactWriteItems", () =>
        client.send(new TransactWriteCommand({ TransactItems })),
      );
    },
  };
}

type Call = <Result>(
  operation: string,
  act: () => Promise<Result>,
) => Promise<Result>;

interface Reading extends Pick<Aws, "wait"> {
  readonly client: DynamoDBDocumentClient;
  readonly call: Call;
  readonly table: string;
}

async function readItems(
  hashes: readonly string[],
  { call, client, table, wait }: Reading,
): Promise<ReadonlyMap<string, Item>> {
  const found = new Map<string, Item>();
  let open = hashes;
  for (let attempt = 0; open.length > 0; attempt++) {
    const batch = open.slice(0, readLimit);
    const Keys = batch.map((hash) => ({ hash }));
    const RequestItems = { [table]: { Keys, ConsistentRead: true } };
    const { Responses, UnprocessedKeys } = await call("BatchGetItem", () =>
      client.send(new BatchGetCommand({ RequestItems })),
    );
    for (const item of (Responses?.[table] ?? []) as Item[])
      found.set(item.hash, item);
    const unread = UnprocessedKeys?.[table]?.Keys ?? [];
    open = [
      ...unread.map(({ hash }) => String(hash)),
      ...open.slice(readLimit),
    ];
    const pause = pauses[attempt];
    if (unread.length < batch.length) attempt = -1;
    else if (pause === undefined) throw tooBusy(table);
    else await wait(pause);
  }
  return found;
}

/** Without a condition: what stands there is the same token. */
async function writeItems(
  changes: readonly TokenChange[],
  { call, client, table, wait }: Reading,
): Promise<void> {
  let open: WriteRequests = changes.map((change) =>
    "put" in change
      ? { PutRequest: { Item: change.put } }
      : { DeleteRequest: { Key: { hash: change.delete } } },
  );
  for (let attempt = 0; open.length > 0; attempt++) {
    const RequestItems = { [table]: open };
    const { UnprocessedItems } = await call("BatchWriteItem", () =>
      client.send(new BatchWriteCommand({ RequestItems })),
    );
    const left = UnprocessedItems?.[table] ?? [];
    const pause = pauses[attempt];
    if (left.length === 0) return;
    if (left.length < open.length) attempt = -1;
    else if (pause === undefined) throw tooBusy(table);
    // A table that takes a part is as full as one that takes none.
    await wait(pause ?? 0);
    open = left;
  }
}

type WriteRequests = NonNullable<
  BatchWriteCommandInput["RequestItems"]
>[string];

/** A repetition of a call that had gone through finds its own revision there, which is no other run's. */
function unlessChanged(revision: string, before: string | undefined) {
  return before === undefined
    ? {
        ConditionExpression: "attribute_not_exists(#hash) OR #revision = :own",
        ExpressionAttributeNames: { "#hash": "hash", "#revision": "revision" },
        ExpressionAttributeValues: { ":own": revision },
      }
    : {
        ConditionExpression: "#revision IN (:before, :own)",
        ExpressionAttributeNames: { "#revision": "revision" },
        ExpressionAttributeValues: { ":before": before, ":own": revision },
      };
}

function writeOf(TableName: string, change: TokenChange): Change {
  return "put" in change
    ? { Put: { TableName, Item: change.put } }
    : { Delete: { TableName, Key: { hash: change.delete } } };
}

/** Why a transaction was cancelled, one code a part; empty for other errors. */
function cancellationCodes(error: AwsError): readonly unknown[] {
  const { CancellationReasons: reasons = [] } = error as {
    CancellationReasons?: readonly { Code?: string }[];
  };
  return reasons.map(({ Code }) => Code);
}

const isOvertaken = (error: AwsError): boolean =>
  error.name === "ConditionalCheckFailedException" ||
  cancellationCodes(error).includes("ConditionalCheckFailed");

const isConflict = (error: AwsError): boolean =>
  /^Transaction(Conflict|InProgress)/.test(error.name) ||
  (!isOvertaken(error) &&
    cancellationCodes(error).some((code) =>
      /^(TransactionConflict|ThrottlingError|ProvisionedThroughputExceeded)$/.test(
        String(code),
      ),
    ));

function failureOf(
  error: AwsError,
  { operation, table }: { readonly operation: string; readonly table: string },
): GateFailure {
  const code = codeOf(error);
  if (isOvertaken(error))
    return new GateFailure(
      "locked",
      `another run is changing the tokens in ${table}: run this one again when it has ended`,
    );
  if (code.startsWith("AccessDenied"))
    return new GateFailure(
      "aws-denied",
      `AWS does not let this role change the tokens in ${table} (${operation}: ${code}): add the statements ReadTable and ChangeTable of the deploy policy (docs/permissions.md), and run this again`,
    );
  if (code === "ResourceNotFoundException")
    return new GateFailure(
      "engine",
      `the gate's table ${table} is gone: run \`refresh\`, then \`up\`, which makes it again`,
    );
  if (isConflict(error)) return tooBusy(table);
  return awsFailure(error, `the tokens in ${table} cannot be changed`, {
    reason: "engine",
    action: operation,
    advice: "run this again",
  });
}

const tooBusy = (table: string): GateFailure =>
  new GateFailure(
    "aws-throttled",
    `DynamoDB has no room for the tokens in ${table} now: run this again in a minute`,
  );
