// The DynamoDB calls behind the token table: each complete or failed, again while DynamoDB says "later", within a bound.
import { setTimeout as sleep } from "node:timers/promises";
import { GateFailure } from "../../gate/failure.ts";
import { type Aws, type AwsAnswer, callJson, isThrottled } from "../aws.ts";
import { type Item, textOf } from "./token-table.ts";

/** One thing a transaction does to a token. */
export type TokenChange = { readonly put: Item } | { readonly delete: string };

/** Where a bookkeeping item must be for a write to be made. */
interface Condition {
  readonly key: string;
  readonly revision: string;
}

/** Calls on one table. All throw GateFailure; `locked` when another run has changed the bookkeeping in between. */
export interface TokenCalls {
  /** Consistently; missing ones are left out. @returns items by hash */
  readonly read: (
    hashes: readonly string[],
  ) => Promise<ReadonlyMap<string, Item>>;
  /** Writes one bookkeeping item unless its revision is another than `before`. */
  readonly record: (item: Item, before: string | undefined) => Promise<void>;
  /** All of the changes or none. At most `transactionLimit`. */
  readonly change: (
    changes: readonly TokenChange[],
    condition: Condition,
  ) => Promise<void>;
}

/** A transaction has at most 100 parts, and one of them is the condition. */
export const transactionLimit = 99;

const readLimit = 100;
const attempts = 6;

interface TablePlace {
  readonly region: string;
  readonly table: string;
  /** Milliseconds; for tests. */
  readonly wait?: (milliseconds: number) => Promise<unknown>;
}

export function createTokenCalls(aws: Aws, place: TablePlace): TokenCalls {
  const call = (operation: string, input: object) =>
    callTable(aws, place, { operation, input });
  const { table } = place;
  return {
    read: (hashes) => readItems(call, place, hashes),
    record: async (item, before) => {
      await call("PutItem", {
        TableName: table,
        Item: item,
        ...unlessChanged(item, before),
      });
    },
    change: async (changes, condition) => {
      const TransactItems = [
        conditionCheck(table, condition),
        ...changes.map((change) => writeOf(table, change)),
      ];
      await call("TransactWriteItems", { TransactItems });
    },
  };
}

/** A repetition of a call that had gone through finds its own revision there, which is no other run's. */
function unlessChanged(item: Item, before: string | undefined): object {
  const own = { ":own": item["revision"] };
  return before === undefined
    ? {
        ConditionExpression: "attribute_not_exists(#hash) OR #revision = :own",
        ExpressionAttributeNames: { "#hash": "hash", "#revision": "revision" },
        ExpressionAttributeValues: own,
      }
    : {
        ConditionExpression: "#revision IN (:before, :own)",
        ExpressionAttributeNames: { "#revision": "revision" },
        ExpressionAttributeValues: { ":before": { S: before }, ...own },
      };
}

function conditionCheck(table: string, { key, revision }: Condition): object {
  return {
    ConditionCheck: {
      TableName: table,
      Key: { hash: { S: key } },
      ConditionExpression: "#revision = :revision",
      ExpressionAttributeNames: { "#revision": "revision" },
      ExpressionAttributeValues: { ":revision": { S: revision } },
    },
  };
}

function writeOf(table: string, change: TokenChange): object {
  return "put" in change
    ? { Put: { TableName: table, Item: change.put } }
    : { Delete: { TableName: table, Key: { hash: { S: change.delete } } } };
}

type Call = (operation: string, input: object) => Promise<AwsAnswer>;

async function readItems(
  call: Call,
  { table, wait = sleep }: TablePlace,
  hashes: readonly string[],
): Promise<ReadonlyMap<string, Item>> {
  const found = new Map<string, Item>();
  let open = hashes.map((hash): object => ({ hash: { S: hash } }));
  for (let attempt = 1; open.length > 0; attempt++) {
    const Keys = open.slice(0, readLimit);
    const answer = await call("BatchGetItem", {
      RequestItems: { [table]: { Keys, ConsistentRead: true } },
    });
    const { Responses, UnprocessedKeys } = JSON.parse(answer.body) as {
      Responses?: Record<string, Item[]>;
      UnprocessedKeys?: Record<string, { Keys: object[] }>;
    };
    for (const item of Responses?.[table] ?? [])
      found.set(textOf(item["hash"]) ?? "", item);
    const left = UnprocessedKeys?.[table]?.Keys ?? [];
    open = [...left, ...open.slice(readLimit)];
    if (left.length < Keys.length) attempt = 0;
    else if (attempt === attempts) throw tooBusy(table);
    else await wait(200 * 2 ** attempt);
  }
  return found;
}

async function callTable(
  aws: Aws,
  { region, table, wait = sleep }: TablePlace,
  { input, operation }: { operation: string; input: object },
): Promise<AwsAnswer> {
  const target = `DynamoDB_20120810.${operation}`;
  for (let attempt = 1; ; attempt++) {
    const answer = await callJson(aws, "dynamodb", region, { target, input });
    if (answer.status === 200) return answer;
    if (attempt === attempts || !isConflict(answer))
      throw failureOf(answer, table);
    await wait(200 * 2 ** attempt);
  }
}

/** Someone else's write of one of the items was under way; nothing of ours was done. */
function isConflict({ body, errorCode }: AwsAnswer): boolean {
  return (
    /^Transaction(Conflict|InProgress)/.test(errorCode) ||
    (errorCode === "TransactionCanceledException" &&
      !body.includes("ConditionalCheckFailed") &&
      /TransactionConflict|Throttling|ProvisionedThroughputExceeded/.test(body))
  );
}

function failureOf(answer: AwsAnswer, table: string): GateFailure {
  const { body, errorCode } = answer;
  if (
    errorCode === "ConditionalCheckFailedException" ||
    body.includes("ConditionalCheckFailed")
  )
    return new GateFailure(
      "locked",
      `another run is changing the tokens in ${table}: run this one again when it has ended`,
    );
  if (errorCode.startsWith("AccessDenied"))
    return new GateFailure(
      "aws-denied",
      `AWS does not let this role change the tokens in ${table} (${errorCode}): allow dynamodb:BatchGetItem, dynamodb:PutItem, dynamodb:DeleteItem and dynamodb:ConditionCheckItem on it, and run \`up\` again`,
    );
  if (errorCode === "ResourceNotFoundException")
    return new GateFailure(
      "engine",
      `the gate's table ${table} is gone: run \`refresh\`, then \`up\`, which makes it again`,
    );
  if (isThrottled(answer) || isConflict(answer)) return tooBusy(table);
  return new GateFailure(
    "engine",
    `the tokens in ${table} could not be changed (${errorCode}): run \`up\` again`,
  );
}

function tooBusy(table: string): GateFailure {
  return new GateFailure(
    "aws-throttled",
    `DynamoDB has no room for the tokens in ${table} for now: run \`up\` again in a minute`,
  );
}
