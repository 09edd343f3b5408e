// A stack's state as the engine keeps it in a directory or a bucket: one JSON file, read here without a start of the engine's CLI, and
// copies of earlier ones.
import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import type { Deployment } from "@pulumi/pulumi/automation";
import * as z from "zod";
import type { Aws } from "./aws.ts";
import { openStateFiles, type StatePlace } from "./state-store.ts";

type Stack = Pick<StatePlace, "project" | "stack">;

export const stateFileOf = (root: string, { project, stack }: Stack): string =>
  `${root}stacks/${project}/${stack}.json`;

/** Of the engine that the action brings (sdk/go/common/apitype, VersionedCheckpoint). Other versions are left to the engine. */
const stateShape = z.object({
  version: z.literal(3),
  checkpoint: z.object({
    latest: z.looseObject({
      manifest: z.looseObject({ time: z.string() }),
      resources: z
        .array(z.looseObject({ type: z.string(), urn: z.string() }))
        .optional(),
    }),
  }),
});

/**
 * The stack's state, in which secrets are encrypted.
 * @returns undefined where there is none, and where only the engine can tell: in other backends, and when it is not as expected here.
 */
export async function readStateFile(
  place: StatePlace,
  aws: Aws,
): Promise<Deployment | undefined> {
  try {
    const opened = await openStateFiles(place, aws);
    if (opened === undefined) return undefined;
    const { root, store } = opened;
    const file = stateFileOf(root, place);
    const text = await store.read(file);
    const { checkpoint, version } = stateShape.parse(JSON.parse(text));
    if (place.backend.startsWith("file://")) await removeCutAttributes(file);
    return { version, deployment: checkpoint.latest };
  } catch {
    return undefined;
  }
}

/**
 * The engine replaces a state at once, but writes a second file beside it in place: killed over that, it leaves one that is empty, and
 * then refuses to read the state, which is whole ("failed to load checkpoint: EOF"). Without the second file it reads it.
 */
async function removeCutAttributes(state: string): Promise<void> {
  const file = `${state}.attrs`;
  const text = await readFile(file, "utf8").catch(() => "{}");
  try {
    JSON.parse(text);
  } catch {
    // Where it may not be removed, what the engine says is the better answer.
    await rm(file, { force: true }).catch(() => undefined);
  }
}

/** A listing holds a thousand at most. */
const listings = 20;

/**
 * Removes the copies of the state of a stack that was removed: three files for each pull request that had a gate. Its state, if it is there again, stays.
 * @returns how many there were.
 */
export async function removeBackups(
  place: StatePlace,
  aws: Aws,
): Promise<number> {
  const opened = await openStateFiles(place, aws);
  if (opened === undefined) return 0;
  const { root, store } = opened;
  const backups = `${root}backups/${place.project}/${place.stack}/`;
  let count = 0;
  for (let listing = 0; listing < listings; listing += 1) {
    const copies = (await store.list(stateFileOf(root, place))).filter((name) =>
      name.endsWith(".bak"),
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
