// The report's parts in their order, for the comment and for the step summary alike. Pure.
import {
  changesSection,
  countsSection,
  failedSection,
  tokensSection,
} from "./change-list.ts";
import { diagram } from "./diagram.ts";
import { findingSections, stopSections } from "./finding-sections.ts";
import { isNew } from "./findings.ts";
import { proofSections } from "./proof-table.ts";
import { routesSection, wordGate } from "./routes.ts";
import type { Run } from "./run.ts";
import { byteLength, fitSections, type Section } from "./sections.ts";
import { code, link, oneLine, prose } from "./text.ts";
import { verdict } from "./verdict.ts";

export interface Limits {
  /** UTF-8 bytes for the whole text. */
  readonly room: number;
  /** Said at the end when something was cut. */
  readonly cutNote: string;
}

/** The report of a run, never longer than the limits allow. */
export function renderBody(run: Run, { room, cutNote }: Limits): string {
  const head = heading(run);
  const foot = footer(run);
  const note = `_${cutNote}_\n\n`;
  const left = room - byteLength(head + note + foot);
  const { text, cut } = fitSections(sections(run), left);
  return `${head}${text}${cut ? note : ""}${foot}`;
}

function heading(run: Run): string {
  const { after, failure, maybeCorrupt } = run;
  const words = `**${prose(verdict(run), 800)}**`;
  const lines = [
    `### AI gate ${code(run.stack, 100)}`,
    failure ? `> [!CAUTION]\n> ${words}` : words,
    ...(after && isNew(run) ? [`The gate is new: ${wordGate(after)}.`] : []),
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
    stopping.includes(failure?.reason ?? "")
  );
}

function sections(run: Run): readonly Section[] {
  const wrong = [
    problemsSection(run),
    failedSection(run),
    ...stopSections(run),
  ];
  // Drift is about what is there; how the gate was meant to be is not what changed.
  if (run.command === "drift")
    return [
      urlSection(run),
      ...wrong,
      ...findingSections(run),
      restoreSection(run),
      changesSection(run),
    ];
  const proof = proofSections(run.proof);
  return [
    ...wrong,
    urlSection(run),
    countsSection(run),
    tokensSection(run),
    ...findingSections(run),
    ...(run.proof?.failed ? proof : []),
    routesSection(run),
    ...(run.proof?.failed ? [] : proof),
    diagramSection(run),
    changesSection(run),
  ];
}

function problemsSection({ failure }: Run): Section {
  return {
    open: "#### What is wrong\n",
    lines: (failure?.problems ?? []).map(
      ({ where, message }) => `- ${code(where, 100)}: ${prose(message, 500)}`,
    ),
  };
}

function urlSection({ urls, command }: Run): Section {
  const url = command === "output" ? undefined : urls?.invokeUrl;
  return { open: "", lines: url ? [`Call it at ${code(url, 500)}`] : [] };
}

/** The state still says what the gate should be, so an `up` alone would find nothing to do. */
function restoreSection({ changes }: Run): Section {
  const words = prose(
    "To put the gate back, run `refresh`, then `up`: the first takes the drift over into the state, the second undoes it.",
  );
  return { open: "", lines: changes.length > 0 ? [words] : [] };
}

function diagramSection({ after }: Run): Section {
  return {
    open: "#### Who reaches what\n\n```mermaid",
    lines: after ? [diagram(after)] : [],
    close: "```",
    whole: true,
  };
}

function footer({ runUrl, sha, previewed, command }: Run): string {
  const commit = oneLine(sha ?? "");
  const parts = [
    link("run", runUrl),
    /^[0-9a-f]{7,64}$/.test(commit) && `commit ${code(commit.slice(0, 7))}`,
    previewed ? `${command}, nothing was changed` : command,
  ];
  return `---\n${parts.filter(Boolean).join(" · ")}\n`;
}
