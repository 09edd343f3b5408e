// Runs one command on a gate's stack: look-ups, engine, state, operation, tokens, cache flush. What failed half-way is part of
// the answer; only failures before the engine could change anything are thrown.
import { isDeepStrictEqual } from "node:util";
import type { OutputMap } from "@pulumi/pulumi/automation";
import type { Adoptable } from "../../deploy/adoption.ts";
import { createAws } from "../../deploy/aws.ts";
import { explainSdkError } from "../../deploy/denied.ts";
import type { Engine } from "../../deploy/engine.ts";
import { ensureLoggingRole } from "../../deploy/logging-role.ts";
import { sha256 } from "../../deploy/names.ts";
import { runNote } from "../../deploy/lock-holders.ts";
import { keepKmsKeys } from "../../deploy/preflight.ts";
import { removeBackups } from "../../deploy/state-file.ts";
import type { GateStack, Operation } from "../../deploy/stack.ts";
import { readSummary } from "../../diff/summary.ts";
import { GateFailure } from "../../gate/failure.ts";
import { withFormerPolicy } from "../../gate/networks.ts";
import { sortedJson } from "../../gate/sorted-json.ts";
import { readEvents } from "../../report/changes.ts";
import { planText } from "../../report/plan-digest.ts";
import type { AwsContext, RunContext } from "../context.ts";
import {
  type Described,
  type Execution,
  type Known,
  summaryOf,
} from "../describe.ts";
import type { Command } from "../inputs/contract.ts";
import type { Target } from "../job.ts";
import { codeTriggers, finishUp } from "./after-up.ts";
import { digestContents } from "./contents.ts";
import { dryRun } from "./dry-runs.ts";
import {
  createGateProgram,
  gateName,
  refuseAnotherRepository,
} from "./gate-program.ts";
import {
  adoptDeclared,
  completeCutShort,
  destroyRemains,
  findLostGate,
  findRemains,
  isInTheWay,
} from "./half-made.ts";
import { runLoad } from "./bulk-load.ts";
import { recordingLocks, releaseOwnLocks } from "./lock-owner.ts";
import { type Attempt, lockWaiting, untilUnlocked } from "./lock-wait.ts";
import {
  lookUp,
  needsEngine,
  type Opened,
  prepareStack,
  prepareState,
  withEngine,
} from "./prepare.ts";
import { proofKeyFrom } from "./prove.ts";
import { answerGone, workAnew } from "./read-anew.ts";
import { unlock } from "./unlock.ts";

export interface Executed extends Attempt, Pick<RunContext, "engine"> {
  /** How the run ended when a dry run stopped it: the command was not run. */
  readonly stopped?: Described;
}

/** @throws GateFailure for everything that is wrong before the operation starts, and when the run is cancelled by then. */
export const execute = (run: RunContext): Promise<Executed> =>
  withEngine(run, (unpack) => executeWith(run, unpack)).catch(
    (error: unknown) => {
      throw explainSdkError(error);
    },
  );

async function executeWith(
  run: RunContext,
  unpackEngine: () => Promise<Engine>,
): Promise<Executed> {
  const { host, inputs, job, target } = run;
  const { command } = target;
  const aws = createAws(job.environment);
  // Side by side with the look-ups.
  const engine = needsEngine(command) ? unpackEngine() : undefined;
  // Its failure is reported where it is waited for. A run that is refused leaves nothing behind that still fetches or unpacks.
  const unpacked = engine?.catch(() => undefined);
  const { account, ready } = await host.phase(
    "Checks before anything is made",
    () => lookUp(aws, target, run).finally(() => unpacked),
  );
  const context = { ...run, aws, account, target: ready };
  const open = (as: Command) =>
    host.phase("Engine and state", async () => {
      if (needsEngine(as)) await unpackEngine();
      return prepareStack(unpackEngine, as, context);
    });
  // Until the plan is compared nothing is made, the stack and the place of its state included.
  const isCompared = command === "up" && inputs.expectedPlan !== undefined;
  if (command === "unlock") return runUnlock(context, () => open(command));
  return untilUnlocked(lockWaiting(context, inputs.lockTimeout), async () => {
    const opened = await open(isCompared ? "preview" : command);
    const isOfGate = command === "drift" || command === "load-tokens";
    if (isOfGate && opened === undefined) throw noSuchGate(target);
    // An `up` that was refused has left an empty stack.
    const remains =
      command === "destroy" && opened?.stack.condition.isEmpty !== false
        ? await findRemains(context)
        : [];
    const made = opened ?? (remains.length > 0 ? await open("up") : undefined);
    const reopen = isCompared ? () => open("up") : undefined;
    return made ? perform(context, made, reopen, remains) : nothingThere;
  });
}

async function runUnlock(
  context: AwsContext,
  open: () => Promise<Opened | undefined>,
): Promise<Executed> {
  const { backend, place } = await prepareState("unlock", context);
  if (!backend.exists) return nothingThere;
  const cancel = async () => (await open())?.stack.cancel();
  const done = await context.host.phase("Unlock", () =>
    unlock({ place, cancel }, context),
  );
  return { ...nothingThere, ...done };
}

/** @param reopen opens the stack for the command itself, when it was opened for a dry run only. */
async function perform(
  context: AwsContext,
  opened: Opened,
  reopen: (() => Promise<Opened | undefined>) | undefined,
  remains: readonly Adoptable[] = [],
): Promise<Executed> {
  const { aws, host, job, target } = context;
  const before = opened.stack.outputs;
  refuseAnotherRegion(before, target);
  refuseAnotherRepository(before["repositoryId"]?.value, context);
  const known = await learn(opened.stack, context);
  const run = async (command: Command, { lock, stack } = opened) => {
    refuseCancelled(host.signal);
    const note = runNote(job.environment);
    const attempt = () =>
      recordingLocks(
        lock,
        command,
        { aws, host, note: note && JSON.stringify(note) },
        () =>
          host.phase(titles[command], () =>
            operate({ stack, command, remains }, known, context),
          ),
      );
    let operation = await attempt();
    const isLocked = operation.failure?.reason === "locked";
    if (isLocked && (await releaseOwnLocks(lock, aws)))
      operation = await attempt();
    const report = readEvents(operation.events, [...host.masked]);
    return { ...operation, report, plan: planOf(command, operation, known) };
  };
  const dry = await dryRun(known, context, (command) => run(command));
  if (dry.stopped !== undefined)
    return { ...nothingThere, ...known, stopped: dry.stopped };
  const reopened = await reopen?.();
  if (reopened !== undefined) refuseAnotherState(reopened, before);
  if (target.command === "up") await prepareLogging(context);
  const ran = await run(target.command, reopened);
  const { failure, outputs: after, report } = ran;
  if (failure === undefined) await forgetStack(opened, context);
  const lockedAt = failure?.reason === "locked" ? opened.lock : undefined;
  const plan = dry.plan ?? ran.plan;
  const done = { ...known, after, report, plan, failure, lockedAt };
  const { gate } = target;
  if (target.command === "load-tokens")
    return { ...done, ...(await runLoad(before, context)) };
  if (target.command !== "up" || gate === undefined) return done;
  const made = {
    gate,
    name: gateName(gate, context),
    outputs: { ...before, ...after },
    changed: report.changes.length > 0,
    failure,
  };
  return { ...done, ...(await finishUp(aws, made, host)) };
}

/** Of an ephemeral gate nothing stays in the backend either. */
async function forgetStack(
  { lock }: Opened,
  { aws, host, target }: AwsContext,
): Promise<void> {
  if (target.command !== "destroy" || !target.removeStack) return;
  await removeBackups(lock, aws).catch((error: unknown) => {
    host.log(
      `Copies of the removed stack's state stay in the backend (${String(error)})`,
    );
  });
}

async function prepareLogging(context: AwsContext): Promise<void> {
  const { account, aws, host, target } = context;
  if (target.gate === undefined) return;
  const done = await ensureLoggingRole(aws, target.gate, account);
  if (done !== undefined) host.log(done);
}

function planOf(
  command: Command,
  { events, failure }: Operation,
  { before, codeTriggers, contents }: Known,
): string | undefined {
  const isPlanned = command === "preview" || command === "up";
  if (!isPlanned || failure !== undefined || contents === undefined)
    return undefined;
  const all = { ...contents, triggers: sortedJson(codeTriggers ?? {}) };
  return sha256(planText({ events, contents: all, before }));
}

async function learn(
  stack: GateStack,
  { account, aws, host, inputs, job, target }: AwsContext,
): Promise<Known> {
  const { region } = target;
  const { outputs: before } = stack;
  if (target.gate === undefined) return { before };
  const { gate: kept, warnings } = await keepKmsKeys(
    target.gate,
    before["kmsKeys"]?.value,
  );
  const gate = withFormerPolicy(kept, readSummary(before["summary"]?.value));
  for (const { where, message } of warnings) host.log(`${where}: ${message}`);
  const name = gateName(gate, { job, target });
  // Only the built-in authorizer knows the proof's credential.
  const proof = inputs.proof && gate.auth.mode === "built-in";
  const contents = await digestContents({ account, gate, proof, host });
  const proofKey = proof ? await proofKeyFrom(stack, host.mask) : undefined;
  return {
    before,
    gate,
    summary: summaryOf(gate, { contents, proofKey }),
    codeTriggers: await codeTriggers(aws, { before, name, region }, host.log),
    contents,
    proofKey,
  };
}

const nothingThere: Execution = {
  before: {},
  after: {},
  report: readEvents([]),
};

/** Nothing has drifted where nothing is: a typo in the stack's name must not look like a gate in order. */
function noSuchGate({ region, stack }: Target): GateFailure {
  const message = `there is no such gate: no stack ${stack} in this state; check \`stack\`, \`region\` (${region}) and \`backend\`, which must be those that the gate was brought up with`;
  return new GateFailure("invalid-input", message);
}

/** The engine only notices an abort that comes while it runs. */
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
function refuseAnotherState({ stack }: Opened, before: OutputMap): void {
  if (isDeepStrictEqual(stack.outputs, before)) return;
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
  unlock: "Unlock",
  "load-tokens": "Load tokens",
};

async function operate(
  { command, remains, stack }: Work,
  known: Known,
  context: AwsContext,
): Promise<Operation> {
  const preview = async () => stack.preview(createGateProgram(known, context));
  switch (command) {
    case "preview":
      return preview();
    case "up":
      return up(stack, preview, known, context);
    case "refresh":
      return (await completeCutShort(stack, context)) ?? stack.refresh();
    case "drift":
      return stack.drift();
    case "destroy": {
      const cut = await completeCutShort(stack, context);
      if (cut !== undefined) return cut;
      const { removeStack } = context.target;
      return remains.length > 0
        ? destroyRemains(stack, remains, removeStack)
        : stack.destroy(removeStack);
    }
    case "output":
    case "load-tokens":
      return { events: [], outputs: stack.outputs };
    case "unlock":
      throw new Error("unlock is no operation of the engine");
  }
}

interface Work {
  readonly stack: GateStack;
  readonly command: Command;
  readonly remains: readonly Adoptable[];
}

async function up(
  stack: GateStack,
  preview: () => Promise<Operation>,
  known: Known,
  context: AwsContext,
): Promise<Operation> {
  const unfit =
    (await completeCutShort(stack, context)) ??
    (await findLostGate(stack, preview, context));
  if (unfit !== undefined) return unfit;
  const work = () => {
    // Decrypted side by side with the operation; where that fails, the program says so.
    known.proofKey?.privateKey().catch(() => undefined);
    return stack.up(createGateProgram(known, context));
  };
  const { policyPacks } = context.target;
  const anew = () => workAnew({ stack, policyPacks, preview, work });
  if (context.readsAnew === true) return anew();
  const first = await work();
  const done = stack.condition.isEmpty
    ? first
    : await answerGone(first, context, anew);
  if (!isInTheWay(done)) return done;
  // With a state that is older than the gate.
  return (await adoptDeclared(stack, preview, context)) ?? work();
}
