// Runs one command on a gate's stack: look-ups, engine, state, operation, tokens, cache flush. What failed half-way is part of
// the answer; only failures before the engine could change anything are thrown.
import type { OutputMap } from "@pulumi/pulumi/automation";
import { type Aws, createAws } from "../cloud/aws.ts";
import type { CodeTriggers } from "../cloud/resources/parameters.ts";
import type { GateStack, Operation } from "../cloud/stack.ts";
import { GateFailure } from "../gate/failure.ts";
import type { Gate } from "../gate/gate.ts";
import { type EngineReport, readEvents } from "../report/changes.ts";
import type { Command } from "./contract.ts";
import type { Inputs } from "./inputs.ts";
import type { Job } from "./job.ts";
import { createGateProgram, gateName } from "./assemble.ts";
import { digestContents } from "./contents.ts";
import type { Described } from "./describe.ts";
import type { Judge } from "./judge.ts";
import { marked } from "./marking.ts";
import { lookAhead } from "./look-ahead.ts";
import type { Host, Target } from "./target.ts";
import { type Opened, prepareStack } from "./prepare.ts";
import { type ProofKey, proofKeyFrom } from "./proof-key.ts";
import { codeTriggers } from "./restore-code.ts";
import { rehearse } from "./rehearse.ts";
import { keepReviewSecret } from "./review-secret.ts";
import { settle, type Settled } from "./settle.ts";

export interface Execution extends Settled {
  /** Outputs of the stack before and after; both empty when there was no stack. */
  readonly before: OutputMap;
  readonly after: OutputMap;
  readonly report: EngineReport;
  readonly proofKey: ProofKey | undefined;
  /** The gate as it is deployed, with what had to be looked up first. */
  readonly gate: Gate | undefined;
  /** Digests of what would be deployed, see `digestContents`; undefined for a command that describes no gate. */
  readonly contents: Readonly<Record<string, string>> | undefined;
  /** How the run ended when the judge did not let the command be run. */
  readonly held?: Described;
}

/** @throws GateFailure for everything that is wrong before the operation starts, and when the run is cancelled by then. */
export async function execute(
  target: Target,
  inputs: Inputs,
  job: Job,
  host: Host & { readonly judge: Judge },
): Promise<Execution> {
  const aws = createAws(job.environment);
  const { account, ready } = await host.phase(
    "Look before anything is made",
    () => lookAhead(aws, target, host),
  );
  const opened = await host.phase("Engine and state", () =>
    prepareStack({ aws, account, target, inputs, job, host }),
  );
  return opened === undefined
    ? nothingThere
    : perform(opened, ready, { aws, inputs, job, host });
}

interface Around {
  readonly aws: Aws;
  readonly inputs: Inputs;
  readonly job: Job;
  readonly host: Host & { readonly judge: Judge };
}

async function perform(
  { mark, stack }: Opened,
  target: Target,
  { aws, inputs, job, host }: Around,
): Promise<Execution> {
  const before = await stack.outputs();
  refuseAnotherRegion(before, target);
  const parts = await gather(before, target, { aws, inputs, job, host });
  const { contents, proofKey } = parts;
  const known = { before, proofKey, contents, gate: target.gate };
  const run = async (command: Command) => {
    refuseCancelled(host.signal);
    const asked = { ...target, command };
    const operation = await marked(mark, asked, { aws, host }, () =>
      host.phase(titles[command], () =>
        operate(stack, asked, { ...parts, before, job, host }),
      ),
    );
    const report = readEvents(operation.events, [...host.masked]);
    return { ...operation, report };
  };
  const held = await rehearse(host.judge, known, run);
  if (held !== undefined) return { ...nothingThere, ...known, held };
  const { report, ...operation } = await run(target.command);
  const settled = await finish(aws, target, {
    before,
    operation,
    changed: report.changes.length > 0,
    job,
    host,
  });
  return { ...known, after: operation.outputs, report, ...settled };
}

/** What the program needs to know besides the gate. */
async function gather(
  before: OutputMap,
  { gate, region }: Target,
  { aws, inputs, job, host }: Around,
) {
  if (gate === undefined)
    return { codeTriggers: {}, contents: undefined, proofKey: undefined };
  const name = gateName(gate, job);
  return {
    codeTriggers: await codeTriggers(aws, { before, name, region }, host.log),
    contents: await digestContents(gate, job, host),
    // Only the built-in authorizer knows the proof's credential.
    proofKey:
      inputs.proof && gate.auth.mode === "built-in"
        ? await proofKeyFrom(before, host.mask)
        : undefined,
  };
}

interface Finishing {
  readonly before: OutputMap;
  readonly operation: Operation;
  readonly changed: boolean;
  readonly job: Job;
  readonly host: Host;
}

/** After an up, whether it succeeded or not. */
async function finish(
  aws: Aws,
  { command, gate }: Target,
  { before, operation, changed, job, host }: Finishing,
): Promise<Settled> {
  const { failure, outputs } = operation;
  if (command !== "up" || gate === undefined)
    return { failure, tokens: undefined };
  const name = gateName(gate, job);
  const made = { gate, name, outputs: { ...before, ...outputs } };
  return settle(aws, { ...made, changed, failure }, host);
}

const nothingThere: Execution = {
  before: {},
  after: {},
  report: readEvents([]),
  failure: undefined,
  proofKey: undefined,
  gate: undefined,
  contents: undefined,
  tokens: undefined,
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
  drift: "Drift",
  destroy: "Destroy",
  output: "Output",
};

interface OperationParts {
  readonly before: OutputMap;
  readonly codeTriggers: CodeTriggers;
  readonly contents: Execution["contents"];
  readonly proofKey: ProofKey | undefined;
  readonly job: Job;
  readonly host: Host;
}

async function operate(
  stack: GateStack,
  { command, gate, removeStack }: Target,
  parts: OperationParts,
): Promise<Operation> {
  const program = async () => {
    if (gate === undefined) throw new Error(`${command} needs a gate`);
    const made = await createGateProgram({ gate, ...parts });
    return keepReviewSecret(made, parts.before, parts.host.mask);
  };
  const table: Readonly<Record<Command, () => Promise<Operation>>> = {
    preview: async () => stack.preview(await program()),
    up: async () => stack.up(await program()),
    refresh: () => stack.refresh(),
    drift: () => stack.drift(),
    destroy: () => stack.destroy(removeStack),
    output: async () => ({ events: [], outputs: await stack.outputs() }),
  };
  return table[command]();
}
