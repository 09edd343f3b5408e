// Fills the engine's plugin slot: a script with the name of the real plugin that starts the stand-in.
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { cacheRoot } from "../system/cache.ts";

const PLUGIN = "pulumi-resource-aws";

/**
 * Writes the executable `pulumi-resource-aws` into a directory that exists and returns its path.
 * `nodePath` is a Node 24 binary: the sources run as TypeScript.
 */
export async function writePluginLauncher(
  directory: string,
  nodePath: string,
): Promise<string> {
  const file = path.join(directory, PLUGIN);
  const main = path.join(import.meta.dirname, "main.ts");
  await writeLauncher(file, { nodePath, main });
  return file;
}

/** Writes a script that starts a TypeScript program, which is compiled once: an engine starts it for each of its operations. */
export const writeLauncher = (
  file: string,
  { nodePath, main }: { readonly nodePath: string; readonly main: string },
): Promise<void> =>
  writeFile(
    file,
    `#!/bin/sh
export NODE_COMPILE_CACHE=${quoted(path.join(cacheRoot(), "compiled"))}
exec ${quoted(nodePath)} ${quoted(main)} "$@"
`,
    { mode: 0o755 },
  );

/** A text as one word of a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
