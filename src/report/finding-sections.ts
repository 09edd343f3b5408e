// Findings as lists: what stops the run, what was not reviewed, what a reviewer of access must see, and the rest. Pure.
import { type Finding, listedFindings } from "./findings.ts";
import { allowLine } from "./judgement.ts";
import type { Run } from "./run.ts";
import type { Section } from "./sections.ts";
import { code, counted, prose } from "./text.ts";

/** What keeps the run from going on: what `fail-on` stops, and what was not reviewed. */
export const stopSections = (run: Run): readonly Section[] => [
  stoppedSection(run),
  unreviewedSection(run),
];

/** What was found besides, in its order; empty sections hold no lines. */
export function findingSections(run: Run): readonly Section[] {
  const { judgement } = run;
  const stopped = new Set(judgement?.stopped.map(allowLine));
  const allowed = new Set(judgement?.allowed.map(allowLine));
  const left = listedFindings(run).filter(
    (finding) => !stopped.has(allowLine(finding)),
  );
  const lines = (security: boolean) =>
    left
      .filter((finding) => finding.security === security)
      .map((finding) => line(finding, allowed.has(allowLine(finding))));
  return [
    { open: "#### Look at this first\n", lines: lines(true) },
    { open: "#### Also different\n", lines: lines(false) },
    {
      open: "#### Lines of allow without effect\n",
      lines: (judgement?.unused ?? []).map(
        ({ message }) => `- ${prose(message)}`,
      ),
    },
  ];
}

const line = ({ sentence }: Finding, allowed = false) =>
  `- ${prose(capital(sentence))}${allowed ? " (let through by <code>allow</code>)" : ""}`;

const stoppedSection = ({ judgement, command }: Run): Section => ({
  // The command itself asks for drift.
  open:
    command === "drift"
      ? "#### Not as it was left\n"
      : "#### Stopped by fail-on\n",
  lines: (judgement?.stopped ?? []).map(
    (finding) =>
      `${line(finding)}; if it is meant, put ${code(allowLine(finding), 400)} into <code>allow</code>`,
  ),
});

function unreviewedSection({ planDifference }: Run): Section {
  const { added = [], removed } = planDifference ?? {};
  const gone =
    removed === undefined
      ? "What was reviewed was too long to remember line by line: this is all that would happen"
      : removed > 0
        ? `${counted(removed, "line")} of what was reviewed would not happen so`
        : added.length > 0
          ? "All that was reviewed would happen, and more"
          : "The same would happen in another order";
  return {
    open: "#### Not reviewed\n",
    lines: planDifference
      ? [`- ${gone}`, ...added.map((one) => `- ${prose(capital(one))}`)]
      : [],
  };
}

const capital = (text: string) =>
  text.slice(0, 1).toUpperCase() + text.slice(1);
