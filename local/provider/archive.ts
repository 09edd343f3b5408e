// Code archives of a program (AssetArchive, FileArchive, StringAsset, FileAsset) as the ZIP bytes that Lambda takes.
import { zipSync } from "fflate";
import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import {
  ARCHIVE,
  ASSET,
  isMap,
  isSigned,
  SIGNATURE,
  textOf,
  type Value,
} from "./values.ts";

/** The ZIP of an archive value. Throws on remote assets, on tarballs and on files that are not there. */
export async function zipOf(archive: Value | undefined): Promise<Buffer> {
  if (!isSigned(archive) || archive[SIGNATURE] !== ARCHIVE)
    throw new Error("code must be an archive");
  const file = textOf(archive, "path");
  if (file.endsWith(".zip")) return readFile(file);
  return zip(new Map(await filesOf(archive, "")));
}

/** The content hash that the Pulumi SDK gave an asset or archive. */
export function signedHash(value: Value | undefined): string {
  return isSigned(value) ? textOf(value, "hash") : "";
}

type File = [name: string, content: Buffer];

async function filesOf(
  value: Value | undefined,
  name: string,
): Promise<File[]> {
  if (!isSigned(value))
    throw new Error(`${name} is neither an asset nor an archive`);
  if (textOf(value, "uri") !== "")
    throw new Error(`${name || "code"}: remote assets are not supported`);
  if (value[SIGNATURE] === ASSET) return [[name, await assetContent(value)]];
  const assets = value["assets"];
  if (isMap(assets)) {
    const nested = Object.keys(assets).map((key) =>
      filesOf(assets[key], path.posix.join(name, key)),
    );
    return (await Promise.all(nested)).flat();
  }
  return directoryFiles(textOf(value, "path"), name);
}

async function assetContent(
  asset: Readonly<Record<string, Value>>,
): Promise<Buffer> {
  const file = textOf(asset, "path");
  return file === "" ? Buffer.from(textOf(asset, "text")) : readFile(file);
}

async function directoryFiles(
  directory: string,
  name: string,
): Promise<File[]> {
  if (!(await stat(directory)).isDirectory())
    throw new Error(
      `${directory}: only directories and .zip files can be archives`,
    );
  const entries = await readdir(directory, {
    recursive: true,
    withFileTypes: true,
  });
  const files = entries.filter((entry) => !entry.isDirectory());
  return Promise.all(
    files.map(async (entry): Promise<File> => {
      const file = path.join(entry.parentPath, entry.name);
      const relative = path.relative(directory, file).split(path.sep).join("/");
      return [path.posix.join(name, relative), await readFile(file)];
    }),
  );
}

/**
 * A ZIP whose bytes depend on names and contents only, since AWS compares code by hash.
 * @param files by path with `/`
 */
export function zip(files: ReadonlyMap<string, Uint8Array>): Buffer {
  const sorted = [...files].toSorted(([a], [b]) => (a < b ? -1 : 1));
  const bytes = zipSync(Object.fromEntries(sorted), {
    // The oldest time that the format can say; it has no time zone.
    mtime: new Date(1980, 0, 1),
    // A regular file (Unix) that everybody may read; Lambda refuses code that its own user cannot read.
    os: 3,
    attrs: 0o100644 << 16,
  });
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
