// Findings as lists: what stops the run, what a reviewer of access must see, and the rest. Pure.
import { type Finding, listedFindings } from "./findings.ts";
import { allowLine } from "./finding-check.ts";
import type { Run } from "./run.ts";
import type { Section } from "./sections.ts";
import type { Writer } from "./writer.ts";

/** What was found besides, in its order; empty sections hold no lines. */
export function findingSections(run: Run, writer: Writer): readonly Section[] {
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
export const stoppedSection = (
  { check, command }: Run,
  writer: Writer,
): Section => ({
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
