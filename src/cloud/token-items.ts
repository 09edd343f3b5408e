// The items of a gate's token table in DynamoDB's notation: one a token, and sixteen that say which tokens are the file's.
// Other items are other people's. Pure.
import type { Gate } from "../gate/gate.ts";

/** A value as DynamoDB's JSON has it. */
type Attribute =
  | { readonly S: string }
  | { readonly N: string }
  | { readonly BOOL: boolean }
  | { readonly SS: readonly string[] };

export type Item = Readonly<Record<string, Attribute | undefined>>;

/** The tokens whose hash starts with one hex digit, and the item that lists them. */
export interface Shard {
  /** `managed#0` to `managed#f`. */
  readonly key: string;
  /** What must be in the table, by hash. */
  readonly wanted: ReadonlyMap<string, Item>;
}

const digits = Array.from({ length: 16 }, (_, digit) => digit.toString(16));

/** The tokens of the file as items, all sixteen shards: an empty one may still list what is to go. */
export function shardsOf(gate: Pick<Gate, "consumers">): Shard[] {
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
export interface Bookkeeping {
  /** Hashes that the action put, or is about to put or delete. */
  readonly hashes: readonly string[];
  /** Changes with every write, so that two runs at once see each other; undefined when there is no item yet. */
  readonly revision: string | undefined;
}

/** @returns undefined when the item is not of this gate. */
export function readBookkeeping(
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
export function bookkeepingItem(
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
export function isSameToken(found: Item | undefined, wanted: Item): boolean {
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
