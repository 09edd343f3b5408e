// The report's parts in their order, for the comment and for the step summary alike. Pure.
import { changesSection, countsSection } from "./change-list.ts";
import { diagram } from "./diagram.ts";
import { differenceSections } from "./differences.ts";
import { proofSection } from "./proof-table.ts";
import { routesSection, wordGate } from "./routes.ts";
import type { Run } from "./run.ts";
import { byteLength, fitSections, type Section } from "./sections.ts";
import { code, link, oneLine, prose } from "./text.ts";
import { verdict } from "./verdict.ts";

export interface Limits {
  /** UTF-8 bytes for the whole text. */
  readonly room: number;
  /** The part of the room (0 to 1) that one section may take, but for the last. */
  readonly share: number;
  /** Said at the end when something was cut. */
  readonly cutNote: string;
}

/** The report of a run, never longer than the limits allow. */
export function renderBody(run: Run, { room, share, cutNote }: Limits): string {
  const head = heading(run);
  const foot = footer(run);
  const note = `_${cutNote}_\n\n`;
  const left = room - byteLength(head + note + foot);
  const { text, cut } = fitSections(sections(run), left, share);
  return `${head}${text}${cut ? note : ""}${foot}`;
}

function heading(run: Run): string {
  const { urls, before, after, maybeCorrupt } = run;
  const lines = [
    `### AI gate ${code(run.stack, 100)}`,
    `**${prose(verdict(run), 800)}**`,
    ...(urls && run.command !== "output"
      ? [`Call it at ${code(urls.invokeUrl, 500)}`]
      : []),
    ...(after && !before ? [`The gate is new: ${wordGate(after)}.`] : []),
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

function sections(run: Run): readonly Section[] {
  return [
    problemsSection(run),
    countsSection(run),
    ...differenceSections(run),
    ...(run.proof?.failed ? [proofSection(run.proof)] : []),
    routesSection(run),
    ...(run.proof?.failed ? [] : [proofSection(run.proof)]),
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
