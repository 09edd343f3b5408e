// The engine keeps copies of a stack's state in the backend, also of one that is removed: three files for each pull request that had a gate.
import { rm } from "node:fs/promises";
import path from "node:path";
import type { Aws } from "./aws.ts";
import { type LockPlace, openStateFiles } from "./lock-folder.ts";

/** A listing holds a thousand at most. */
const listings = 20;

/**
 * Removes the copies of a stack that was removed. Its state, if it is there again, stays.
 * @returns how many there were.
 */
export async function removeBackups(
  place: LockPlace,
  aws: Aws,
): Promise<number> {
  const opened = await openStateFiles(place, aws);
  if (opened === undefined) return 0;
  const { root, store } = opened;
  const below = `${place.project}/${place.stack}`;
  const backups = `${root}backups/${below}/`;
  let count = 0;
  for (let listing = 0; listing < listings; listing += 1) {
    const copies = (await store.list(`${root}stacks/${below}.json`)).filter(
      (name) => name.endsWith(".bak"),
    );
    const found = [...copies, ...(await store.list(backups))];
    if (found.length === 0) break;
    for (const name of found) await store.remove(name);
    count += found.length;
  }
  if (place.backend.startsWith("file://"))
    await rm(path.normalize(backups), { recursive: true, force: true });
  return count;
}
