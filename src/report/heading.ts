// The beginning of the report: title, verdict, and what bears on everything below. Pure.
import { isNew, isUnknownBefore } from "./gate-before.ts";
import { wordGate } from "./routes.ts";
import type { Run } from "./run.ts";
import { code } from "./text.ts";
import { verdict } from "./verdict.ts";
import type { Writer } from "./writer.ts";

/** The title, the verdict, and what a reader must know before the rest. */
export function heading(run: Run, { prose, longestFailure }: Writer): string {
  const { after, failure, maybeCorrupt } = run;
  const words = `**${prose(verdict(run, longestFailure), 800)}**`;
  const lines = [
    `### AI gate ${code(run.stack, 100)}`,
    failure ? `> [!CAUTION]\n> ${words}` : words,
    ...(after && isNew(run) ? [`The gate is new: ${wordGate(after)}.`] : []),
    ...(isUnknownBefore(run)
      ? [
          "The gate before is not known to this version of the action, so what changes for callers could not be compared.",
        ]
      : []),
    ...(isUnfinished(run)
      ? [
          "The run did not finish: changes for callers, routes and diagram are what it was to do. The resources at the end say what was done.",
        ]
      : []),
    ...(maybeCorrupt
      ? [
          prose(
            "The engine could not tell how some resources ended up; run `refresh` before the next `up`.",
          ),
        ]
      : []),
  ];
  return `${lines.join("\n\n")}\n\n`;
}

/** Whether the engine stopped half-way; a proof comes when it is done. */
function isUnfinished({ command, previewed, after, failure }: Run): boolean {
  const stopping = ["engine", "cancelled", "aws-denied", "aws-throttled"];
  return (
    command === "up" &&
    !previewed &&
    after !== undefined &&
    failure !== undefined &&
    stopping.includes(failure.reason)
  );
}
