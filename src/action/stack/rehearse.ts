// Looks before a command changes anything: runs what the judge asks for, and ends the run there if the judge holds it.
import type { Operation } from "../../cloud/stack.ts";
import type { EngineReport } from "../../report/changes.ts";
import type { Described } from "../describe.ts";
import type { Known } from "./execution.ts";
import type { Judge, Rehearsal } from "../review/judge.ts";

/** @returns the run as it ended; undefined when the command may be run. */
export async function rehearse(
  judge: Judge,
  known: Known,
  run: (
    rehearsal: Rehearsal,
  ) => Promise<Operation & { readonly report: EngineReport }>,
): Promise<Described | undefined> {
  for (const rehearsal of judge.rehearsals(known)) {
    const { failure, report } = await run(rehearsal);
    const held = await judge.hold(rehearsal, {
      ...known,
      after: {},
      report,
      failure,
      tokens: undefined,
    });
    if (held !== undefined) return held;
  }
  return undefined;
}
