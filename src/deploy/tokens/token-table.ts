// Brings the tokens of the config file into the gate's token table, and takes away those that left the file. Tokens that others
// put there stay. Which ones are the file's is written down before they are put and until they are gone, so that no token
// outlives the file because a run broke off; and every write holds only while no other run has written its own since.
import { randomUUID } from "node:crypto";
import { GateFailure } from "../../gate/failure.ts";
import type { Gate } from "../../gate/gate.ts";

export interface TokenCounts {
  readonly put: number;
  readonly removed: number;
}

export interface Item {
  readonly hash: string;
  readonly [attribute: string]: unknown;
}

/** Says which tokens are the file's: those whose hash starts with one hex digit. */
interface Bookkeeping extends Item {
  readonly gate: string;
  /** Another one with every write, so that two runs at once see each other. */
  readonly revision: string;
  /** Tokens that the action put, or is about to put or delete. DynamoDB has no empty set. */
  readonly hashes?: ReadonlySet<string>;
}

export type TokenChange = { readonly put: Item } | { readonly delete: string };

/** Calls on one table. All throw GateFailure; `locked` when another run has changed the bookkeeping in between. */
export interface TokenCalls {
  /** Consistently. @returns items by hash, without the missing ones. */
  readonly read: (
    hashes: readonly string[],
  ) => Promise<ReadonlyMap<string, Item>>;
  /** Writes a bookkeeping item unless its revision is another than `before`. */
  readonly record: (
    item: Bookkeeping,
    before: string | undefined,
  ) => Promise<void>;
  /** All of the changes or none, if the bookkeeping has that revision. At most `transactionLimit`. */
  readonly change: (
    changes: readonly TokenChange[],
    condition: { readonly key: string; readonly revision: string },
  ) => Promise<void>;
}

/** A transaction has at most 100 parts, and one of them is the condition. */
const transactionLimit = 99;

/** An item has at most 400 KB, a hash in a set takes 65 bytes. */
const mostHashes = 6000;

/** The tokens of one first digit: what must be in the table, and what its bookkeeping says. */
interface Shard {
  /** `managed#0` to `managed#f`. */
  readonly key: string;
  readonly wanted: ReadonlyMap<string, Item>;
  readonly listed: ReadonlySet<string>;
  readonly revision: string | undefined;
}

/** @throws GateFailure; what was changed until then stays, and the next run completes it. */
export async function syncTokens(
  calls: TokenCalls,
  gate: Pick<Gate, "consumers" | "id">,
): Promise<TokenCounts> {
  const total = { put: 0, removed: 0 };
  for (const shard of await readShards(calls, gate)) {
    const { put, removed } = await syncShard(calls, gate.id, shard);
    total.put += put;
    total.removed += removed;
  }
  return total;
}

/** All sixteen, before anything is written: one without tokens may still list what is to go. */
async function readShards(
  calls: TokenCalls,
  { consumers, id }: Pick<Gate, "consumers" | "id">,
): Promise<Shard[]> {
  const tokens = consumers.flatMap((consumer) =>
    consumer.tokenHashes.map((hash): Item => ({
      hash,
      consumer: consumer.id,
      ...(consumer.expires !== undefined && {
        expires: endOfDay(consumer.expires),
      }),
      ...(consumer.disabled && { disabled: true }),
    })),
  );
  const digits = Array.from({ length: 16 }, (_, digit) => digit.toString(16));
  const keyOf = (digit: string) => `managed#${digit}`;
  const items = await calls.read(digits.map(keyOf));
  return digits.map((digit) => {
    const own = tokens.filter(({ hash }) => hash.startsWith(digit));
    const wanted = new Map(own.map((item) => [item.hash, item]));
    const key = keyOf(digit);
    const shard = { key, wanted, ...readBookkeeping(items.get(key), key, id) };
    // While a shard is being changed, its bookkeeping holds old and new.
    if (new Set([...shard.listed, ...wanted.keys()]).size > mostHashes)
      throw new GateFailure(
        "invalid-input",
        "the config file holds more tokens than the action can keep book of (about 90,000): put them into the table yourself, as docs/config.md shows",
      );
    return shard;
  });
}

/** Epoch seconds of the end of a day in UTC, `2027-06-30`. */
function endOfDay(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) / 1000 + 24 * 60 * 60;
}

function readBookkeeping(
  item: Item | undefined,
  key: string,
  gateId: string,
): Pick<Shard, "listed" | "revision"> {
  if (item === undefined) return { listed: new Set(), revision: undefined };
  const { gate, hashes, revision } = item;
  if (gate !== gateId || typeof revision !== "string")
    throw new GateFailure(
      "engine",
      `the token table's item ${key} was not written by the gate ${gateId}, so none of the tokens was changed: give this gate another stack name, or delete the items managed#0 to managed#f if no gate uses them`,
    );
  return { listed: new Set(hashes instanceof Set ? hashes : []), revision };
}

async function syncShard(
  calls: TokenCalls,
  gate: string,
  { key, listed, revision: before, wanted }: Shard,
): Promise<TokenCounts> {
  const record = async (hashes: Iterable<string>, after?: string) => {
    const set = new Set([...hashes].sort());
    const revision = randomUUID();
    await calls.record(
      { hash: key, gate, revision, ...(set.size > 0 && { hashes: set }) },
      after,
    );
    return revision;
  };
  const found = await calls.read([...wanted.keys()]);
  const put = [...wanted.values()]
    .filter((item) => !isSameToken(found.get(item.hash), item))
    .map((item) => ({ put: item }));
  const gone = [...listed].filter((hash) => !wanted.has(hash));
  const isListed = [...wanted.keys()].every((hash) => listed.has(hash));
  if (put.length + gone.length === 0 && isListed) return { put: 0, removed: 0 };
  const revision = await record([...listed, ...wanted.keys()], before);
  const changes = [...gone.map((hash) => ({ delete: hash })), ...put];
  for (let done = 0; done < changes.length; done += transactionLimit)
    await calls.change(changes.slice(done, done + transactionLimit), {
      key,
      revision,
    });
  if (gone.length > 0) await record(wanted.keys(), revision);
  return { put: put.length, removed: gone.length };
}

/** Whether a token's item is what the file says; attributes that decide nothing may differ. */
const isSameToken = (found: Item | undefined, wanted: Item): boolean =>
  found !== undefined &&
  ["consumer", "caller", "expires", "disabled"].every(
    (name) => found[name] === wanted[name],
  );
