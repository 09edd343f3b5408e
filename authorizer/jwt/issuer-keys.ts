// The public keys of issuers, from the places the settings name and from nowhere else. Kept for ten minutes: a key that
// the issuer withdraws is trusted no longer than that, or than a day while the place cannot be reached.
import { isObject } from "../../contract/readers.ts";
import type { Send } from "../aws/transport.ts";
import { Unavailable } from "../failure.ts";
import { parseJson } from "../json.ts";
import { createRefresher } from "../refresher.ts";
import type { JsonWebKeySet } from "./envelope.ts";

export interface KeyReaderOptions {
  readonly send: Send;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** Told when keys are used although they are old. */
  readonly onStale: (detail: string) => void;
}

/** Returns the keys at `uri`, read again (if that is not too often) when `kid` is not among them. */
export type ReadKeys = (
  uri: string,
  kid: string | undefined,
) => Promise<JsonWebKeySet>;

interface Keys {
  readonly text: string;
  /** The same object as long as the text is: jose keeps imported keys by identity. */
  readonly jwks: JsonWebKeySet;
}

/** A set with certificate chains for many keys has some tens of kilobytes. */
const limit = 256 * 1024;

/** The returned function rejects with InternalFailure `issuer-keys-unavailable`. */
export function createKeyReader(options: KeyReaderOptions): ReadKeys {
  const read = createRefresher<Keys>({
    ...options,
    freshFor: 10 * 60_000,
    reason: "issuer-keys-unavailable",
  });
  return async (uri, kid) => {
    const { jwks } = await read({
      id: uri,
      fetch: (previous) => fetchKeys(uri, options.send, previous),
      suffices: (keys) => kid === undefined || hasKey(keys.jwks, kid),
    });
    return jwks;
  };
}

async function fetchKeys(
  uri: string,
  send: Send,
  previous: Keys | undefined,
): Promise<Keys> {
  const { status, body } = await send({
    method: "GET",
    url: new URL(uri),
    headers: { accept: "application/json" },
    limit,
  });
  if (status !== 200) throw new Unavailable(`HTTP ${status}`);
  return body === previous?.text
    ? previous
    : { text: body, jwks: parseKeys(body) };
}

/** Entries nobody can use are left to whoever picks a key: one of them must not spoil the others. */
function parseKeys(text: string): JsonWebKeySet {
  const value = parseJson(text);
  if (!isObject(value) || !Array.isArray(value["keys"]))
    throw new Unavailable("no key set");
  return { keys: value["keys"] };
}

const hasKey = ({ keys }: JsonWebKeySet, kid: string): boolean =>
  keys.some((key) => isObject(key) && key["kid"] === kid);
