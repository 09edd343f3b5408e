// Brings the tokens of the config file into the gate's token table, and takes away those that left the file. Tokens that others
// put there stay. Which ones are the file's is written down before they are put and until they are gone, so that no token
// outlives the file because a run broke off; and every write holds only while no other run has written its own since.
import { randomUUID } from "node:crypto";
import { GateFailure } from "../gate/failure.ts";
import type { Gate } from "../gate/gate.ts";
import {
  type TokenCalls,
  type TokenChange,
  transactionLimit,
} from "./token-calls.ts";
import {
  type Bookkeeping,
  bookkeepingItem,
  isSameToken,
  readBookkeeping,
  type Shard,
  shardsOf,
} from "./token-items.ts";

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
          "the config file holds more tokens than the action can keep book of (about 90,000): put them into the table yourself, as the README shows",
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
