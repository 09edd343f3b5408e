import { readRawCredential, readToken } from "./credential.ts";
import type { CustomAnswer } from "./custom-policy.ts";
import { recognise } from "./decide.ts";
import { readCall, type Call, type Request } from "./event.ts";
import { Refusal } from "./failure.ts";
import type { JsonObject } from "../contract/readers.ts";
import type { ReadEntry } from "./aws/token-table.ts";
import { checkHeader } from "./jwt/envelope.ts";
import type { ReadKeys } from "./jwt/issuer-keys.ts";
import type { CustomAuthorizer, Settings } from "./settings.ts";

export interface Sources {
  readonly readKeys: ReadKeys;
  readonly readEntry: ReadEntry;
  readonly askCustom: (
    event: JsonObject,
    name: string,
  ) => Promise<CustomAnswer>;
}

/** Shorter tokens can be guessed and are not looked up. */
const tableToken = /^.{32,4096}$/;

/**
 * Fetches what `decide` needs beyond the settings: an issuer's keys, a token's entry in the table, the own function's answer.
 * Nothing is fetched for a call that is refused anyway.
 * @throws InternalFailure when a source cannot be read
 */
export async function gather(
  request: Request,
  settings: Settings,
  sources: Sources,
): Promise<Settings> {
  try {
    const call = readCall(request, settings);
    return settings.custom
      ? await gatherAnswer(call, settings, settings.custom, sources)
      : await gatherIdentity(readToken(call), settings, sources);
  } catch (error) {
    // `decide` refuses for the same reason.
    if (error instanceof Refusal) return settings;
    throw error;
  }
}

async function gatherIdentity(
  token: string,
  settings: Settings,
  { readKeys, readEntry }: Sources,
): Promise<Settings> {
  const { digest, known, jws, issuer } = recognise(token, settings);
  if (jws && issuer?.uri !== undefined) {
    const { kid } = checkHeader(jws.header, issuer.algorithms);
    const jwks = await readKeys(issuer.uri, kid);
    const issuers = new Map([[issuer.issuer, { ...issuer, jwks }]]);
    return { ...settings, issuers };
  }
  const isUnknown = !known && !issuer && tableToken.test(token);
  if (!isUnknown || settings.table === null) return settings;
  const entry = await readEntry(digest);
  if (entry === undefined) return settings;
  const consumer = settings.consumers.get(entry.consumer);
  return { ...settings, tokens: new Map([[digest, { ...entry, consumer }]]) };
}

async function gatherAnswer(
  call: Call,
  settings: Settings,
  custom: CustomAuthorizer,
  { askCustom }: Sources,
): Promise<Settings> {
  const { event, methodArn } = call;
  const credential = readRawCredential(call, custom.type);
  const form =
    custom.type === "request"
      ? event
      : { type: "TOKEN", authorizationToken: credential?.value, methodArn };
  const answer = await askCustom(form, custom.function);
  return { ...settings, custom: { ...custom, answer } };
}
