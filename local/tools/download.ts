// Downloads release archives and refuses those whose SHA-256 is not the published one.

import { createHash } from "node:crypto";
import { writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { runCommand, lastLine } from "../system/processes.ts";

export interface ReleaseArchive {
  readonly url: string;
  /** A `sha256sum` file that names the archive, published at another place or by the same release. */
  readonly checksumsUrl: string;
}

/** The part of `fetch` that is used here. */
export type Fetch = (
  url: string,
  options: { signal: AbortSignal },
) => Promise<Response>;

/** How long a server may take to begin its answer before it counts as out of reach. */
const answerWithinMs = 5_000;

/**
 * The bytes of an archive whose checksum is right; undefined when it cannot be had (no network, not published).
 * Throws when it was had and its checksum is wrong or unknown: something is amiss, and falling back would hide it.
 */
export async function downloadChecked(
  archive: ReleaseArchive,
  get: Fetch = fetch,
): Promise<Uint8Array | undefined> {
  const checksums = await download(archive.checksumsUrl, get);
  if (checksums === undefined) return undefined;
  const name = basename(new URL(archive.url).pathname);
  const expected = checksumOf(Buffer.from(checksums).toString("utf8"), name);
  if (expected === undefined)
    throw new Error(
      `${archive.checksumsUrl} has no SHA-256 of ${name}: not using that download`,
    );
  const content = await download(archive.url, get);
  if (content === undefined) return undefined;
  const actual = createHash("sha256").update(content).digest("hex");
  if (actual !== expected)
    throw new Error(
      `${archive.url} has SHA-256 ${actual}, published is ${expected}: not using that download`,
    );
  return content;
}

/** Unpacks a .tar.gz into an existing directory, without its outermost `strip` folders. */
export async function unpack(
  content: Uint8Array,
  directory: string,
  strip = 0,
): Promise<void> {
  const file = join(directory, "archive.tar.gz");
  await writeFile(file, content);
  const { code, stderr } = await runCommand({
    file: "/bin/sh",
    arguments: [
      "-c",
      `tar -xzf archive.tar.gz --strip-components=${strip} && rm archive.tar.gz`,
    ],
    env: { PATH: process.env.PATH ?? "" },
    directory,
  });
  if (code !== 0)
    throw new Error(`cannot unpack an archive: ${lastLine(stderr)}`);
}

/** The checksum of one file in the format of `sha256sum`, lower case. */
export function checksumOf(
  checksums: string,
  name: string,
): string | undefined {
  for (const line of checksums.split("\n")) {
    const [sum, file] = line.trim().split(/\s+\*?/);
    if (file === name && sum !== undefined && /^[0-9a-f]{64}$/i.test(sum))
      return sum.toLowerCase();
  }
  return undefined;
}

async function download(
  url: string,
  get: Fetch,
): Promise<Uint8Array | undefined> {
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), answerWithinMs);
  try {
    const response = await get(url, { signal: abort.signal });
    clearTimeout(timer);
    return response.ok
      ? new Uint8Array(await response.arrayBuffer())
      : undefined;
  } catch {
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}
