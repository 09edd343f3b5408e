// The report in full, for the step summary. Pure.
import { renderBody } from "./body.ts";
import type { Run } from "./run.ts";
import { full } from "./writer.ts";

/** GitHub drops a step summary of more than 1 MiB; 24 KiB stay for what other parts of the step write. */
const summaryLimit = 1000 * 1024;

/** The summary's Markdown, never longer than GitHub takes. */
export function renderSummary(run: Run): string {
  return renderBody(run, {
    room: summaryLimit,
    cutNote: "Shortened to fit into a step summary.",
    writer: full,
  });
}
