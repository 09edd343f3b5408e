// What happened, in one line of plain text. Pure.
import {
  changeOps,
  type ChangeOp,
  countChanges,
  wordSnapshots,
} from "./changes.ts";
import { listedFindings } from "./findings.ts";
import { wordGate } from "./route-table.ts";
import type { Proof, Run } from "./report.ts";
import { counted, oneLine } from "./text.ts";

/**
 * The verdict of a run: plain text on one line, not yet safe for Markdown.
 * @param longest characters of what is told of a failure.
 */
export function verdict(run: Run, longest = 500): string {
  if (run.failure) return failed(run.failure, run, longest);
  if (run.filesOnly !== undefined) return fromFiles(run.filesOnly, run);
  const words = wordCounts(run);
  switch (run.command) {
    case "preview":
      return wordPlanned(words, run) || "No changes";
    case "up": {
      const done =
        wordPlanned(words, run) || "No changes, the gate is up to date";
      return run.proof ? `${done}; ${wordProof(run.proof)}` : done;
    }
    case "destroy":
      if (!words) return "Nothing to destroy";
      return run.previewed ? `Destroy: ${words}` : `Destroyed: ${words}`;
    case "refresh":
      return words ? `Drift found: ${words} in the state` : "No drift found";
    case "drift":
      return run.changes.length > 0 ? wordDrift(run) : "No drift found";
    case "output":
      return run.urls
        ? `The gate is at ${run.urls.invokeUrl}`
        : "There is no gate on this stack";
  }
}

const fromFiles = (reason: string, { after }: Run) =>
  `Looked at the files only${after ? `, which say ${wordGate(after)}` : ""}: ${oneLine(reason, 500)}`;

const words: Readonly<Record<ChangeOp, readonly [string, string]>> = {
  create: ["to create", "created"],
  update: ["to update", "updated"],
  replace: ["to replace", "replaced"],
  delete: ["to delete", "deleted"],
};

/** Resources by what is done to them; where there are none, tokens of the table. */
function wordCounts({ changes, previewed, tokens }: Run): string {
  const counts = countChanges(changes);
  const snapshots = wordSnapshots(changes);
  const parts = changeOps
    .filter((op) => counts[op] > 0)
    .map((op) => {
      const note = op === "replace" && snapshots ? ` (${snapshots})` : "";
      return `${counts[op]} ${words[op][previewed ? 0 : 1]}${note}`;
    });
  return parts.join(", ") || wordTokens(tokens);
}

function wordTokens(tokens: Run["tokens"]): string {
  if (!tokens || tokens.added + tokens.removed === 0) return "";
  return `${counted(tokens.added, "token")} added, ${tokens.removed} removed`;
}

/** The counts, and how many findings a reviewer of access should look at. */
function wordPlanned(words: string, run: Run): string {
  const count = listedFindings(run).filter(({ security }) => security).length;
  if (count === 0) return words;
  const security = counted(count, "security-relevant change");
  return `${words || "No resource changes"}; ${security}`;
}

/** What is there, not what a refresh would do to the state. */
function wordDrift({ changes }: Run): string {
  const gone = changes.filter(({ op }) => op === "delete").length;
  const other = changes.length - gone;
  const parts = [
    other > 0 &&
      `${counted(other, "resource")} ${other === 1 ? "is" : "are"} not as this action left ${other === 1 ? "it" : "them"}`,
    gone > 0 &&
      `${counted(gone, "resource")} ${gone === 1 ? "is" : "are"} gone`,
  ];
  return `Drift found: ${parts.filter(Boolean).join(", ")}`;
}

const starts = {
  "gate-broken": "THE GATE IS BROKEN",
  cancelled: "Cancelled",
  "fail-on": "Stopped",
  "plan-changed": "Plan changed",
} as const;

function failed(
  { reason, message }: NonNullable<Run["failure"]>,
  run: Run,
  longest: number,
): string {
  const { previewed, command, changes } = run;
  if (reason === "drift" && command === "drift" && changes.length > 0)
    return wordDrift(run);
  const start = Object.hasOwn(starts, reason)
    ? starts[reason as keyof typeof starts]
    : "Failed";
  const done = previewed ? "" : wordCounts(run);
  return `${start}: ${oneLine(message, longest)}${done && ` (before that: ${done})`}`;
}

function wordProof({ failed, results }: Proof): string {
  const count = (status: string) =>
    results.filter((result) => result.status === status).length;
  const parts = [
    failed && `${count("failed")} failed`,
    `${count("passed")} of ${counted(results.length, "check")} passed`,
    count("warning") > 0 && counted(count("warning"), "warning"),
    count("not-made") > 0 && `${count("not-made")} not made`,
  ];
  const result = failed ? "the proof failed" : "the proof passed";
  return `${result} (${parts.filter(Boolean).join(", ")})`;
}
