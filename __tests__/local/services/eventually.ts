// Waiting in tests: for a condition, with an end.

import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** Resolves with the first value that is not undefined or false; rejects when there is none for 20 seconds. */
export async function eventually<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
): Promise<T> {
  for (let tries = 0; tries < 400; tries += 1) {
    const value = await look();
    if (value !== undefined && value !== false) return value;
    await sleep(50);
  }
  throw new Error("waited in vain");
}

/** Whether a process is there; one that has ended but was not collected by its parent counts as gone. */
export async function alive(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  try {
    return !/^State:\s+Z/m.test(await readFile(`/proc/${pid}/status`, "utf8"));
  } catch {
    return process.platform !== "linux";
  }
}

export async function gone(pids: readonly number[]): Promise<void> {
  await eventually(
    async () => !(await Promise.all(pids.map(alive))).includes(true),
  );
}
