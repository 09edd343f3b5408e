// Gates for the tests of the token table, and a table in memory that holds to DynamoDB's rules.
import { GateFailure } from "../../src/gate/failure.ts";
import type { Consumer } from "../../src/gate/gate.ts";
import type { TokenCalls } from "../../src/cloud/token-calls.ts";
import type { Item } from "../../src/cloud/token-items.ts";

/** A hash that starts with the given digits. */
export const hash = (digits: string): string => digits.padEnd(64, "7");

export const consumer = (
  id: string,
  hashes: readonly string[],
  more: Partial<Consumer> = {},
): Consumer => ({
  id,
  tokenHashes: hashes.map(hash),
  identities: [],
  access: "*",
  disabled: false,
  ...more,
});

export const gateWith = (...consumers: Consumer[]) => ({
  id: "ai-gate/prod",
  consumers,
});

export interface MemoryTable {
  readonly items: Map<string, Item>;
  /** `record managed#a`, `put <hash>`, `delete <hash>`; reads are left out. */
  readonly writes: string[];
  readonly calls: TokenCalls;
}

/** @param beforeWrite may throw, as a run that breaks off does. */
export function memoryTable(
  items = new Map<string, Item>(),
  beforeWrite: () => Promise<void> | void = () => undefined,
): MemoryTable {
  const writes: string[] = [];
  const locked = () => new GateFailure("locked", "another run");
  const revisionOf = (key: string) =>
    (items.get(key)?.["revision"] as { S: string } | undefined)?.S;
  const calls: TokenCalls = {
    read: (hashes) =>
      Promise.resolve(
        new Map(
          hashes.flatMap((key) => {
            const item = items.get(key);
            return item === undefined ? [] : [[key, item] as const];
          }),
        ),
      ),
    record: async (item, before) => {
      await beforeWrite();
      const key = (item["hash"] as { S: string }).S;
      if (revisionOf(key) !== before) throw locked();
      writes.push(`record ${key}`);
      items.set(key, item);
    },
    change: async (changes, { key, revision }) => {
      await beforeWrite();
      if (revisionOf(key) !== revision) throw locked();
      for (const change of changes) {
        if ("put" in change) {
          const { S } = change.put["hash"] as { S: string };
          writes.push(`put ${S}`);
          items.set(S, change.put);
        } else {
          writes.push(`delete ${change.delete}`);
          items.delete(change.delete);
        }
      }
    },
  };
  return { items, writes, calls };
}

/** The tokens in a table, without the bookkeeping. */
export const tokensIn = ({ items }: Pick<MemoryTable, "items">): string[] =>
  [...items.keys()].filter((key) => !key.startsWith("managed#")).sort();
