// The engine's own lock: seen while the engine runs, so that the post step can remove that one file when the run is killed.
// Hosted runners share host names: a lock is this run's only if its process was started by this one, and is still there.
import { readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import type { Aws } from "./aws.ts";

export interface LockingOperation extends LockPlace {
  /** ISO time before which its lock was not there. */
  readonly since: string;
}

/** Enough to find the lock of an operation again from another process of the same job. */
export interface HeldLock extends LockPlace {
  readonly name: string;
}

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
  readonly remove: () => Promise<unknown>;
}

interface Watching {
  readonly aws: Aws;
  readonly hostname: string;
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
  // A second for clocks that differ.
  const earliest = Date.parse(since) - 1000;
  const isOwn = (lock: Lock) =>
    lock.hostname === hostname &&
    Date.parse(lock.timestamp) >= earliest &&
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
  for (let waited = 0; waited <= timeout; waited += 1) {
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

/** @returns no locks for Pulumi Cloud, which leases its own for a time, and for other backends. */
async function readLocks(
  { backend, project, region, stack }: LockPlace,
  aws: Aws,
): Promise<Lock[]> {
  const folder = `.pulumi/locks/organization/${project}/${stack}/`;
  if (backend.startsWith("file://"))
    return readFileLocks(path.join(backend.slice("file://".length), folder));
  if (backend.startsWith("s3://"))
    return readBucketLocks(new URL(backend), { folder, region }, aws);
  return [];
}

async function readFileLocks(directory: string): Promise<Lock[]> {
  const names = await readdir(directory).catch(() => []);
  const files = names
    .filter((name) => name.endsWith(".json"))
    .map((name) => path.join(directory, name));
  const locks = await Promise.all(
    files.map(async (file) => {
      // The engine may remove its lock while we look.
      const text = await readFile(file, "utf8").catch(() => "");
      // Its file store keeps a second file beside each.
      const all = [file, `${file}.attrs`];
      return parseLock(file, text, () =>
        Promise.all(all.map((one) => rm(one, { force: true }))),
      );
    }),
  );
  return locks.flat();
}

/** @param backend `s3://bucket/some/prefix?region=…`; one that the user names may be in another region than the gate. */
async function readBucketLocks(
  backend: URL,
  { folder, region }: { readonly folder: string; readonly region: string },
  aws: Aws,
): Promise<Lock[]> {
  const {
    DeleteObjectCommand,
    GetObjectCommand,
    paginateListObjectsV2,
    S3Client,
  } = await import("@aws-sdk/client-s3");
  const home = backend.searchParams.get("region") ?? region;
  const client = new S3Client(aws.config(home));
  const Bucket = backend.hostname;
  const prefix = backend.pathname.split("/").filter((part) => part !== "");
  const Prefix = [...prefix, folder].join("/");
  const locks: Lock[] = [];
  for await (const page of paginateListObjectsV2(
    { client },
    { Bucket, Prefix },
  ))
    for (const { Key = "" } of page.Contents ?? []) {
      if (!Key.endsWith(".json")) continue;
      const text = await client
        .send(new GetObjectCommand({ Bucket, Key }))
        .then(({ Body }) => Body?.transformToString())
        .catch(() => "");
      const remove = () =>
        client.send(new DeleteObjectCommand({ Bucket, Key }));
      locks.push(...parseLock(Key, text ?? "", remove));
    }
  return locks;
}

/** @returns no lock for a file that is gone or half written. */
function parseLock(name: string, text: string, remove: Lock["remove"]): Lock[] {
  try {
    const content = JSON.parse(text) as Omit<Lock, "name" | "remove">;
    return [{ name, ...content, remove }];
  } catch {
    return [];
  }
}
