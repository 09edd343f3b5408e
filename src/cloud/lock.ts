// The engine's lock files in a self-managed backend. A run that was killed leaves its lock behind; the post step takes away
// that one file. Pulumi Cloud leases its locks, they end by themselves.
import { readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import type { Aws } from "./aws.ts";

/** An operation under way: enough to find its lock again from another process of the same job. */
export interface OperationMark {
  readonly backend: string;
  readonly project: string;
  readonly stack: string;
  readonly region: string;
  /** ISO time at which the operation started. */
  readonly since: string;
}

/** One lock as the engine writes it, with the means to remove it. */
interface Lock {
  readonly name: string;
  readonly pid: number;
  readonly hostname: string;
  readonly timestamp: string;
  readonly remove: () => Promise<void>;
}

export interface Host {
  readonly hostname: string;
  /** Whether a process of this machine is still there. */
  readonly alive: (pid: number) => boolean;
  readonly sleep: (milliseconds: number) => Promise<void>;
  readonly log: (line: string) => void;
}

/**
 * Releases the lock that this run's engine holds and no other: made on this machine, since the operation began, by a process
 * that has ended. An engine that still lives is finishing the call in flight; it is waited for, up to `patience` seconds.
 * @returns the number of locks removed.
 */
export async function releaseOwnLock(
  mark: OperationMark,
  aws: Aws,
  host: Host,
  patience = 240,
): Promise<number> {
  const own = (lock: Lock) =>
    lock.hostname === host.hostname &&
    Date.parse(lock.timestamp) >= Date.parse(mark.since) - 1000;
  for (let waited = 0; ; waited += 1) {
    const locks = (await readLocks(mark, aws)).filter(own);
    const living = locks.filter(({ pid }) => host.alive(pid));
    if (living.length === 0 || waited >= patience) {
      const dead = locks.filter((lock) => !living.includes(lock));
      for (const lock of dead) await lock.remove();
      return dead.length;
    }
    if (waited === 0)
      host.log(
        "The engine of the cancelled run is still finishing its last call; waiting for it",
      );
    await host.sleep(1000);
  }
}

function readLocks(mark: OperationMark, aws: Aws): Promise<Lock[]> {
  const folder = `.pulumi/locks/organization/${mark.project}/${mark.stack}/`;
  if (mark.backend.startsWith("file://"))
    return readFileLocks(
      path.join(mark.backend.slice("file://".length), folder),
    );
  if (mark.backend.startsWith("s3://"))
    return readBucketLocks(mark, folder, aws);
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
  { backend, region }: OperationMark,
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
        await s3("DELETE", key);
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
