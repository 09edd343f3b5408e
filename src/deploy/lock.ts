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

interface Lock {
  /** Path or key of its file; each engine process makes up one of its own. */
  readonly name: string;
  readonly pid: number;
  readonly hostname: string;
  readonly timestamp: string;
}

interface LockFolder {
  readonly list: () => Promise<readonly string[]>;
  readonly read: (name: string) => Promise<string>;
  readonly remove: (name: string) => Promise<unknown>;
}

interface Watching {
  readonly aws: Aws;
  readonly hostname: string;
  readonly isOurs: (pid: number) => boolean;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly ended: AbortSignal;
  /** Whether to go on after the first lock: a destroy that removes the stack takes a second one. */
  readonly several: boolean;
}

/** Reports the lock once it is there. Never throws: without it, a run that is killed leaves its lock, as any engine does. */
export async function watchOwnLock(
  { since, ...place }: LockingOperation,
  { aws, ended, hostname, isOurs, several, sleep }: Watching,
  seen: (held: HeldLock) => void,
): Promise<void> {
  const folder = await openFolder(place, aws).catch(() => undefined);
  if (folder === undefined) return;
  const earliest = Date.parse(since) - 1000;
  const isOwn = (lock: Lock) =>
    lock.hostname === hostname &&
    Date.parse(lock.timestamp) >= earliest &&
    isOurs(lock.pid);
  const isOver = () => ended.aborted;
  let last = "";
  while (!isOver()) {
    const locks = await readLocks(folder).catch(() => []);
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
  const folder = await openFolder(held, aws);
  if (folder === undefined) return false;
  for (let waited = 0; waited <= timeout; waited += 1) {
    const locks = await readLocks(folder);
    const lock = locks.find(({ name }) => name === held.name);
    if (lock === undefined) return false;
    if (!host.alive(lock.pid)) {
      await folder.remove(lock.name);
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

async function readLocks({ list, read }: LockFolder): Promise<Lock[]> {
  const names = (await list()).filter((name) => name.endsWith(".json"));
  const locks = await Promise.all(
    names.map(async (name) => {
      try {
        return [{ ...(JSON.parse(await read(name)) as Lock), name }];
      } catch {
        // The engine removed its lock meanwhile, or has written half of it.
        return [];
      }
    }),
  );
  return locks.flat();
}

/** @returns undefined for Pulumi Cloud, which leases its own locks for a time, and for other backends. */
async function openFolder(
  { backend, project, region, stack }: LockPlace,
  aws: Aws,
): Promise<LockFolder | undefined> {
  const folder = `.pulumi/locks/organization/${project}/${stack}/`;
  if (backend.startsWith("file://"))
    return openDirectory(path.join(backend.slice("file://".length), folder));
  if (!backend.startsWith("s3://")) return undefined;
  // `s3://bucket/some/prefix?region=…`; one that the user names may be in another region than the gate.
  const { hostname, pathname, searchParams } = new URL(backend);
  const {
    DeleteObjectCommand,
    GetObjectCommand,
    ListObjectsV2Command,
    S3Client,
  } = await import("@aws-sdk/client-s3");
  const client = new S3Client(aws.config(searchParams.get("region") ?? region));
  const Bucket = hostname;
  const prefix = pathname.split("/").filter((part) => part !== "");
  const Prefix = [...prefix, folder].join("/");
  return {
    list: async () => {
      const command = new ListObjectsV2Command({ Bucket, Prefix });
      const { Contents = [] } = await client.send(command);
      return Contents.flatMap(({ Key }) => Key ?? []);
    },
    read: async (Key) => {
      const { Body } = await client.send(new GetObjectCommand({ Bucket, Key }));
      return (await Body?.transformToString()) ?? "";
    },
    remove: (Key) => client.send(new DeleteObjectCommand({ Bucket, Key })),
  };
}

const openDirectory = (directory: string): LockFolder => ({
  list: async () => {
    const names = await readdir(directory).catch(() => []);
    return names.map((name) => path.join(directory, name));
  },
  read: (file) => readFile(file, "utf8"),
  remove: async (file) => {
    await rm(file, { force: true });
    // The engine's file store keeps a second file beside each.
    await rm(`${file}.attrs`, { force: true });
  },
});
