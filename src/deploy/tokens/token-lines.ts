// A file of tokens for the table: JSON lines, each an item as docs/config.md has it, or the removal of one. Read line by line; of a million lines
// only what tells two with the same hash is kept.
import { listed } from "../../config/messages.ts";
import type { Item, TokenChange } from "./token-table.ts";

export interface LineContext {
  /** Of the deployed gate. */
  readonly consumers: ReadonlySet<string>;
  /** Tokens that the config file has put there, which `up` keeps in step with it. */
  readonly managed: ReadonlySet<string>;
}

/** A line has a hash of 64 characters, two names of at most 64, and a few words. */
export const longestLine = 1000;

const keys = ["hash", "consumer", "caller", "expires", "disabled", "remove"];

type Fields = Readonly<Record<string, unknown>>;

/** @returns undefined for an empty line. The line itself is never said again: it may hold a token where the hash should be. */
export function readLine(
  text: string,
  { consumers, managed }: LineContext,
): TokenChange | { readonly fault: string } | undefined {
  if (text.trim() === "") return undefined;
  if (text.length > longestLine)
    return {
      fault: `is longer than ${longestLine} characters: use one JSON object a line`,
    };
  const fields = objectIn(text);
  if (fields === undefined)
    return {
      fault:
        'is no JSON object: use lines as {"hash": "…", "consumer": "…"}, each with its own braces',
    };
  const fault =
    keyFault(fields) ??
    hashFault(fields["hash"]) ??
    (fields["remove"] === undefined
      ? itemFault(fields, consumers)
      : removalFault(fields));
  if (fault !== undefined) return { fault };
  const hash = String(fields["hash"]);
  if (managed.has(hash))
    return {
      fault:
        "is a token of the config file, which `up` puts and removes: change it there, or take it out of one of the two",
    };
  return fields["remove"] === undefined
    ? { put: fields as Item }
    : { delete: hash };
}

function objectIn(text: string): Fields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Fields)
      : undefined;
  } catch {
    return undefined;
  }
}

function keyFault(fields: Fields): string | undefined {
  // A key may be a token in a wrong place.
  const isOther = Object.keys(fields).some((key) => !keys.includes(key));
  if ("token" in fields)
    return "has a token: give its SHA-256 as `hash`, a token in clear belongs in no file";
  return isOther ? `has another key: use ${listed(keys)}` : undefined;
}

const hashFault = (hash: unknown): string | undefined =>
  typeof hash === "string" && /^[0-9a-f]{64}$/.test(hash)
    ? undefined
    : "has no usable hash: use the SHA-256 of the token, 64 lower-case hex digits";

const isName = (value: unknown): value is string =>
  typeof value === "string" && /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(value);

function itemFault(
  { caller, consumer, disabled, expires }: Fields,
  consumers: ReadonlySet<string>,
): string | undefined {
  if (!isName(consumer))
    return "has no usable consumer: use the `id` of a consumer of the config file";
  if (!consumers.has(consumer))
    return `has a consumer that the deployed gate does not know: use ${known(consumers)}, or bring the consumer up first`;
  if (caller !== undefined && !isName(caller))
    return "has no usable caller: use 1 to 64 letters, digits and . _ -, a letter or digit first";
  if (expires !== undefined && !isSeconds(expires))
    return "has no usable expires: use whole seconds since 1970, not milliseconds";
  if (disabled !== undefined && typeof disabled !== "boolean")
    return "has no usable disabled: use true or false";
  return undefined;
}

const isSeconds = (value: unknown): boolean =>
  typeof value === "number" &&
  Number.isInteger(value) &&
  value >= 0 &&
  value < 1e11;

const mostKnown = 15;

const known = (consumers: ReadonlySet<string>): string =>
  listed([...consumers].slice(0, mostKnown)) || "one that is there";

function removalFault(fields: Fields): string | undefined {
  if (fields["remove"] !== true)
    return "has no usable remove: use true, or leave it out";
  return Object.keys(fields).length > 2
    ? "removes a token and says more of it: use `hash` and `remove` alone"
    : undefined;
}

/** Which line had a hash first: 12 bytes a line. Two of a million hashes share their first 64 bits once in tens of millions of files. */
export class SeenHashes {
  #size = 0;
  #keys = new Uint32Array(2 * 1024);
  #lines = new Uint32Array(1024);

  /** @returns the number of the line that has the hash already, else undefined. */
  add(hash: string, line: number): number | undefined {
    if (this.#size * 2 > this.#lines.length) this.#grow();
    const high = Number.parseInt(hash.slice(0, 8), 16);
    const low = Number.parseInt(hash.slice(8, 16), 16);
    return this.#put(high, low, line);
  }

  #put(high: number, low: number, line: number): number | undefined {
    const mask = this.#lines.length - 1;
    for (let at = (high ^ low) & mask; ; at = (at + 1) & mask) {
      const there = this.#lines[at] ?? 0;
      if (there === 0) {
        this.#keys[2 * at] = high;
        this.#keys[2 * at + 1] = low;
        this.#lines[at] = line;
        this.#size += 1;
        return undefined;
      }
      if (this.#keys[2 * at] === high && this.#keys[2 * at + 1] === low)
        return there;
    }
  }

  #grow(): void {
    const [oldKeys, oldLines] = [this.#keys, this.#lines];
    this.#keys = new Uint32Array(oldKeys.length * 2);
    this.#lines = new Uint32Array(oldLines.length * 2);
    this.#size = 0;
    for (const [at, line] of oldLines.entries())
      if (line > 0)
        this.#put(oldKeys[2 * at] ?? 0, oldKeys[2 * at + 1] ?? 0, line);
  }
}
