// Entries are cached for 30 s, missing ones for 5 s; expiry and `disabled` are checked by every decision.
import { consumerIdPattern } from "../../contract/authorizer-settings.ts";
import { invalid, object, oneOf, text } from "../../contract/readers.ts";
import type { Validity } from "../callers.ts";
import { explain } from "../failure.ts";
import { parseJson } from "../json.ts";
import { createLruCache } from "../lru-cache.ts";
import { jsonCall, type CallAws } from "./call.ts";

interface TokenEntry extends Validity {
  readonly consumer: string;
  readonly caller: string | undefined;
}

/** By SHA-256, lower-case hex. Rejects with InternalFailure. */
export type ReadEntry = (hash: string) => Promise<TokenEntry | undefined>;

export interface TokenTableOptions {
  readonly table: string;
  readonly callAws: CallAws;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

const entryLimit = 10_000;
const name = object({ S: text(consumerIdPattern) }, {});

/** Other attributes are ignored; a wrong type in one of these is an error. */
const item = object(
  { hash: object({ S: text(/^[^]*$/) }, {}), consumer: name },
  {
    caller: name,
    // Seconds; milliseconds have thirteen digits.
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
