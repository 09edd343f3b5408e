// Proves a deployed gate: plans the checks from the model, asks them over HTTP, and turns a gate that is not closed into a
// failure.
import { setTimeout as sleep } from "node:timers/promises";
import type { OutputMap } from "@pulumi/pulumi/automation";
import type { ProofPublicKey } from "../../../contract/authorizer-settings.ts";
import { sha256 } from "../../deploy/names.ts";
import type { GateSummary } from "../../diff/summary.ts";
import { GateFailure } from "../../gate/failure.ts";
import type { Gate } from "../../gate/gate.ts";
import { errorMarker } from "../../gate/openapi/gateway-responses.ts";
import { createAsk } from "../../proof/ask.ts";
import type { ProofResult } from "../../proof/check.ts";
import {
  createProofKey,
  type ProofPrivateKey,
  signProof,
} from "../../proof/credential.ts";
import { planProof, removedRoutes } from "../../proof/plan.ts";
import { prove } from "../../proof/proof.ts";

export interface ProofRequest {
  readonly gate: Gate;
  readonly before: GateSummary | undefined;
  readonly baseUrl: string;
  readonly key: ProofKey | undefined;
  /** The user's own token, for a custom authorizer. */
  readonly proofToken: string | undefined;
  /** Seconds to wait for API Gateway to propagate. */
  readonly timeout: number;
  /** Names the run in the authorizer's log. */
  readonly run: string;
  readonly mask: (secret: string) => void;
  /** A wish to stop, which ends the waiting at once. */
  readonly signal: AbortSignal;
}

/** @throws GateFailure `cancelled` as soon as the run is; the gate is up by then. */
export async function proveGate(request: ProofRequest): Promise<ProofResult> {
  const { signal } = request;
  try {
    return await Promise.race([makeChecks(request), untilAborted(signal)]);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw new GateFailure(
      "cancelled",
      "The run was cancelled during the proof: the gate is deployed, but not proved; run the job again",
    );
  }
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(new Error("cancelled"));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
  });
}

function makeChecks(request: ProofRequest): Promise<ProofResult> {
  const { baseUrl, before, gate, proofToken, signal } = request;
  const given = proofToken === undefined ? {} : { proofToken };
  const checks = planProof(gate, {
    removedRoutes: removedRoutes(before?.routes ?? [], gate.routes),
    proofToken: proofToken !== undefined,
    today: new Date().toISOString().slice(0, 10),
  });
  return prove(checks, {
    ...given,
    deadline: request.timeout,
    ask: createAsk({
      baseUrl,
      marker: errorMarker(gate, {
        proofKey: request.key?.publicKey ?? null,
        sha256,
      }),
    }),
    sign: (consumer) => sign(consumer, request),
    tokenHeaders: gate.tokenHeaders,
    now: Date.now,
    sleep: (milliseconds) => sleep(milliseconds, undefined, { signal }),
  });
}

async function sign(
  consumer: string,
  { gate, key, mask, run }: ProofRequest,
): Promise<string> {
  if (key === undefined)
    throw new Error("a proof in token mode needs the stack's proof key");
  const token = await signProof(key.privateKey, {
    gate: gate.id,
    stage: gate.stageName,
    consumer,
    run,
    now: new Date(),
  });
  mask(token);
  return token;
}

/** @returns the failure of a proof that does not hold; undefined when it does. */
export function proofFailure(proof: ProofResult): GateFailure | undefined {
  const wrong = proof.results.filter(({ status }) => status === "failed");
  const [first] = wrong;
  if (first === undefined) return undefined;
  const more =
    wrong.length === 1
      ? ""
      : ` (and ${wrong.length - 1} more, see the proof table)`;
  const what = `${first.title}: expected ${first.expected}, got ${first.actual}. ${first.message}${more}`;
  return new GateFailure(
    "gate-broken",
    proof.broken
      ? `THE GATE IS NOT CLOSED. ${what}`
      : `The gate does not work. ${what}`,
  );
}

// The proof's key pair of a stack: made once, kept in the stack's encrypted state, read back from there.

export interface ProofKey {
  readonly publicKey: ProofPublicKey;
  readonly privateKey: ProofPrivateKey;
}

/** @param mask gets the private part before anything else sees it. */
export async function proofKeyFrom(
  outputs: OutputMap,
  mask: (secret: string) => void,
): Promise<ProofKey> {
  const stored: unknown = outputs["proofKey"]?.value;
  const key =
    typeof stored === "string"
      ? pairOf(JSON.parse(stored) as ProofPrivateKey)
      : await createProofKey();
  mask(key.privateKey.d);
  return key;
}

function pairOf(privateKey: ProofPrivateKey): ProofKey {
  const { crv, kty, x } = privateKey;
  return { publicKey: { kty, crv, x }, privateKey };
}
