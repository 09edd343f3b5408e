// The proof as a table, what did not pass first. Pure.
import type { Proof, ProofLine } from "./run.ts";
import type { Section } from "./sections.ts";
import { prose } from "./text.ts";

const order = ["failed", "warning", "not-made", "passed"] as const;

const words: Readonly<Record<ProofLine["status"], string>> = {
  failed: "**failed**",
  warning: "warning",
  "not-made": "not made",
  passed: "passed",
};

/** The table of checks; empty when nothing was proved. */
export function proofSection(proof: Proof | undefined): Section {
  const sorted = order.flatMap((status) =>
    (proof?.results ?? []).filter((result) => result.status === status),
  );
  return {
    open: [
      "#### Proof",
      "",
      "| | Asked | Expected | Answer |",
      "|---|---|---|---|",
    ].join("\n"),
    lines: sorted.map((result) => `| ${cells(result).join(" | ")} |`),
  };
}

function cells({ status, title, expected, actual, message }: ProofLine) {
  const answer = [actual, message].filter(Boolean).join(": ");
  return [
    words[status],
    prose(title, 300),
    prose(expected),
    prose(answer, 500),
  ];
}
