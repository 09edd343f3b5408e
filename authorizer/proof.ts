// The credential of the deploy job's own checks: a JWT of at most five minutes, signed with the stack's Ed25519 key, that
// names this gate, this stage and the consumer whose access is being proved. Pure.
import { verifyJws } from "./envelope.ts";
import { Refusal, type RefusalReason } from "./failure.ts";
import type { JsonObject } from "./json.ts";

/** What a proof must be signed with and made out to. */
export interface ProofExpectation {
  /** An Ed25519 public key as a JWK, RFC 8037. */
  readonly publicKey: JsonObject;
  readonly gate: string;
  readonly stage: string;
}

const issuer = "ai-gate-action";
const maximumLifetimeSeconds = 300;
/** How far ahead the deploy job's clock may run; expiry gets no leeway. */
const clockSkewSeconds = 30;

/**
 * Returns the consumer id a proof stands for; `now` in epoch milliseconds.
 *
 * @throws Refusal
 */
export async function verifyProof(
  token: string,
  expected: ProofExpectation,
  now: number,
): Promise<string> {
  const { header, payload } = await verifyJws(
    token,
    { keys: [expected.publicKey] },
    ["EdDSA"],
  );
  demand(header["typ"] === "JWT", "jws-header");
  demand(payload["iss"] === issuer, "claim-issuer");
  demand(payload["aud"] === expected.gate, "claim-audience");
  demand(payload["stage"] === expected.stage, "claim-stage");
  const { run, sub } = payload;
  demand(
    typeof run === "string" && run.length > 0 && run.length <= 256,
    "claim-run",
  );
  checkTimes(payload, now / 1000);
  if (typeof sub !== "string") throw new Refusal("claim-subject");
  return sub;
}

function checkTimes({ iat, exp, nbf }: JsonObject, nowSeconds: number): void {
  if (!isTime(iat) || !isTime(exp)) throw new Refusal("claim-time");
  demand(exp > iat && exp - iat <= maximumLifetimeSeconds, "claim-time");
  demand(iat <= nowSeconds + clockSkewSeconds, "claim-time");
  demand(
    nbf === undefined || (isTime(nbf) && nbf <= nowSeconds + clockSkewSeconds),
    "claim-time",
  );
  demand(nowSeconds < exp, "claim-expired");
}

/** Whole seconds. Milliseconds passed off as seconds fail as a start in the future or as too long a lifetime. */
function isTime(value: unknown): value is number {
  return Number.isInteger(value);
}

function demand(condition: boolean, reason: RefusalReason): void {
  if (!condition) throw new Refusal(reason);
}
