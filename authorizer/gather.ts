// Fetches what the decision about one credential needs and the settings do not have: the keys of the issuer a JWT names,
// or the entry of a token in the table. Anything else is refused before a single byte is sent.
import { recognise } from "./decide.ts";
import { checkHeader } from "./envelope.ts";
import { demand } from "./failure.ts";
import type { ReadKeys } from "./issuer-keys.ts";
import type { Settings } from "./settings.ts";
import type { ReadToken } from "./token-table.ts";

export interface Sources {
  readonly readKeys: ReadKeys;
  readonly readToken: ReadToken;
}

/** The lengths a token of the table may have: what is shorter could be guessed, and is not worth a call. */
const tableToken = /^.{32,4096}$/;

/**
 * Returns the settings with what `decide` needs for this token filled in.
 *
 * @throws Refusal
 * @throws InternalFailure when a source cannot be read
 */
export async function gather(
  token: string,
  settings: Settings,
  sources: Sources,
): Promise<Settings> {
  const { digest, known, jws, issuer } = recognise(token, settings);
  if (jws && issuer?.uri !== undefined) {
    const { kid } = checkHeader(jws.header, issuer.algorithms);
    const jwks = await sources.readKeys(issuer.uri, kid);
    const issuers = new Map([[issuer.issuer, { ...issuer, jwks }]]);
    return { ...settings, issuers };
  }
  const isUnknown = !known && !issuer && tableToken.test(token);
  if (!isUnknown || settings.table === undefined) return settings;
  const hash = digest.toString("hex");
  const entry = await sources.readToken(hash);
  if (entry === undefined) return settings;
  const consumer = settings.consumers.get(entry.consumer);
  demand(consumer, "consumer-unknown");
  const tokens = new Map([[hash, { ...entry, digest, consumer }]]);
  return { ...settings, tokens };
}
