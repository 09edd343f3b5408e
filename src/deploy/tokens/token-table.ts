// Brings the tokens of the config file into the gate's token table, and takes away those that left the file. Tokens that others
// put there stay. Which ones are the file's is written down before they are put and until they are gone, so that no token
// outlives the file because a run broke off; and every write holds only while no other run has written its own since.
import { randomUUID } from "node:crypto";
import { GateFailure } from "../../gate/failure.ts";
import type { Gate } from "../../gate/gate.ts";
import {
  type TokenCalls,
  type TokenChange,
  transactionLimit,
} from "./token-calls.ts";

/** What a run changed in the table. */
export interface TokenCounts {
  /** New tokens, and known ones whose consumer, expiry or disabling changed. */
  readonly put: number;
  readonly removed: number;
}

/** @throws GateFailure; what was changed until then stays, and the next run completes it. */
export async function syncTokens(
  calls: TokenCalls,
  gate: Pick<Gate, "consumers" | "id">,
): Promise<TokenCounts> {
  const shards = shardsOf(gate);
  const kept = await readAllBookkeeping(calls, gate.id, shards);
  const total = { put: 0, removed: 0 };
  for (const [shard, bookkeeping] of kept) {
    const { put, removed } = await syncShard(
      calls,
      { gateId: gate.id, shard },
      bookkeeping,
    );
    total.put += put;
    total.removed += removed;
  }
  return total;
}

/** Looks at all of it before anything is written. */
async function readAllBookkeeping(
  calls: TokenCalls,
  gateId: string,
  shards: readonly Shard[],
): Promise<ReadonlyMap<Shard, Bookkeeping>> {
  const items = await calls.read(shards.map(({ key }) => key));
  return new Map(
    shards.map((shard) => {
      const bookkeeping = readBookkeeping(items.get(shard.key), gateId);
      if (bookkeeping === undefined)
        throw new GateFailure(
          "engine",
          `the token table's item ${shard.key} was not written by the gate ${gateId}, so none of the tokens was changed: give this gate another stack name, or delete the items managed#0 to managed#f if they are nobody's`,
        );
      if (listed(shard, bookkeeping).length > mostHashes)
        throw new GateFailure(
          "invalid-input",
          "the config file holds more tokens than the action can keep book of (about 90,000): put them into the table yourself, as docs/config.md shows",
        );
      return [shard, bookkeeping];
    }),
  );
}

/** What the bookkeeping holds while a shard is being changed: old and new. */
function listed({ wanted }: Shard, { hashes }: Bookkeeping): string[] {
  return [...new Set([...hashes, ...wanted.keys()])];
}

/** An item has at most 400 KB, a hash in a set takes 65 bytes. */
const mostHashes = 6000;

async function syncShard(
  calls: TokenCalls,
  { gateId, shard }: { gateId: string; shard: Shard },
  bookkeeping: Bookkeeping,
): Promise<TokenCounts> {
  const { hashes, revision: before } = bookkeeping;
  const wanted = [...shard.wanted.keys()];
  const found = await calls.read(wanted);
  const put = [...shard.wanted].flatMap(([hash, item]) =>
    isSameToken(found.get(hash), item) ? [] : [{ put: item }],
  );
  const gone = hashes.filter((hash) => !shard.wanted.has(hash));
  const isListed = wanted.every((hash) => hashes.includes(hash));
  if (put.length + gone.length === 0 && isListed) return { put: 0, removed: 0 };
  const revision = randomUUID();
  const all = listed(shard, bookkeeping);
  await calls.record(
    bookkeepingItem(shard, { gateId, hashes: all }, revision),
    before,
  );
  // What is revoked goes first.
  const changes = [...gone.map((hash) => ({ delete: hash })), ...put];
  for (const part of partsOf(changes))
    await calls.change(part, { key: shard.key, revision });
  if (gone.length > 0)
    await calls.record(
      bookkeepingItem(shard, { gateId, hashes: wanted }, randomUUID()),
      revision,
    );
  return { put: put.length, removed: gone.length };
}

function partsOf(changes: readonly TokenChange[]): TokenChange[][] {
  const count = Math.ceil(changes.length / transactionLimit);
  return Array.from({ length: count }, (_, part) =>
    changes.slice(part * transactionLimit, (part + 1) * transactionLimit),
  );
}

// The items of a gate's token table in DynamoDB's notation: one a token, and sixteen that say which tokens are the file's.
// Other items are other people's. Pure.

/** A value as DynamoDB's JSON has it. */
type Attribute =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly BOOL: boolean }
  | { readonly SS: readonly string[] };

export type Item = Readonly<Record<string, Attribute | undefined>>;

/** The tokens whose hash starts with one hex digit, and the item that lists them. */
interface Shard {
  /** `managed#0` to `managed#f`. */
  readonly key: string;
  /** What must be in the table, by hash. */
  readonly wanted: ReadonlyMap<string, Item>;
}

const digits = Array.from({ length: 16 }, (_, digit) => digit.toString(16));

/** The tokens of the file as items, all sixteen shards: an empty one may still list what is to go. */
function shardsOf(gate: Pick<Gate, "consumers">): Shard[] {
  const items = gate.consumers.flatMap((consumer) =>
    consumer.tokenHashes.map((hash): [string, Item] => [
      hash,
      {
        hash: { S: hash },
        consumer: { S: consumer.id },
        ...(consumer.expires !== undefined && {
          expires: { N: String(endOfDay(consumer.expires)) },
        }),
        ...(consumer.disabled && { disabled: { BOOL: true } }),
      },
    ]),
  );
  return digits.map((digit) => ({
    key: `managed#${digit}`,
    wanted: new Map(items.filter(([hash]) => hash.startsWith(digit))),
  }));
}

/** Epoch seconds of the end of a day in UTC, `2027-06-30`. */
function endOfDay(day: string): number {
  return Date.parse(`${day}T00:00:00Z`) / 1000 + 24 * 60 * 60;
}

/** What is kept about the tokens of one shard. */
interface Bookkeeping {
  /** Hashes that the action put, or is about to put or delete. */
  readonly hashes: readonly string[];
  /** Changes with every write, so that two runs at once see each other; undefined when there is no item yet. */
  readonly revision: string | undefined;
}

/** @returns undefined when the item is not of this gate. */
function readBookkeeping(
  item: Item | undefined,
  gateId: string,
): Bookkeeping | undefined {
  if (item === undefined) return { hashes: [], revision: undefined };
  const revision = textOf(item["revision"]);
  if (textOf(item["gate"]) !== gateId || revision === undefined)
    return undefined;
  const { hashes } = item;
  return {
    hashes: hashes !== undefined && "SS" in hashes ? hashes.SS : [],
    revision,
  };
}

/** DynamoDB has no empty set: a shard without tokens says nothing. */
function bookkeepingItem(
  { key }: Shard,
  { gateId, hashes }: { gateId: string; hashes: readonly string[] },
  revision: string,
): Item {
  return {
    hash: { S: key },
    gate: { S: gateId },
    revision: { S: revision },
    ...(hashes.length > 0 && { hashes: { SS: [...hashes].sort() } }),
  };
}

/** Whether a token's item is what the file says; what nobody decides by may differ. */
function isSameToken(found: Item | undefined, wanted: Item): boolean {
  return (
    found !== undefined &&
    decisive.every(
      (name) => JSON.stringify(found[name]) === JSON.stringify(wanted[name]),
    )
  );
}

const decisive = ["consumer", "caller", "expires", "disabled"];

export function textOf(attribute: Attribute | undefined): string | undefined {
  return attribute !== undefined && "S" in attribute ? attribute.S : undefined;
}
