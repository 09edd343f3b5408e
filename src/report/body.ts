// The report's parts in their order, for the comment and for the step summary alike. Pure.
import {
  changesSection,
  countsSection,
  failedSection,
  proofSections,
  tokensSection,
} from "./change-list.ts";
import type { Writer } from "./comment.ts";
import { diagram } from "./diagram.ts";
import {
  allowLine,
  type Finding,
  isNew,
  isUnknownBefore,
  listedFindings,
} from "./findings.ts";
import type { Run } from "./report.ts";
import { routesSection, wordGate } from "./route-table.ts";
import { byteLength, fitSections, type Section } from "./sections.ts";
import { code, link, prose } from "./text.ts";
import { verdict } from "./verdict.ts";

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

// The beginning of the report: title, verdict, and what bears on everything below. Pure.

/** The title, the verdict, and what a reader must know before the rest. */
function heading(run: Run, { prose, longestFailure }: Writer): string {
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

// Findings as lists: what stops the run, what a reviewer of access must see, and the rest. Pure.

/** What was found besides, in its order; empty sections hold no lines. */
function findingSections(run: Run, writer: Writer): readonly Section[] {
  const { check } = run;
  const stopped = new Set(check?.stopped.map(allowLine));
  const allowed = new Set(check?.allowed.map(allowLine));
  const left = listedFindings(run).filter(
    (finding) => !stopped.has(allowLine(finding)),
  );
  const lines = (security: boolean) =>
    left
      .filter((finding) => finding.security === security)
      .map((finding) => {
        const isAllowed = allowed.has(allowLine(finding));
        const note = " (let through by <code>allow</code>)";
        return `${line(finding, writer)}${isAllowed ? note : ""}`;
      });
  return [
    { open: "#### Security-relevant changes\n", lines: lines(true) },
    { open: "#### Other changes\n", lines: lines(false) },
    {
      open: "#### Lines of allow without effect\n",
      lines: (check?.unused ?? []).map(
        ({ message }) => `- ${writer.prose(message)}`,
      ),
    },
  ];
}

const line = ({ sentence }: Finding, { prose }: Writer) =>
  `- ${prose(capital(sentence))}`;

/** What `fail-on` stops. */
const stoppedSection = ({ check, command }: Run, writer: Writer): Section => ({
  // The command itself asks for drift.
  open:
    command === "drift" ? "#### Drift detected\n" : "#### Stopped by fail-on\n",
  lines: (check?.stopped ?? []).map(
    (finding) =>
      `${line(finding, writer)}; if it is meant, put ${writer.code(allowLine(finding), 400)} into <code>allow</code>`,
  ),
});

const capital = (text: string) =>
  text.slice(0, 1).toUpperCase() + text.slice(1);
