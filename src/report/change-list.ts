// Resource changes: their counts as a table, and the full list, folded. Pure.
import {
  type Change,
  type ChangeOp,
  countChanges,
  wordSnapshots,
} from "./change.ts";
import type { ShownValue } from "./property-values.ts";
import type { Run } from "./run.ts";
import type { Section } from "./sections.ts";
import { counted } from "./text.ts";
import type { Writer } from "./writer.ts";

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
