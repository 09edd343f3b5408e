// Runs one command on a gate's stack: look-ups, engine, state, operation, tokens, cache flush. What failed half-way is part of
// the answer; only failures before the engine could change anything are thrown.
import { isDeepStrictEqual } from "node:util";
import type { OutputMap } from "@pulumi/pulumi/automation";
import { type Aws, createAws } from "../../deploy/aws.ts";
import { sha256 } from "../../deploy/names.ts";
import type { CodeTriggers } from "../../deploy/program/parameters.ts";
import type { GateStack, Operation } from "../../deploy/stack.ts";
import { GateFailure } from "../../gate/failure.ts";
import { readEvents } from "../../report/changes.ts";
import { canonical, planText } from "../../report/plan-digest.ts";
import type { Described, Execution, Known, ProofKey } from "../describe.ts";
import type { Host } from "../host.ts";
import type { Command } from "../inputs/contract.ts";
import type { Inputs } from "../inputs/inputs.ts";
import type { Job, Target } from "../job.ts";
import { type AfterUp, codeTriggers, finishUp } from "./after-up.ts";
import { type Contents, digestContents } from "./contents.ts";
import { dryRun } from "./dry-runs.ts";
import { createGateProgram, gateName } from "./gate-program.ts";
import { recordingLock } from "./lock-owner.ts";
import { lookUp, type Opened, prepareStack, unpackEngine } from "./prepare.ts";
import { proofKeyFrom } from "./prove.ts";

export interface Executed extends Execution {
  /** How the run ended when a dry run stopped it: the command was not run. */
  readonly stopped?: Described;
}

/** @throws GateFailure for everything that is wrong before the operation starts, and when the run is cancelled by then. */
export async function execute(
  target: Target,
  inputs: Inputs,
  job: Job,
  host: Host,
): Promise<Executed> {
  const aws = createAws(job.environment);
  const { account, ready } = await host.phase(
    "Checks before anything is made",
    () => lookUp(aws, target, host),
  );
  let engine: ReturnType<typeof unpackEngine> | undefined;
  const open = (command: Command) =>
    host.phase("Engine and state", async () =>
      prepareStack({
        engine: await (engine ??= unpackEngine({ inputs, job, host })),
        aws,
        account,
        target: { ...target, command },
        inputs,
        job,
        host,
      }),
    );
  // Until the plan is compared nothing is made, the stack and the place of its state included.
  const isCompared =
    target.command === "up" && inputs.expectedPlan !== undefined;
  const opened = await open(isCompared ? "preview" : target.command);
  if (opened !== undefined)
    return perform(opened, ready, {
      aws,
      account,
      inputs,
      job,
      host,
      reopen: isCompared ? () => open("up") : undefined,
    });
  if (target.command === "drift") throw noSuchGate(target);
  return nothingThere;
}

interface Around {
  readonly aws: Aws;
  readonly account: string;
  readonly inputs: Inputs;
  readonly job: Job;
  readonly host: Host;
  /** Opens the stack for the command itself, when it was opened for a dry run only. */
  readonly reopen: (() => Promise<Opened | undefined>) | undefined;
}

async function perform(
  opened: Opened,
  target: Target,
  around: Around,
): Promise<Executed> {
  const { aws, inputs, job, host, reopen } = around;
  const before = await opened.stack.outputs();
  refuseAnotherRegion(before, target);
  const known = await learn(before, target, around);
  const run = async (command: Command, { lock, stack } = opened) => {
    refuseCancelled(host.signal);
    const asked = { ...target, command };
    const operation = await recordingLock(lock, asked, { aws, host }, () =>
      host.phase(titles[command], () =>
        operate(stack, asked, { ...known, job, host }),
      ),
    );
    const report = readEvents(operation.events, [...host.masked]);
    return { ...operation, report, plan: planOf(asked, operation, known) };
  };
  const parts = { target, rules: inputs, job };
  const dry = await dryRun(known, parts, (command) => run(command));
  if (dry.stopped !== undefined)
    return { ...nothingThere, ...known, stopped: dry.stopped };
  const reopened = await reopen?.();
  if (reopened !== undefined) await refuseAnotherState(reopened, before);
  const { plan, report, ...operation } = await run(target.command, reopened);
  const afterUp = await finish(aws, target, {
    before,
    operation,
    changed: report.changes.length > 0,
    job,
    host,
  });
  return {
    ...known,
    after: operation.outputs,
    report,
    plan: dry.plan ?? plan,
    ...afterUp,
  };
}

function planOf(
  { command }: Target,
  { events, failure }: Operation,
  { before, codeTriggers, contents }: Learned,
): string | undefined {
  const isPlanned = command === "preview" || command === "up";
  if (!isPlanned || failure !== undefined || contents === undefined)
    return undefined;
  const all = { ...contents, triggers: canonical(codeTriggers) };
  return sha256(planText({ events, contents: all, before }));
}

interface Learned extends Known {
  readonly codeTriggers: CodeTriggers;
}

async function learn(
  before: OutputMap,
  { gate, region }: Target,
  { account, aws, inputs, job, host }: Around,
): Promise<Learned> {
  if (gate === undefined)
    return {
      before,
      gate,
      codeTriggers: {},
      contents: undefined,
      proofKey: undefined,
    };
  const name = gateName(gate, job);
  // Only the built-in authorizer knows the proof's credential.
  const proof = inputs.proof && gate.auth.mode === "built-in";
  return {
    before,
    gate,
    codeTriggers: await codeTriggers(aws, { before, name, region }, host.log),
    contents: await digestContents({ account, gate, proof, host }),
    proofKey: proof ? await proofKeyFrom(before, host.mask) : undefined,
  };
}

interface Finishing {
  readonly before: OutputMap;
  readonly operation: Operation;
  readonly changed: boolean;
  readonly job: Job;
  readonly host: Host;
}

async function finish(
  aws: Aws,
  { command, gate }: Target,
  { before, operation, changed, job, host }: Finishing,
): Promise<AfterUp> {
  const { failure, outputs } = operation;
  if (command !== "up" || gate === undefined)
    return { failure, tokens: undefined };
  const name = gateName(gate, job);
  const made = { gate, name, outputs: { ...before, ...outputs } };
  return finishUp(aws, { ...made, changed, failure }, host);
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

/** Nothing has drifted where nothing is: a typo in the stack's name must not look like a gate in order. */
function noSuchGate({ region, stack }: Target): GateFailure {
  const message = `there is no such gate: no stack ${stack} in this state; check \`stack\`, \`region\` (${region}) and \`backend\`, which must be those that the gate was brought up with`;
  return new GateFailure("invalid-input", message);
}

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

/** The comparison was with the stack as it was then; to fetch and open it anew takes long enough for another run to come between. */
async function refuseAnotherState(
  { stack }: Opened,
  before: OutputMap,
): Promise<void> {
  if (isDeepStrictEqual(await stack.outputs(), before)) return;
  const message =
    "another run changed the stack after the plans were compared, so nothing was changed. Run the preview again, look at it, and approve that plan; `concurrency` in the workflow keeps two runs apart";
  throw new GateFailure("plan-changed", message);
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
  readonly codeTriggers: CodeTriggers;
  readonly proofKey: ProofKey | undefined;
  readonly contents: Contents | undefined;
  readonly job: Job;
  readonly host: Host;
}

async function operate(
  stack: GateStack,
  { command, gate, removeStack }: Target,
  parts: OperationParts,
): Promise<Operation> {
  const program = () => {
    if (gate === undefined) throw new Error(`${command} needs a gate`);
    return createGateProgram({ ...parts, gate });
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
