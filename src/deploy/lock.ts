// The engine's own lock: seen while the engine runs, so that the post step can take away that one file when the run is killed.
// Hosted runners share host names, so only the process that holds a lock tells whose it is, and only while it lives.
import { readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import type { Aws } from "./aws.ts";

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

// The lock files of a self-managed backend, as the engine writes them. Pulumi Cloud leases its locks, they end by themselves.

/** Where a stack's locks are. */
interface LockPlace {
  readonly backend: string;
  readonly project: string;
  readonly stack: string;
  readonly region: string;
}

/** One lock as the engine writes it, with the means to remove it. */
interface Lock {
  /** Path or key of its file; each engine process makes up one of its own. */
  readonly name: string;
  readonly pid: number;
  readonly hostname: string;
  readonly timestamp: string;
  readonly remove: () => Promise<void>;
}

/** @returns no locks for a backend that keeps them elsewhere. */
function readLocks(place: LockPlace, aws: Aws): Promise<Lock[]> {
  const folder = `.pulumi/locks/organization/${place.project}/${place.stack}/`;
  if (place.backend.startsWith("file://"))
    return readFileLocks(
      path.join(place.backend.slice("file://".length), folder),
    );
  if (place.backend.startsWith("s3://"))
    return readBucketLocks(place, folder, aws);
  return Promise.resolve([]);
}

async function readFileLocks(directory: string): Promise<Lock[]> {
  const names = await readdir(directory).catch(() => []);
  const files = names
    .filter((name) => name.endsWith(".json"))
    .map((name) => path.join(directory, name));
  const locks = await Promise.all(
    files.map(async (file) => {
      // The engine may take its lock away while we look.
      const text = await readFile(file, "utf8").catch(() => "");
      return parseLock(file, text, async () => {
        // The engine's file store keeps a second file beside each.
        for (const one of [file, `${file}.attrs`])
          await rm(one, { force: true });
      });
    }),
  );
  return locks.flat();
}

async function readBucketLocks(
  { backend, region }: LockPlace,
  folder: string,
  aws: Aws,
): Promise<Lock[]> {
  const [bucket, prefix] = splitBucket(backend);
  // A backend that the user names may be in another region than the gate.
  const home = new URL(backend).searchParams.get("region") ?? region;
  const s3 = (method: "GET" | "DELETE", target: string) =>
    aws({ service: "s3", region: home, method, path: `/${bucket}${target}` });
  const listed = await s3(
    "GET",
    `?list-type=2&prefix=${encodeURIComponent(prefix + folder)}`,
  );
  if (listed.status !== 200) throw new Error(`S3 answered ${listed.errorCode}`);
  const keys = [...listed.body.matchAll(/<Key>([^<]+\.json)<\/Key>/g)].map(
    ([, key = ""]) => `/${key}`,
  );
  const locks = await Promise.all(
    keys.map(async (key) => {
      const { status, body } = await s3("GET", key);
      return parseLock(key, status === 200 ? body : "", async () => {
        const { status, errorCode } = await s3("DELETE", key);
        if (status >= 300) throw new Error(`S3 answered ${errorCode}`);
      });
    }),
  );
  return locks.flat();
}

/** `s3://bucket/some/prefix?region=…` → bucket and `some/prefix/`. */
function splitBucket(backend: string): [string, string] {
  const [location = ""] = backend.slice("s3://".length).split("?");
  const [bucket = "", ...rest] = location.split("/");
  const prefix = rest.filter((part) => part !== "").join("/");
  return [bucket, prefix === "" ? "" : `${prefix}/`];
}

/** @returns no lock for a file that is gone or half written. */
function parseLock(
  name: string,
  text: string,
  remove: () => Promise<void>,
): Lock[] {
  try {
    const content = JSON.parse(text) as Omit<Lock, "name" | "remove">;
    return [{ name, ...content, remove }];
  } catch {
    return [];
  }
}
