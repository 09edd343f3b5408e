// Runs one command on a gate's stack: look-ups, engine, state, operation, cache flush. What failed half-way is part of the
// answer; only failures before the engine could change anything are thrown.
import type { OutputMap } from "@pulumi/pulumi/automation";
import { type Aws, callerAccount, createAws } from "../cloud/aws.ts";
import {
  findMissingSecrets,
  flushAuthorizerCache,
} from "../cloud/preflight.ts";
import type { GateStack, Operation } from "../cloud/stack.ts";
import { GateFailure } from "../gate/failure.ts";
import { type EngineReport, readEvents } from "../report/changes.ts";
import type { Command } from "./contract.ts";
import type { Inputs } from "./inputs.ts";
import type { Job } from "./job.ts";
import { createGateProgram } from "./assemble.ts";
import type { Host, Target } from "./target.ts";
import { prepareStack } from "./prepare.ts";
import { type ProofKey, proofKeyFrom } from "./proof-key.ts";

export interface Execution {
  /** Outputs of the stack before and after; both empty when there was no stack. */
  readonly before: OutputMap;
  readonly after: OutputMap;
  readonly report: EngineReport;
  readonly failure: GateFailure | undefined;
  readonly proofKey: ProofKey | undefined;
}

/** @throws GateFailure for everything that is wrong before the operation starts, and when the run is cancelled by then. */
export async function execute(
  target: Target,
  inputs: Inputs,
  job: Job,
  host: Host,
): Promise<Execution> {
  const aws = createAws(job.environment);
  const account = await host.phase("Look before anything is made", () =>
    lookAhead(aws, target),
  );
  const opened = await host.phase("Engine and state", () =>
    prepareStack({ aws, account, target, inputs, job, host }),
  );
  if (opened === undefined) return nothingThere;
  const { mark, stack } = opened;
  const before = await stack.outputs();
  refuseAnotherRegion(before, target);
  // Only the built-in authorizer knows the proof's credential.
  const proofKey =
    inputs.proof && target.gate?.auth.mode === "token"
      ? await proofKeyFrom(before, host.mask)
      : undefined;
  refuseCancelled(host.signal);
  host.mark(mark);
  const { events, failure, outputs } = await host.phase(
    titles[target.command],
    () => operate(stack, target, { proofKey, job, host }),
  );
  host.mark(undefined);
  // A second up that changes nothing makes no call that does.
  const report = readEvents(events);
  if (target.command === "up" && report.changes.length > 0) {
    await flush(aws, target, { ...before, ...outputs }, host);
  }
  return { before, after: outputs, report, failure, proofKey };
}

const nothingThere: Execution = {
  before: {},
  after: {},
  report: readEvents([]),
  failure: undefined,
  proofKey: undefined,
};

/** The engine only heeds a wish to stop that comes while it runs. */
function refuseCancelled(signal: AbortSignal): void {
  if (!signal.aborted) return;
  const message = "The run was cancelled before anything was changed";
  throw new GateFailure("cancelled", message);
}

/** A stack's provider belongs to one region: in another, the engine would lose sight of everything it made. */
function refuseAnotherRegion(before: OutputMap, target: Target): void {
  const region: unknown = before["region"]?.value;
  if (typeof region !== "string" || region === target.region) return;
  const message = `"${target.region}" is not where the stack ${target.stack} is (${region}): give that region, or another stack name for a gate in ${target.region}`;
  throw new GateFailure("invalid-input", "the stack is in another region", [
    { where: "region", message },
  ]);
}

const titles: Readonly<Record<Command, string>> = {
  preview: "Preview",
  up: "Up",
  refresh: "Refresh",
  destroy: "Destroy",
  output: "Output",
};

async function lookAhead(aws: Aws, { gate, region }: Target): Promise<string> {
  const account = await callerAccount(aws, region);
  const problems =
    gate === undefined ? [] : await findMissingSecrets(aws, gate);
  if (problems.length > 0)
    throw new GateFailure(
      "invalid-input",
      "the gate's upstream would refuse every call",
      problems,
    );
  return account;
}

interface OperationParts {
  readonly proofKey: ProofKey | undefined;
  readonly job: Job;
  readonly host: Host;
}

async function operate(
  stack: GateStack,
  { command, gate }: Target,
  parts: OperationParts,
): Promise<Operation> {
  const program = () => {
    if (gate === undefined) throw new Error(`${command} needs a gate`);
    return createGateProgram({ gate, ...parts });
  };
  const table: Readonly<Record<Command, () => Promise<Operation>>> = {
    preview: async () => stack.preview(await program()),
    up: async () => stack.up(await program()),
    refresh: () => stack.refresh(),
    destroy: () => stack.destroy(),
    output: async () => ({ events: [], outputs: await stack.outputs() }),
  };
  return table[command]();
}

/** A narrowed or revoked access must not live on in API Gateway's cache. */
async function flush(
  aws: Aws,
  { gate }: Target,
  outputs: OutputMap,
  host: Host,
): Promise<void> {
  const apiId: unknown = outputs["apiId"]?.value;
  if (gate === undefined || typeof apiId !== "string") return;
  if (await flushAuthorizerCache(aws, gate, apiId)) return;
  host.log(
    `The authorizer's cache could not be flushed (allow apigateway:DELETE on /restapis/${apiId}/stages/*/cache/*): a revoked token can still pass for ${gate.auth.cacheTtl} seconds`,
  );
}
