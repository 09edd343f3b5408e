// Keys are kept for ten minutes: a withdrawn key is trusted no longer, or for a day while the issuer is down.
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
  readonly onStale: (detail: string) => void;
}

/** Keys at `uri`, read again when `kid` is not among them. */
export type ReadKeys = (
  uri: string,
  kid: string | undefined,
) => Promise<JsonWebKeySet>;

interface Keys {
  readonly text: string;
  /** The same object as long as the text is: jose caches imported keys by identity. */
  readonly jwks: JsonWebKeySet;
}

const limit = 256 * 1024;

/** Rejects with InternalFailure `issuer-keys-unavailable`. */
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

/** Unusable entries are skipped later: one must not spoil the others. */
function parseKeys(text: string): JsonWebKeySet {
  const value = parseJson(text);
  if (!isObject(value) || !Array.isArray(value["keys"]))
    throw new Unavailable("no key set");
  return { keys: value["keys"] };
}

const hasKey = ({ keys }: JsonWebKeySet, kid: string): boolean =>
  keys.some((key) => isObject(key) && key["kid"] === kid);
