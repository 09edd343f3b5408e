// Resource changes: their counts as a table, and the full list, folded. Pure.
import { type Change, type ChangeOp, countChanges } from "./changes.ts";
import type { Run } from "./run.ts";
import type { Section } from "./sections.ts";
import { code, counted } from "./text.ts";

/** The counts; empty when there is nothing to count. */
export function countsSection({ changes }: Run): Section {
  const { create, update, replace, delete: deleted } = countChanges(changes);
  return {
    open: "| Create | Update | Replace | Delete |\n|---|---|---|---|",
    lines:
      changes.length === 0
        ? []
        : [`| ${create} | ${update} | ${replace} | ${deleted} |`],
  };
}

/** What cannot be undone comes first. */
const order: readonly ChangeOp[] = ["delete", "replace", "create", "update"];

/** One line a resource, behind a fold. */
export function changesSection({ changes }: Run): Section {
  const sorted = order.flatMap((op) =>
    changes.filter((change) => change.op === op),
  );
  const title = counted(changes.length, "resource change");
  return {
    // GitHub reads Markdown inside the fold only after an empty line.
    open: `<details><summary>${title}</summary>\n`,
    lines: sorted.map(line),
    close: "\n</details>",
  };
}

const mostDiffs = 20;

function line({ op, type, name, diffs, replaceKeys, failed }: Change): string {
  const shown = diffs.slice(0, mostDiffs).map((path) => code(path, 100));
  const more = diffs.length - shown.length;
  const paths = [...shown, ...(more > 0 ? [`${more} more`] : [])].join(", ");
  const forcing = replaceKeys.slice(0, mostDiffs).map((key) => code(key, 100));
  return [
    `- ${failed ? "**failed to** " : ""}${op} ${code(name)} (${code(type, 100)})`,
    paths && `: ${paths}`,
    forcing.length > 0 ? `; replaced because of ${forcing.join(", ")}` : "",
  ].join("");
}
