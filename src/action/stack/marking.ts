// Notes for the post step which lock the engine holds, as long as an operation that takes one is under way.
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import type { Aws } from "../../cloud/aws.ts";
import { type LockingOperation, watchOwnLock } from "../../cloud/lock.ts";
import { isOurs } from "./processes.ts";
import type { Host, Target } from "../target.ts";

/** The engine's previews, of a refresh too, take no lock on a self-managed backend. */
const locking: readonly string[] = ["up", "refresh", "destroy"];

/** Does the work of one command, and leaves no note however it ends. */
export async function marked<Result>(
  operation: LockingOperation,
  { command, removeStack }: Pick<Target, "command" | "removeStack">,
  { aws, host }: { readonly aws: Aws; readonly host: Pick<Host, "mark"> },
  work: () => Promise<Result>,
): Promise<Result> {
  if (!locking.includes(command)) return work();
  const ended = new AbortController();
  void watchOwnLock(
    operation,
    {
      aws,
      hostname: hostname(),
      isOurs,
      sleep: (milliseconds) =>
        sleep(milliseconds, undefined, { signal: ended.signal }).catch(
          () => undefined,
        ),
      ended: ended.signal,
      several: removeStack,
    },
    host.mark,
  );
  try {
    return await work();
  } finally {
    ended.abort();
    host.mark(undefined);
  }
}
