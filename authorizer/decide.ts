// Who is calling: the one decision of the authorizer, as a function of the token, the settings and the time. Pure.
import { createHash, timingSafeEqual } from "node:crypto";
import { Refusal, type RefusalReason } from "./failure.ts";
import { verifyProof } from "./proof.ts";
import type { Consumer, Settings } from "./settings.ts";

export type Mode = "token" | "proof";

export type Decision =
  | { readonly kind: "allow"; readonly mode: Mode; readonly consumer: Consumer }
  | { readonly kind: "refuse"; readonly reason: RefusalReason };

/**
 * Decides whom a token (already taken out of its header) stands for; `now` in epoch milliseconds. What the consumer may
 * call is the policy's business.
 */
export async function decide(
  token: string,
  settings: Settings,
  now: number,
): Promise<Decision> {
  try {
    const known = findByHash(token, settings);
    const mode = known ? "token" : "proof";
    const consumer = known ?? (await findByProof(token, settings, now));
    if (now >= consumer.expiresAt) throw new Refusal("consumer-expired");
    return { kind: "allow", mode, consumer };
  } catch (error) {
    if (error instanceof Refusal)
      return { kind: "refuse", reason: error.reason };
    throw error;
  }
}

/** The lookup is by digest, so its timing tells nothing a caller could steer towards; the comparison is constant-time. */
function findByHash(token: string, settings: Settings): Consumer | undefined {
  const digest = createHash("sha256").update(token).digest();
  const entry = settings.tokens.get(digest.toString("hex"));
  return entry && timingSafeEqual(entry.digest, digest)
    ? entry.consumer
    : undefined;
}

async function findByProof(
  token: string,
  settings: Settings,
  now: number,
): Promise<Consumer> {
  const { proofKey, gate, stage } = settings;
  if (proofKey === undefined || !token.includes("."))
    throw new Refusal("token-unknown");
  const id = await verifyProof(
    token,
    { publicKey: proofKey, gate, stage },
    now,
  );
  const consumer = settings.consumers.get(id);
  if (consumer === undefined) throw new Refusal("consumer-unknown");
  return consumer;
}
