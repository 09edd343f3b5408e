// The proof as a table, what did not pass first. Pure.
import type { Proof, ProofLine } from "./run.ts";
import type { Section } from "./sections.ts";
import { counted } from "./text.ts";
import type { Writer } from "./writer.ts";

const order = ["failed", "warning", "not-made", "passed"] as const;

const words: Readonly<Record<ProofLine["status"], string>> = {
  failed: "**failed**",
  warning: "warning",
  "not-made": "not made",
  passed: "passed",
};

/** More passed checks than these are folded. */
const mostPassed = 5;

const head = ["| | Asked | Expected | Answer |", "|---|---|---|---|"].join(
  "\n",
);

/** The checks as tables: what did not pass, then what did, folded when it is long. Nothing when nothing was proved. */
export function proofSections(
  proof: Proof | undefined,
  writer: Writer,
): readonly Section[] {
  const row = (result: ProofLine) => `| ${cells(result, writer).join(" | ")} |`;
  if (!proof) return [];
  const sorted = order.flatMap((status) =>
    proof.results.filter((result) => result.status === status),
  );
  const passed = sorted.filter(({ status }) => status === "passed");
  const folded = passed.length > mostPassed ? passed : [];
  const shown = sorted.filter((result) => !folded.includes(result));
  return [
    { open: `#### Proof\n\n${head}`, lines: shown.map(row) },
    {
      open: `<details><summary>Proof: ${counted(folded.length, "check")} passed</summary>\n\n${head}`,
      lines: folded.map(row),
      close: "\n</details>",
    },
  ];
}

function cells(
  { status, title, expected, actual, message }: ProofLine,
  { prose }: Writer,
) {
  const answer = [actual, message].filter(Boolean).join(": ");
  return [
    words[status],
    prose(title, 300),
    prose(expected),
    prose(answer, 500),
  ];
}
