// When the gate's own authorizer stands in front of the user's. Pure.
import type { Gate } from "../gate.ts";

/**
 * A user's own authorizer cannot hand the gate an upstream's credential: so as soon as there is one, the gate's authorizer
 * takes the calls, asks the user's, and adds the credential.
 */
export function isFronted(gate: Pick<Gate, "auth" | "upstreams">): boolean {
  return (
    gate.auth.mode === "custom" &&
    gate.upstreams.some(({ credential }) => credential !== undefined)
  );
}
