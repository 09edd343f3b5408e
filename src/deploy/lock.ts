// The engine's own lock: seen while the engine runs, so that the post step can remove that one file when the run is killed.
// Hosted runners share host names: a lock is this run's only if its process was started by this one, and is still there.
import type { Aws } from "./aws.ts";
import {
  type Lock,
  type LockPlace,
  openLockFolder,
  readLocks,
} from "./lock-folder.ts";

export interface LockingOperation extends LockPlace {
  /** ISO time before which its lock was not there. */
  readonly since: string;
}

/** Enough to find the lock of an operation again from another process of the same job. */
export interface HeldLock extends LockPlace {
  readonly name: string;
}

interface Watching {
  readonly aws: Aws;
  readonly hostname: string;
  readonly isOurs: (pid: number) => boolean;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly ended: AbortSignal;
  /** Who holds it, for `unlock`: the engine only writes down process, user and host. Undefined outside GitHub. */
  readonly note?: string | undefined;
}

/**
 * Reports each lock once it is there: one command may take several, one after the other, as an `up` that reads everything anew does. Never throws: without it, a run that is killed leaves its lock, as any engine does.
 */
export async function watchOwnLock(
  { since, ...place }: LockingOperation,
  { aws, ended, hostname, isOurs, note, sleep }: Watching,
  seen: (held: HeldLock) => void,
): Promise<void> {
  const folder = await openLockFolder(place, aws).catch(() => undefined);
  if (folder === undefined) return;
  const earliest = Date.parse(since) - 1000;
  const isOwn = (lock: Lock) =>
    lock.hostname === hostname &&
    Date.parse(lock.timestamp) >= earliest &&
    isOurs(lock.pid);
  const isOver = () => ended.aborted;
  const noted: string[] = [];
  while (!isOver()) {
    const locks = await readLocks(folder).catch(() => []);
    const name = locks.find(isOwn)?.name ?? noted.at(-1);
    if (name !== undefined && name !== noted.at(-1) && !isOver()) {
      noted.push(name);
      seen({ ...place, name });
      // A note that may not be written is one that `unlock` cannot read: it says so.
      if (note !== undefined)
        await folder.writeNote(name, note).catch(() => undefined);
    }
    await sleep(500);
  }
  if (note === undefined || noted.length === 0) return;
  for (const name of noted)
    await folder.removeNote(name).catch(() => undefined);
}

export interface Releasing {
  readonly alive: (pid: number) => boolean;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly log: (line: string) => void;
}

/**
 * Removes this one lock once its engine has ended. A running engine finishes its call and releases the lock by itself.
 * @param timeout seconds to wait for the engine.
 * @returns whether there was something to remove.
 */
export async function releaseLock(
  held: HeldLock,
  aws: Aws,
  host: Releasing,
  timeout = 240,
): Promise<boolean> {
  const folder = await openLockFolder(held, aws);
  if (folder === undefined) return false;
  for (let waited = 0; waited <= timeout; waited += 1) {
    const locks = await readLocks(folder);
    const lock = locks.find(({ name }) => name === held.name);
    if (lock === undefined) return false;
    if (!host.alive(lock.pid)) {
      await folder.remove(lock.name);
      await folder.removeNote(lock.name).catch(() => undefined);
      return true;
    }
    if (waited === 0)
      host.log(
        "The engine of the cancelled run is still finishing its last call; waiting for it",
      );
    await host.sleep(1000);
  }
  host.log(
    `The engine of the cancelled run has not ended within ${timeout} seconds: it keeps its lock until it does`,
  );
  return false;
}
