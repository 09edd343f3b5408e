// The lock files of a self-managed backend, as the engine writes them. Pulumi Cloud leases its locks, they end by themselves.
import { readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import type { Aws } from "./aws.ts";

/** Where a stack's locks are. */
export interface LockPlace {
  readonly backend: string;
  readonly project: string;
  readonly stack: string;
  readonly region: string;
}

/** One lock as the engine writes it, with the means to remove it. */
export interface Lock {
  /** Path or key of its file; each engine process makes up one of its own. */
  readonly name: string;
  readonly pid: number;
  readonly hostname: string;
  readonly timestamp: string;
  readonly remove: () => Promise<void>;
}

/** @returns no locks for a backend that keeps them elsewhere. */
export function readLocks(place: LockPlace, aws: Aws): Promise<Lock[]> {
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
