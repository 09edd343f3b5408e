// Findings as lists: what stops the run, what was not reviewed, what a reviewer of access must see, and the rest. Pure.
import { type Finding, listedFindings } from "./findings.ts";
import { allowLine } from "./judgement.ts";
import type { Run } from "./run.ts";
import type { Section } from "./sections.ts";
import { counted } from "./text.ts";
import type { Writer } from "./writer.ts";

/** What keeps the run from going on: what `fail-on` stops, and what was not reviewed. */
export const stopSections = (run: Run, writer: Writer): readonly Section[] => [
  stoppedSection(run, writer),
  unreviewedSection(run, writer),
];

/** What was found besides, in its order; empty sections hold no lines. */
export function findingSections(run: Run, writer: Writer): readonly Section[] {
  const { judgement } = run;
  const stopped = new Set(judgement?.stopped.map(allowLine));
  const allowed = new Set(judgement?.allowed.map(allowLine));
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
    { open: "#### Look at this first\n", lines: lines(true) },
    { open: "#### Also different\n", lines: lines(false) },
    {
      open: "#### Lines of allow without effect\n",
      lines: (judgement?.unused ?? []).map(
        ({ message }) => `- ${writer.prose(message)}`,
      ),
    },
  ];
}

const line = ({ sentence }: Finding, { prose }: Writer) =>
  `- ${prose(capital(sentence))}`;

const stoppedSection = (
  { judgement, command }: Run,
  writer: Writer,
): Section => ({
  // The command itself asks for drift.
  open:
    command === "drift"
      ? "#### Not as it was left\n"
      : "#### Stopped by fail-on\n",
  lines: (judgement?.stopped ?? []).map(
    (finding) =>
      `${line(finding, writer)}; if it is meant, put ${writer.code(allowLine(finding), 400)} into <code>allow</code>`,
  ),
});

function unreviewedSection(
  { planDifference }: Run,
  { prose }: Writer,
): Section {
  const open = "#### Not reviewed\n";
  if (!planDifference) return { open, lines: [] };
  const { added, removed } = planDifference;
  const gone =
    removed === undefined
      ? "What was reviewed was too long to remember line by line: this is all that would happen"
      : removed > 0
        ? `${counted(removed, "line")} of what was reviewed would not happen so`
        : added.length > 0
          ? "All that was reviewed would happen, and more"
          : "The same would happen in another order";
  return {
    open,
    lines: [`- ${gone}`, ...added.map((one) => `- ${prose(capital(one))}`)],
  };
}

const capital = (text: string) =>
  text.slice(0, 1).toUpperCase() + text.slice(1);
