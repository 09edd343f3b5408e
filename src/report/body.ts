// The report's parts in their order, for the comment and for the step summary alike. Pure.
import {
  changesSection,
  countsSection,
  failedSection,
  tokensSection,
} from "./change-list.ts";
import { diagram } from "./diagram.ts";
import { findingSections, stoppedSection } from "./finding-sections.ts";
import { proofSections } from "./proof-table.ts";
import { heading } from "./heading.ts";
import { routesSection } from "./routes.ts";
import type { Run } from "./run.ts";
import { byteLength, fitSections, type Section } from "./sections.ts";
import { code, link, prose } from "./text.ts";
import type { Writer } from "./writer.ts";

export interface Limits {
  /** UTF-8 bytes for the whole text. */
  readonly room: number;
  /** Said at the end when something was cut. */
  readonly cutNote: string;
  readonly writer: Writer;
}

/** The report of a run, never longer than the limits allow. */
export function renderBody(
  run: Run,
  { room, cutNote, writer }: Limits,
): string {
  const head = heading(run, writer);
  const foot = footer(run);
  const note = `_${cutNote}_\n\n`;
  const left = room - byteLength(head + note + foot);
  const { text, cut } = fitSections(sections(run, writer), left);
  return `${head}${text}${cut ? note : ""}${foot}`;
}

function sections(run: Run, writer: Writer): readonly Section[] {
  const wrong = [
    problemsSection(run, writer),
    failedSection(run, writer),
    stoppedSection(run, writer),
  ];
  // Drift is about what is there; how the gate was meant to be is not what changed.
  if (run.command === "drift")
    return [
      urlSection(run),
      ...wrong,
      ...findingSections(run, writer),
      restoreSection(run),
      changesSection(run, writer),
    ];
  const proof = proofSections(run.proof, writer);
  return [
    ...wrong,
    urlSection(run),
    countsSection(run),
    tokensSection(run),
    ...findingSections(run, writer),
    ...(run.proof?.failed ? proof : []),
    routesSection(run, writer),
    ...(run.proof?.failed ? [] : proof),
    diagramSection(run),
    changesSection(run, writer),
  ];
}

function problemsSection({ failure }: Run, { code, prose }: Writer): Section {
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

function footer({ runUrl, sha, plan, previewed, command }: Run): string {
  const commit = sha?.match(/^[0-9a-f]{7,64}$/)?.[0];
  const parts = [
    link("run", runUrl),
    commit && `commit ${code(commit.slice(0, 7))}`,
    plan && `plan ${code(plan.slice(0, 12))}`,
    previewed ? `${command}, nothing was changed` : command,
  ];
  return `---\n${parts.filter(Boolean).join(" · ")}\n`;
}
