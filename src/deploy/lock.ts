// The engine's own locks: a file each, in a folder of the stack, where the state is files. Which run holds them is noted while the
// engine runs, outside of that folder (every file in it counts as a lock), and a lock that its engine left is removed.
// Hosted runners share host names: a lock is this run's only if it is of a process that this run started.
import path from "node:path";
import type { Aws } from "./aws.ts";
import { openStateFiles, type StatePlace } from "./state-store.ts";

export interface Lock {
  /** Path or key of its file; each engine process makes up one of its own. */
  readonly name: string;
  readonly pid: number;
  readonly username?: string;
  readonly hostname: string;
  readonly timestamp: string;
}

export interface LockFolder {
  readonly list: () => Promise<readonly string[]>;
  readonly read: (name: string) => Promise<string>;
  readonly remove: (name: string) => Promise<unknown>;
  /** The text of the note beside a lock. @throws where there is none. */
  readonly readNote: (lock: string) => Promise<string>;
  readonly writeNote: (lock: string, text: string) => Promise<unknown>;
  readonly removeNote: (lock: string) => Promise<unknown>;
}

/** @returns undefined for Pulumi Cloud, which leases its own locks for a time, and for other backends. */
export async function openLockFolder(
  place: StatePlace,
  aws: Aws,
): Promise<LockFolder | undefined> {
  const { project, stack } = place;
  const opened = await openStateFiles(place, aws);
  if (opened === undefined) return undefined;
  const { root, store } = opened;
  const folder = `${root}locks/organization/${project}/${stack}/`;
  const notes = `${root}ai-gate/${project}/${stack}/`;
  const noteOf = (lock: string) => notes + path.posix.basename(lock);
  return {
    list: () => store.list(folder),
    read: store.read,
    remove: store.remove,
    readNote: (lock) => store.read(noteOf(lock)),
    writeNote: (lock, text) => store.write(noteOf(lock), text),
    removeNote: (lock) => store.remove(noteOf(lock)),
  };
}

/** Without those that cannot be read: the engine removed its lock meanwhile, or has written half of it. */
async function readLocks(folder: LockFolder): Promise<Lock[]> {
  const locks = await Promise.all(
    (await listLocks(folder)).map((name) => readLock(folder, name)),
  );
  return locks.filter((lock) => lock !== undefined);
}

export const listLocks = async ({ list }: LockFolder): Promise<string[]> =>
  (await list()).filter((name) => name.endsWith(".json"));

export async function readLock(
  { read }: LockFolder,
  name: string,
): Promise<Lock | undefined> {
  try {
    return { ...(JSON.parse(await read(name)) as Lock), name };
  } catch {
    return undefined;
  }
}

/** What one run has started on a stack: enough to find its locks from another process of the same job. */
export interface StartedEngines extends StatePlace {
  /** ISO time before which their locks were not there. */
  readonly since: string;
  /** Process ids. */
  readonly engines: readonly number[];
}

/** Of the clock, in milliseconds. */
const tolerance = 1000;

const isOwn =
  ({ engines, since }: StartedEngines, hostname: string) =>
  (lock: Lock): boolean =>
    lock.hostname === hostname &&
    Date.parse(lock.timestamp) >= Date.parse(since) - tolerance &&
    engines.includes(lock.pid);

/** A process that this run started, from its start to its end, in milliseconds of the clock. */
export interface Life {
  readonly pid: number;
  readonly from: number;
  readonly to: number;
}

/**
 * Removes the locks that processes of this run left though they ended well: an engine that may not remove its lock does. Another
 * machine may have the same name and process ids, so a lock is theirs only if it was taken while they ran.
 * @returns whether there was one
 * @throws GateFailure where it cannot be removed now either
 */
export async function removeLeftLocks(
  place: StatePlace,
  aws: Aws,
  { hostname, lives }: { hostname: string; lives: readonly Life[] },
): Promise<boolean> {
  const folder = await openLockFolder(place, aws);
  if (folder === undefined) return false;
  const left = (await readLocks(folder)).filter((lock) => {
    const at = Date.parse(lock.timestamp);
    return (
      lock.hostname === hostname &&
      lives.some(
        ({ from, pid, to }) =>
          pid === lock.pid && at >= from - tolerance && at <= to + tolerance,
      )
    );
  });
  for (const { name } of left) await folder.remove(name);
  return left.length > 0;
}

interface Watching {
  readonly aws: Aws;
  readonly hostname: string;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly ended: AbortSignal;
  /** Who holds them, for `unlock`: the engine only writes down process, user and host. */
  readonly note: string;
}

/**
 * Notes beside each lock whose it is, for as long as the operation runs: one command may take several, one after the other, as an
 * `up` that reads everything anew does. Never throws: a note that may not be written is one that `unlock` cannot read; it says so.
 * @param started at any time, since engines are started as it runs.
 */
export async function noteOwnLocks(
  started: () => StartedEngines,
  { aws, ended, hostname, note, sleep }: Watching,
): Promise<void> {
  const folder = await openLockFolder(started(), aws).catch(() => undefined);
  if (folder === undefined) return;
  const noted = new Set<string>();
  const isOver = () => ended.aborted;
  while (!isOver()) {
    const locks = await readLocks(folder).catch(() => []);
    const name = locks.find(isOwn(started(), hostname))?.name;
    if (name !== undefined && !noted.has(name) && !isOver()) {
      noted.add(name);
      await folder.writeNote(name, note).catch(() => undefined);
    }
    await sleep(500);
  }
  for (const name of noted)
    await folder.removeNote(name).catch(() => undefined);
}

export interface Releasing {
  readonly hostname: string;
  readonly alive: (pid: number) => boolean;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly log: (line: string) => void;
}

/**
 * Removes the locks that these engines left, once all have ended or the time is over. A running engine finishes its call and
 * releases its lock by itself; one that was just started may not have taken it yet.
 * @param timeout seconds to wait for the engines.
 * @returns whether there was something to remove.
 */
export async function releaseLocks(
  started: StartedEngines,
  aws: Aws,
  host: Releasing,
  timeout = 240,
): Promise<boolean> {
  const folder = await openLockFolder(started, aws);
  if (folder === undefined) return false;
  for (let waited = 0; started.engines.some(host.alive); waited += 1) {
    if (waited === 0)
      host.log(
        "The engine of the cancelled run is still finishing its last call; waiting for it",
      );
    if (waited > timeout) {
      host.log(
        `The engine of the cancelled run has not ended within ${timeout} seconds: it keeps its lock until it does`,
      );
      break;
    }
    await host.sleep(1000);
  }
  const left = (await readLocks(folder))
    .filter(isOwn(started, host.hostname))
    .filter(({ pid }) => !host.alive(pid));
  for (const { name } of left) {
    await folder.remove(name);
    await folder.removeNote(name).catch(() => undefined);
  }
  return left.length > 0;
}
