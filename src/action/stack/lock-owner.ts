// Notes for the post step which lock the engine holds, as long as an operation that takes one is under way.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Aws } from "../../deploy/aws.ts";
import {
  type HeldLock,
  type LockingOperation,
  releaseLock,
  watchOwnLock,
} from "../../deploy/lock.ts";
import type { Host } from "../host.ts";
import type { Target } from "../job.ts";

/** The engine's previews, of a refresh too, take no lock on a self-managed backend. */
const locking: readonly string[] = ["up", "refresh", "destroy"];

/** Does the work of one command, and leaves no note however it ends. */
export async function recordingLock<
  Result extends { readonly failure?: unknown },
>(
  operation: LockingOperation,
  command: Target["command"],
  {
    aws,
    host,
    note,
  }: {
    readonly aws: Aws;
    readonly host: Pick<Host, "saveLock">;
    /** Which run holds the lock, for `unlock`; see `runNote`. */
    readonly note?: string | undefined;
  },
  work: () => Promise<Result>,
): Promise<Result> {
  if (!locking.includes(command)) return work();
  const ended = new AbortController();
  let held: HeldLock | undefined;
  const watched = watchOwnLock(
    operation,
    {
      aws,
      hostname: hostname(),
      isOurs,
      sleep: (milliseconds) =>
        sleep(milliseconds, undefined, { signal: ended.signal }).catch(
          () => undefined,
        ),
      ended: ended.signal,
      note,
    },
    (lock) => {
      held = lock;
      host.saveLock(lock);
    },
  );
  let isClean = false;
  try {
    const result = await work();
    isClean = result.failure === undefined;
    return result;
  } finally {
    ended.abort();
    // An engine that was killed alone leaves its lock, and no post step looks for one of a run that reported itself.
    if (!isClean && held !== undefined) await releaseLeft(held, aws);
    host.saveLock(undefined);
    // The note goes with the lock, but a state that does not answer holds nothing up.
    await Promise.race([watched, sleep(2000, undefined, { ref: false })]);
  }
}

const releaseLeft = (held: HeldLock, aws: Aws): Promise<unknown> =>
  releaseLock(
    held,
    aws,
    { alive: isRunning, sleep, log: () => undefined },
    5,
  ).catch(() => undefined);

export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, as another user's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Whether a living process is an engine: host names are shared among hosted runners, and process ids are used again. */
export function isEngine(pid: number): boolean {
  if (process.platform !== "linux") return isRunning(pid);
  try {
    return isLivingEngine(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
}

/** @param stat as proc(5) has it. One that ended is there until its parent asks for it, which in a container may be never. */
export const isLivingEngine = (stat: string): boolean =>
  /^\d+ \(pulumi.*\) [^ZXx] /.test(stat);

/** Whether a living process was started by this one, or by one that was. False where the system cannot be asked (Windows). */
export function isOurs(pid: number): boolean {
  let at: number | undefined = pid;
  // Process ids are not negative, and the first process has no parent but 0.
  while (at !== undefined && at > 1) {
    at = parentOf(at);
    if (at === process.pid) return true;
  }
  return false;
}

function parentOf(pid: number): number | undefined {
  try {
    const parent = process.platform === "linux" ? fromProc(pid) : fromPs(pid);
    return Number.isInteger(parent) ? parent : undefined;
  } catch {
    return undefined;
  }
}

/** `pid (name) state ppid …`; the name may hold anything, also parentheses. */
function fromProc(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

const fromPs = (pid: number): number =>
  Number(
    execFileSync("/bin/ps", ["-o", "ppid=", "-p", String(pid)], {
      encoding: "utf8",
      env: {},
      stdio: ["ignore", "pipe", "ignore"],
    }),
  );
