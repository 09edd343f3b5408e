// What happened, in one line of plain text. Pure.
import { type ChangeOp, countChanges, type Counts } from "./changes.ts";
import type { Proof, Run } from "./run.ts";
import { counted, oneLine } from "./text.ts";

/** The verdict of a run: plain text on one line, not yet safe for Markdown. */
export function verdict(run: Run): string {
  const counts = countChanges(run.changes);
  if (run.failure) return failed(run, counts);
  const sum = Object.values(counts).reduce((one, other) => one + other, 0);
  const words = sum === 0 ? "" : wordCounts(counts, run.previewed);
  switch (run.command) {
    case "preview":
      return words || "No changes";
    case "up": {
      const done = words || "No changes, the gate is up to date";
      return run.proof ? `${done}; ${wordProof(run.proof)}` : done;
    }
    case "destroy":
      if (!words) return "Nothing to destroy";
      return run.previewed ? `Destroy: ${words}` : `Destroyed: ${words}`;
    case "refresh":
      return words ? `Drift found: ${words} in the state` : "No drift found";
    case "output":
      return run.urls
        ? `The gate is at ${run.urls.invokeUrl}`
        : "There is no gate on this stack";
  }
}

const words: Readonly<Record<ChangeOp, readonly [string, string]>> = {
  create: ["to create", "created"],
  update: ["to update", "updated"],
  replace: ["to replace", "replaced"],
  delete: ["to delete", "deleted"],
};

function wordCounts(counts: Counts, previewed: boolean): string {
  return (["create", "update", "replace", "delete"] as const)
    .filter((op) => counts[op] > 0)
    .map((op) => `${counts[op]} ${words[op][previewed ? 0 : 1]}`)
    .join(", ");
}

function failed({ failure, previewed }: Run, counts: Counts): string {
  const message = oneLine(failure?.message ?? "", 500);
  const done = previewed ? "" : wordCounts(counts, false);
  const start =
    failure?.reason === "gate-broken"
      ? "THE GATE IS BROKEN"
      : failure?.reason === "cancelled"
        ? "Cancelled"
        : "Failed";
  return `${start}: ${message}${done && ` (before that: ${done})`}`;
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
