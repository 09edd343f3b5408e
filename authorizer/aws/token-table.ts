// Tokens in the gate's own DynamoDB table, by hash. What it says is kept for 30 seconds (that there is no such token, for
// five); that a token has expired or is disabled is for the decision to find, every time.
import { consumerIdPattern } from "../../contract/authorizer-settings.ts";
import { invalid, object, oneOf, text } from "../../contract/readers.ts";
import type { Validity } from "../callers.ts";
import { explain } from "../failure.ts";
import { parseJson } from "../json.ts";
import { createLruCache } from "../lru-cache.ts";
import { jsonCall, type CallAws } from "./call.ts";

/** An item of the table. */
interface TokenEntry extends Validity {
  /** The id of a consumer of the settings. */
  readonly consumer: string;
  /** Who of the consumer exactly it is. */
  readonly caller: string | undefined;
}

/** By lower-case hex SHA-256; rejects with InternalFailure. */
export type ReadEntry = (hash: string) => Promise<TokenEntry | undefined>;

export interface TokenTableOptions {
  readonly table: string;
  readonly callAws: CallAws;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

const entryLimit = 10_000;
const name = object({ S: text(consumerIdPattern) }, {});

/** Of other attributes nothing is known; one of these with another type is somebody's mistake, and nobody knows what they meant. */
const item = object(
  { hash: object({ S: text(/^[^]*$/) }, {}), consumer: name },
  {
    caller: name,
    // Seconds: eleven digits end in the year 5138, and milliseconds have thirteen.
    expires: object({ N: text(/^\d{1,11}$/) }, {}),
    disabled: object({ BOOL: oneOf(true, false) }, {}),
  },
  true,
);
const readAnswer = object({}, { Item: item }, true);

/** Concurrent reads of one hash share one call. */
export function createTokenTable(options: TokenTableOptions): ReadEntry {
  const { now } = options;
  const found = createLruCache<TokenEntry>(entryLimit, 30_000, now);
  const absent = createLruCache<true>(entryLimit, 5_000, now);
  const pending = new Map<string, Promise<TokenEntry | undefined>>();
  const read = async (hash: string) => {
    const entry = await getItem(hash, options);
    if (entry) found.set(hash, entry);
    else absent.set(hash, true);
    return entry;
  };
  return async (hash) => {
    const entry = found.get(hash);
    if (entry ?? absent.get(hash)) return entry;
    const call =
      pending.get(hash) ?? read(hash).finally(() => pending.delete(hash));
    pending.set(hash, call);
    return call;
  };
}

async function getItem(
  hash: string,
  { table, callAws }: TokenTableOptions,
): Promise<TokenEntry | undefined> {
  const input = { TableName: table, Key: { hash: { S: hash } } };
  try {
    const { body } = await callAws(
      jsonCall("dynamodb", "DynamoDB_20120810.GetItem", input, "1.0"),
    );
    const { Item } = readAnswer(parseJson(body), "answer");
    if (Item === undefined) return undefined;
    const { hash: own, consumer, caller, expires, disabled } = Item;
    if (own.S !== hash) invalid("answer.Item.hash");
    return {
      consumer: consumer.S,
      caller: caller?.S,
      expires: expires && Number(expires.N) * 1000,
      disabled: disabled?.BOOL,
    };
  } catch (error) {
    throw explain(
      error,
      table,
      "token-table-unavailable",
      "token-entry-invalid",
    );
  }
}
