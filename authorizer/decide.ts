// Who is calling: the one decision of the authorizer, as a function of the token, the settings and the time. Pure.
import { timingSafeEqual } from "node:crypto";
import { verifyJwt } from "./claims.ts";
import { readJws, type UnverifiedJws } from "./envelope.ts";
import { sha256 } from "./digest.ts";
import { demand, Refusal, type RefusalReason } from "./failure.ts";
import type { Consumer, Issuer, KnownToken, Mode } from "./issuer.ts";
import type { Settings } from "./settings.ts";

/** Somebody who may pass. */
export interface Caller {
  readonly mode: Mode;
  /** The name of the issuer who vouches for the caller. */
  readonly issuer?: string;
  readonly consumer: Consumer;
  /** Who exactly: the consumer's id, or what the table says. */
  readonly name: string;
}

export type Decision =
  | ({ readonly kind: "allow" } & Caller)
  | { readonly kind: "refuse"; readonly reason: RefusalReason };

/** What a token is by its outside: a known one, or a JWT of a known issuer; nothing of it is verified yet. */
interface Recognised {
  readonly digest: Buffer;
  readonly known?: KnownToken;
  readonly jws?: UnverifiedJws;
  readonly issuer?: Issuer | undefined;
  /** Why it cannot be a JWT of a known issuer. */
  readonly refusal?: unknown;
}

/**
 * Decides whom a token (already taken out of its header) stands for; `now` in epoch milliseconds. The settings must have
 * what belongs to the token: its issuer's keys, or its entry among the tokens. What the consumer may call is the policy's
 * business.
 */
export async function decide(
  token: string,
  settings: Settings,
  now: number,
): Promise<Decision> {
  try {
    return { kind: "allow", ...(await identify(token, settings, now)) };
  } catch (error) {
    if (error instanceof Refusal)
      return { kind: "refuse", reason: error.reason };
    throw error;
  }
}

/**
 * The same, for callers who want the refusal thrown.
 *
 * @throws Refusal
 */
export async function identify(
  token: string,
  settings: Settings,
  now: number,
): Promise<Caller> {
  const { known, jws, issuer, refusal } = recognise(token, settings);
  if (known) {
    assertLive(known, "token", now);
    const { consumer, caller = consumer.id } = known;
    assertLive(consumer, "consumer", now);
    return { mode: "token", consumer, name: caller };
  }
  if (!jws || !issuer) throw refusal;
  await verifyJwt(jws, issuer, now);
  const consumer = issuer.findConsumer(jws.payload);
  demand(consumer, "consumer-unknown");
  assertLive(consumer, "consumer", now);
  const { mode, name } = issuer;
  return { mode, issuer: name, consumer, name: consumer.id };
}

/** Finds a token among the known ones, else reads it as a JWT. */
export function recognise(token: string, settings: Settings): Recognised {
  const digest = sha256(token);
  const known = settings.tokens.get(digest.toString("hex"));
  // The lookup is by digest, so its timing tells nothing a caller could steer towards; the comparison is constant-time.
  if (known && timingSafeEqual(known.digest, digest)) return { digest, known };
  try {
    demand(settings.issuers.size > 0 && token.includes("."), "token-unknown");
    const jws = readJws(token);
    const issuer = settings.issuers.get(jws.payload["iss"]);
    demand(issuer, "claim-issuer");
    return { digest, jws, issuer };
  } catch (refusal) {
    return { digest, refusal };
  }
}

function assertLive(
  { disabled, expires = Infinity }: Pick<KnownToken, "disabled" | "expires">,
  what: "token" | "consumer",
  now: number,
): void {
  demand(!disabled, `${what}-disabled`);
  demand(now < expires, `${what}-expired`);
}
