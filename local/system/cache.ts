// Things that take long to make are made once and kept outside the work tree, by the content of what they are made from.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import {
  mkdir,
  readFile,
  readdir,
  rename,
  rm,
  stat,
  utimes,
  writeFile,
} from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { longStep, type Progress } from "./progress.ts";

export interface Recipe {
  /** What it is, as a folder name: `engine`, `act`, … */
  readonly name: string;
  /** Everything the result depends on; another key is another result. */
  readonly key: string;
  /** Said when it must be made: "building the Pulumi engine from source (about 6 minutes the first time)". */
  readonly message: string;
  /** Makes it in an empty directory, which is then moved to its final place: no absolute paths into it. */
  make(directory: string): Promise<void>;
}

/** `${XDG_CACHE_HOME:-$HOME/.cache}/ai-gate-action`. */
export function cacheRoot(env: NodeJS.ProcessEnv = process.env): string {
  return join(
    env.XDG_CACHE_HOME ?? join(env.HOME ?? homedir(), ".cache"),
    "ai-gate-action",
  );
}

/** A short name for any content, for use in a key. */
export function contentKey(...parts: readonly string[]): string {
  return createHash("sha256")
    .update(parts.join("\0"))
    .digest("hex")
    .slice(0, 16);
}

/** Where a finished recipe is, or undefined when it has not been made yet. */
export function cached(
  recipe: Pick<Recipe, "name" | "key">,
  root: string = cacheRoot(),
): string | undefined {
  const place = join(root, recipe.name, recipe.key);
  return existsSync(place) ? place : undefined;
}

/**
 * The directory a recipe made, now or earlier. Several processes may ask at once: one makes it, the others wait. An
 * interrupted attempt leaves nothing that counts. Rejects as `make` does.
 */
export async function madeOnce(
  recipe: Recipe,
  progress: Progress,
  root: string = cacheRoot(),
): Promise<string> {
  const place = join(root, recipe.name, recipe.key);
  await mkdir(join(root, recipe.name), { recursive: true });
  if (existsSync(place)) return place;
  const unlock = await lock(`${place}.lock`, () =>
    progress.line(`waiting for another process: ${recipe.message}`),
  );
  try {
    if (!existsSync(place))
      await longStep(progress, recipe.message, () =>
        makeInPlace(recipe, place),
      );
    return place;
  } finally {
    await unlock();
  }
}

async function makeInPlace(recipe: Recipe, place: string): Promise<void> {
  await removeAbandoned(join(place, ".."), `${recipe.key}.making-`);
  const directory = `${place}.making-${process.pid}`;
  await rm(directory, { recursive: true, force: true });
  await mkdir(directory);
  try {
    await recipe.make(directory);
    await rename(directory, place);
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

async function removeAbandoned(parent: string, prefix: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (
      !name.startsWith(prefix) ||
      isRunning(Number(name.slice(prefix.length)))
    )
      continue;
    await rm(join(parent, name), { recursive: true, force: true });
  }
}

// A lock whose owner is dead, or has not touched it for a while, is taken over. Should two processes take it over at
// once, both make the thing, each in its own directory, and the second rename fails: wasted time, never a wrong result.
async function lock(
  file: string,
  onWait: () => void,
): Promise<() => Promise<void>> {
  for (let waited = 0; !(await acquire(file)); waited += 1) {
    if (waited === 1) onWait();
    if (await abandoned(file)) await rm(file, { force: true });
    else await sleep(250);
  }
  const touch = setInterval(() => {
    utimes(file, new Date(), new Date()).catch(() => undefined);
  }, 5_000);
  return async () => {
    clearInterval(touch);
    await rm(file, { force: true });
  };
}

async function acquire(file: string): Promise<boolean> {
  try {
    await writeFile(file, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

async function abandoned(file: string): Promise<boolean> {
  try {
    const [owner, { mtimeMs }] = await Promise.all([
      readFile(file, "utf8"),
      stat(file),
    ]);
    // An owner that has created the file but not written its number yet gets the time to do so.
    return (
      (owner !== "" && !isRunning(Number(owner))) ||
      Date.now() - mtimeMs > 30_000
    );
  } catch {
    return false;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
