// The file that the engine keeps beside each file of a state in a directory, with its type and hash.
import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import type { LockPlace } from "./lock-folder.ts";

/**
 * The engine replaces a state at once, but writes this file in place: killed over it, it leaves one that is empty, and then refuses
 * to read the state, which is whole ("failed to load checkpoint: EOF"). Without the file it reads it.
 * @returns whether there was such a one; it is removed.
 */
export async function removeCutAttributes({
  backend,
  project,
  stack,
}: Pick<LockPlace, "backend" | "project" | "stack">): Promise<boolean> {
  if (!backend.startsWith("file://")) return false;
  const file = path.join(
    backend.slice("file://".length),
    `.pulumi/stacks/${project}/${stack}.json.attrs`,
  );
  if (await isWhole(file)) return false;
  // Where it may not be removed, what the engine says is the better answer.
  return rm(file, { force: true }).then(
    () => true,
    () => false,
  );
}

async function isWhole(file: string): Promise<boolean> {
  const text = await readFile(file, "utf8").catch(() => "{}");
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
