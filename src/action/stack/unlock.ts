// `command: unlock`: frees a stack from the lock of a run that is over, and from any other when forced to.
import { hostname } from "node:os";
import { createAws } from "../../deploy/aws.ts";
import {
  type Holder,
  readHolders,
  runNote,
  runUrlOf,
  wordHolder,
} from "../../deploy/lock-holders.ts";
import { openLockFolder } from "../../deploy/lock.ts";
import type { StatePlace } from "../../deploy/state-store.ts";
import { GateFailure } from "../../gate/failure.ts";
import type { RunContext } from "../context.ts";
import type { Execution } from "../describe.ts";
import { isEngine } from "./lock-owner.ts";

export interface Unlocking {
  readonly place: StatePlace;
  /** Undefined where there is no such stack: `pulumi cancel` for backends whose locks are not files that can be read here. */
  readonly cancel: () => Promise<GateFailure | undefined>;
}

export type Unlocked = Pick<Execution, "failure" | "unlocked">;

export async function unlock(
  { place, cancel }: Unlocking,
  context: RunContext,
  now = Date.now(),
): Promise<Unlocked> {
  const { host, inputs, job, target } = context;
  const folder = await openLockFolder(place, createAws(job.environment));
  if (folder === undefined) return unlockUnseen({ place, cancel }, context);
  const checked = await Promise.all(
    (await readHolders(folder)).map(async (holder) => {
      const { url, doubt } = await check(holder, context);
      const at = url === undefined ? "" : `, ${url}`;
      return { holder, doubt, text: wordHolder(holder, now) + at };
    }),
  );
  for (const { text } of checked) host.log(`Locked by ${text}`);
  const kept = checked.find(({ doubt }) => doubt !== undefined);
  if (kept?.doubt !== undefined && !inputs.force) {
    const message = `The stack ${target.stack} stays locked by ${kept.text}, for ${kept.doubt}. \`force: true\` unlocks it whoever holds the lock`;
    return { failure: new GateFailure("locked", message) };
  }
  // These and no other: a run may have locked the stack meanwhile.
  for (const { holder } of checked) {
    await folder.remove(holder.name);
    await folder.removeNote(holder.name).catch(() => undefined);
  }
  return { unlocked: checked.map(({ text }) => text) };
}

interface Checked {
  readonly url?: string | undefined;
  /** Why the lock cannot be taken for one of a run that is over. */
  readonly doubt?: string;
}

async function check(
  holder: Holder,
  { askRunStatus, job }: RunContext,
): Promise<Checked> {
  const { lock, run } = holder;
  const own = runNote(job.environment);
  const url = own && runUrlOf(holder, own);
  if (lock?.hostname === hostname() && isEngine(lock.pid))
    return { url, doubt: "its engine still runs on this machine: wait for it" };
  if (run === undefined)
    return {
      doubt: "which run it is was not noted: make sure that it is over",
    };
  if (own === undefined || url === undefined)
    return {
      doubt: `the run ${run.run} is not one of this repository: make sure that it is over`,
    };
  if (own.run === run.run && own.attempt === run.attempt)
    return { url, doubt: "that is this run: make sure that the job is over" };
  const status = await askRunStatus(run);
  if (!status.ok)
    return {
      url,
      doubt: `whether that run is over cannot be found out (${status.reason}): make sure that it is`,
    };
  return status.value === "completed"
    ? { url }
    : { url, doubt: "that run is not over: wait for it, or cancel it" };
}

async function unlockUnseen(
  { place: { backend }, cancel }: Unlocking,
  { inputs, target }: RunContext,
): Promise<Unlocked> {
  const where = /^(gs|azblob):/.test(backend)
    ? `The locks in ${backend.split(":")[0] ?? ""}:// cannot be read here`
    : "A Pulumi service keeps its own locks, which end by themselves minutes after their engine";
  if (!inputs.force) {
    const message = `${where}: make sure that no run is at work, then use \`force: true\`, which runs "pulumi cancel" on the stack ${target.stack}`;
    return { failure: new GateFailure("locked", message) };
  }
  const failure = await cancel();
  return failure ? { failure } : { unlocked: ['"pulumi cancel"'] };
}
