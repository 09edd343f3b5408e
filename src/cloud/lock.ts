// The engine's own lock: seen while the engine runs, so that the post step can take away that one file when the run is killed.
// Hosted runners share host names, so only the process that holds a lock tells whose it is, and only while it lives.
import type { Aws } from "./aws.ts";
import { type Lock, type LockPlace, readLocks } from "./lock-files.ts";

/** An operation that takes the stack's lock. */
export interface LockingOperation extends LockPlace {
  /** ISO time before which its lock was not there. */
  readonly since: string;
}

/** The lock of an operation under way: enough to find it again from another process of the same job. */
export interface HeldLock extends LockPlace {
  readonly name: string;
}

interface Watching {
  readonly aws: Aws;
  readonly hostname: string;
  /** Whether a living process was started by this one. */
  readonly isOurs: (pid: number) => boolean;
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** Aborted when the operation has ended. */
  readonly ended: AbortSignal;
  /** Goes on when the lock was seen: a destroy that removes the stack takes a second one. */
  readonly several: boolean;
}

/** Tells of the lock once it is there. Never throws: without it, a run that is killed leaves its lock, as any engine does. */
export async function watchOwnLock(
  { since, ...place }: LockingOperation,
  { aws, ended, hostname, isOurs, several, sleep }: Watching,
  seen: (held: HeldLock) => void,
): Promise<void> {
  if (!/^(file|s3):/.test(place.backend)) return;
  const isOwn = (lock: Lock) =>
    lock.hostname === hostname &&
    // The clock's tolerance.
    Date.parse(lock.timestamp) >= Date.parse(since) - 1000 &&
    isOurs(lock.pid);
  const isOver = () => ended.aborted;
  let last = "";
  while (!isOver()) {
    const locks = await readLocks(place, aws).catch(() => []);
    const name = locks.find(isOwn)?.name ?? last;
    if (name !== last && !isOver()) seen({ ...place, name });
    last = name;
    if (last !== "" && !several) return;
    await sleep(500);
  }
}

export interface Releasing {
  /** Whether a process of this machine is still there. */
  readonly alive: (pid: number) => boolean;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly log: (line: string) => void;
}

/**
 * Removes this one lock once its engine has ended. An engine that still lives is finishing the call in flight and lets the lock
 * go by itself; it is waited for, up to `patience` seconds.
 * @returns whether there was something to remove.
 */
export async function releaseLock(
  held: HeldLock,
  aws: Aws,
  host: Releasing,
  patience = 240,
): Promise<boolean> {
  for (let waited = 0; waited <= patience; waited += 1) {
    const locks = await readLocks(held, aws);
    const lock = locks.find(({ name }) => name === held.name);
    if (lock === undefined) return false;
    if (!host.alive(lock.pid)) {
      await lock.remove();
      return true;
    }
    if (waited === 0)
      host.log(
        "The engine of the cancelled run is still finishing its last call; waiting for it",
      );
    await host.sleep(1000);
  }
  return false;
}
