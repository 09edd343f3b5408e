import { setTimeout as sleep } from "node:timers/promises";
import type { OutputMap } from "@pulumi/pulumi/automation";
import {
  type ProofPublicKey,
  readProofPublicKey,
} from "../../../contract/authorizer-settings.ts";
import { sha256 } from "../../deploy/names.ts";
import type { GateStack } from "../../deploy/stack.ts";
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
import { findWay } from "./reach.ts";
import { isReadAnewNext } from "./read-anew.ts";
import { proveMetadata, readUrl } from "../../proof/metadata.ts";
import { planProof, removedRoutes } from "../../proof/plan.ts";
import { prove } from "../../proof/proof.ts";
import type { Urls } from "../../report/run-result.ts";
import type { RunContext } from "../context.ts";
import type { Described, Known, ProofKey } from "../describe.ts";
import { proveTestCalls } from "./test-calls.ts";

type ProofContext = Pick<RunContext, "inputs" | "job" | "host" | "readsAnew">;

/** Seconds for a gate that this run did not change: nothing is on its way, and what is wrong is best read anew soon. */
const unchangedTimeout = 20;

/** @returns the run with its proof, which fails it when a check does; as it was when there is nothing to ask. */
export async function proveRun(
  run: Described,
  { gate, proofKey }: Pick<Known, "gate" | "proofKey">,
  context: ProofContext,
): Promise<Described> {
  const { phase, signal } = context.host;
  const { before, changes, urls } = run;
  if (gate === undefined || urls === undefined) return run;
  const deployed = { gate, before, changes, proofKey, urls };
  try {
    const proof = await phase("Proof", () =>
      Promise.race([makeAllChecks(deployed, context), untilAborted(signal)]),
    );
    return { ...run, proof, failure: proofFailure(proof) };
  } catch (error) {
    if (!signal.aborted) throw error;
    const failure = new GateFailure(
      "cancelled",
      "The run was cancelled during the proof: the gate is deployed, but not proved; run the job again",
    );
    return { ...run, failure };
  }
}

function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const stop = () => reject(new Error("cancelled"));
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
  });
}

interface Deployed extends Pick<Described, "before" | "changes"> {
  readonly gate: Gate;
  readonly urls: Urls;
  readonly proofKey: ProofKey | undefined;
}

async function makeAllChecks(
  deployed: Deployed,
  context: ProofContext,
): Promise<ProofResult> {
  const { apiId } = deployed.urls;
  const [proof, received] = await Promise.all([
    makeChecks(deployed, context),
    proveTestCalls({ ...deployed, apiId }, context),
  ]);
  const hasFailed = received.some(({ status }) => status === "failed");
  return {
    ...proof,
    failed: proof.failed || hasFailed,
    results: [...proof.results, ...received],
  };
}

/** Signs the proof's JWTs for a consumer, masked. */
const createSigner =
  (
    gate: Gate,
    key: Deployed["proofKey"],
    { host, job }: Pick<ProofContext, "host" | "job">,
  ) =>
  async (consumer: string): Promise<string> => {
    if (key === undefined)
      throw new Error("a proof in token mode needs the stack's proof key");
    const token = await signProof(await key.privateKey(), {
      gate: gate.id,
      stage: gate.stageName,
      consumer,
      // Names the run in the authorizer's log.
      run: job.environment["GITHUB_RUN_ID"] ?? "local",
      now: new Date(),
    });
    host.mask(token);
    return token;
  };

/** In seconds. */
function deadlinesOf(
  deployed: Deployed,
  context: ProofContext,
): { readonly deadline: number; readonly failureDeadline: number } {
  const deadline = context.inputs.proofTimeout ?? 90;
  return {
    deadline,
    failureDeadline: isReadAnewNext(deployed, context)
      ? Math.min(deadline, unchangedTimeout)
      : deadline,
  };
}

async function makeChecks(
  deployed: Deployed,
  context: ProofContext,
): Promise<ProofResult> {
  const { before, gate, proofKey: key, urls } = deployed;
  const { host, inputs, job } = context;
  const { "proof-token": proofToken } = inputs.given;
  const checks = planProof(gate, {
    removedRoutes: removedRoutes(before?.routes ?? [], gate.routes),
    proofToken: proofToken !== undefined,
    today: new Date().toISOString().slice(0, 10),
  });
  const proofKey = key?.publicKey ?? null;
  const marker = errorMarker(gate, { proofKey, sha256 });
  const sign = createSigner(gate, key, { host, job });
  const clock = {
    ...deadlinesOf(deployed, context),
    now: Date.now,
    sleep: (milliseconds: number) =>
      sleep(milliseconds, undefined, { signal: host.signal }),
  };
  const way = await findWay(gate, urls, { ...job, ...clock, marker });
  const { baseUrl, domain, host: name } = way;
  if (baseUrl === undefined)
    return {
      ...{ broken: false, failed: false, outside: true },
      ...(gate.vpcEndpoints === undefined && { withoutAddress: true }),
      results: domain,
    };
  const proved = prove(checks, {
    ...(proofToken !== undefined && { proofToken }),
    ask: createAsk({ baseUrl, host: name, marker }),
    sign,
    // A new key of a usage plan can take minutes, a deployment does not.
    ...(gate.plans.length > 0 && {
      usageKeyDeadline: inputs.proofTimeout ?? 240,
    }),
    log: host.log,
    ...clock,
  });
  const read = () =>
    proveMetadata(gate, {
      baseUrl,
      publicUrl: urls.baseUrl,
      host: name,
      read: readUrl,
      ...clock,
    });
  const [proof, metadata] = await Promise.all([
    proved,
    gate.network
      ? proved.then(({ outside }) => (outside ? [] : read()))
      : read(),
  ]);
  return {
    ...proof,
    failed: proof.failed || metadata.some(({ status }) => status === "failed"),
    results: [...proof.results, ...metadata, ...domain],
  };
}

function proofFailure(proof: ProofResult): GateFailure | undefined {
  const failed = proof.results.filter(({ status }) => status === "failed");
  // A gate that does not work is the graver failure, and may be why an upstream seems to refuse.
  const [first] = failed.toSorted(
    (one, other) =>
      Number(one.upstreamRefused ?? false) -
      Number(other.upstreamRefused ?? false),
  );
  if (first === undefined) return undefined;
  const more =
    failed.length === 1
      ? ""
      : ` (and ${failed.length - 1} more, see the proof table)`;
  if (first.upstreamRefused)
    return new GateFailure(
      "upstream-refused",
      `The gate is closed, but ${first.message}${more}`,
    );
  const what = `${first.title}: expected ${first.expected}, got ${first.actual}. ${first.message}${more}`;
  return new GateFailure(
    "gate-broken",
    proof.broken
      ? `THE GATE IS NOT CLOSED. ${what}`
      : `The gate does not work. ${what}`,
  );
}

/**
 * The key pair of a stack: made once and kept in its state, the private part encrypted.
 * @param mask gets the private part before anything else sees it.
 */
export async function proofKeyFrom(
  { outputs, secretOutputs }: Pick<GateStack, "outputs" | "secretOutputs">,
  mask: (secret: string) => void,
): Promise<ProofKey> {
  const masked = (key: ProofPrivateKey) => {
    mask(key.d);
    return key;
  };
  const stored = publicKeyIn(outputs);
  if (stored !== undefined)
    return {
      publicKey: stored,
      privateKey: async () =>
        masked(privateKeyIn(await secretOutputs()) ?? refuseLostKey()),
    };
  // Versions before kept the private part only.
  const former = privateKeyIn(await secretOutputs());
  const privateKey = masked(former ?? (await createProofKey()).privateKey);
  const { crv, kty, x } = privateKey;
  return {
    publicKey: { kty, crv, x },
    privateKey: () => Promise.resolve(privateKey),
  };
}

function publicKeyIn(outputs: OutputMap): ProofPublicKey | undefined {
  try {
    return readProofPublicKey(outputs["proofPublicKey"]?.value);
  } catch {
    return undefined;
  }
}

function privateKeyIn(secrets: OutputMap): ProofPrivateKey | undefined {
  const stored: unknown = secrets["proofKey"]?.value;
  return typeof stored === "string"
    ? (JSON.parse(stored) as ProofPrivateKey)
    : undefined;
}

function refuseLostKey(): never {
  throw new GateFailure(
    "engine",
    "the stack's output `proofKey` is gone, with which the proof signs: run `up` again, which makes a new key",
  );
}
