// Resource changes: their counts as a table, and the full list, folded. Pure.
import {
  type Change,
  type ChangeOp,
  countChanges,
  wordSnapshots,
} from "./changes.ts";
import type { Writer } from "./comment.ts";
import type { ShownValue } from "./property-values.ts";
import type { Proof, ProofLine, Run } from "./report.ts";
import type { Section } from "./sections.ts";
import { counted } from "./text.ts";

/** The counts; empty when there is nothing to count. */
export function countsSection({ changes }: Run): Section {
  const { create, update, replace, delete: deleted } = countChanges(changes);
  const snapshots = wordSnapshots(changes);
  const replaced = snapshots ? `${replace} (${snapshots})` : replace;
  return {
    open: "| Create | Update | Replace | Delete |\n|---|---|---|---|",
    lines:
      changes.length === 0
        ? []
        : [`| ${create} | ${update} | ${replaced} | ${deleted} |`],
  };
}

/** What this run did in the gate's table of tokens; empty when it has none. */
export function tokensSection({ tokens }: Run): Section {
  const line = tokens && `${tokens.added} added, ${tokens.removed} removed`;
  return {
    open: "",
    lines: line ? [`Tokens in the gate's table: ${line}.`] : [],
  };
}

/** The resources at which the engine failed, where nobody has to unfold them. */
export function failedSection({ changes }: Run, writer: Writer): Section {
  return {
    open: "#### What failed\n",
    lines: changes
      .filter(({ failed }) => failed)
      .map((change) =>
        line({ ...change, failed: false }, stepWords[change.op], writer),
      ),
  };
}

/** What cannot be undone comes first. */
const order: readonly ChangeOp[] = ["delete", "replace", "create", "update"];

/** One line a resource, behind a fold. */
export function changesSection(
  { changes, command }: Run,
  writer: Writer,
): Section {
  const words = command === "drift" ? driftWords : stepWords;
  const sorted = order.flatMap((op) =>
    changes.filter((change) => change.op === op),
  );
  const title = counted(changes.length, "resource change");
  return {
    // GitHub reads Markdown inside the fold only after an empty line.
    open: `<details><summary>${title}</summary>\n`,
    lines: sorted.map((change) => line(change, words[change.op], writer)),
    close: "\n</details>",
  };
}

const stepWords: Readonly<Record<ChangeOp, string>> = {
  create: "create",
  update: "update",
  replace: "replace",
  delete: "delete",
};

/** Nothing is done about drift: this is what somebody else did. */
const driftWords: Readonly<Record<ChangeOp, string>> = {
  create: "new",
  update: "changed",
  replace: "replaced",
  delete: "gone",
};

const mostDiffs = 20;

function line(change: Change, done: string, { code }: Writer): string {
  const { type, name, diffs, values, replaceKeys } = change;
  const shown = diffs
    .slice(0, mostDiffs)
    .map((path) => `${code(path, 100)}${wordValue(values[path], code)}`);
  const more = diffs.length - shown.length;
  const paths = [...shown, ...(more > 0 ? [`${more} more`] : [])].join(", ");
  const forcing = replaceKeys.slice(0, mostDiffs).map((key) => code(key, 100));
  return [
    `- ${change.failed ? "**failed to** " : ""}${done} ${code(name)} (${code(type, 100)})`,
    change.leftover ? ", which an earlier replacement left over" : "",
    paths && `: ${paths}`,
    forcing.length > 0 ? `; replaced because of ${forcing.join(", ")}` : "",
  ].join("");
}

function wordValue(
  value: ShownValue | undefined,
  code: Writer["code"],
): string {
  if (!value) return "";
  const word = (text: string | undefined) =>
    text === undefined ? "nothing" : code(text, 100);
  return ` ${word(value.before)} → ${word(value.after)}`;
}

// The proof as a table, what did not pass first. Pure.

const statusOrder = ["failed", "warning", "not-made", "passed"] as const;

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
  const sorted = statusOrder.flatMap((status) =>
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
