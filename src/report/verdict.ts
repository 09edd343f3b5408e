// What happened, in one line of plain text.
import type { GateSummary } from "../diff/summary.ts";
import { changeOps, countChanges, wordSnapshots } from "./changes.ts";
import { listedFindings } from "./findings.ts";
import { counted, oneLine } from "./markdown.ts";
import type { ProofResult } from "../proof/check.ts";
import type { Run } from "./run-result.ts";

/** @returns plain text, not yet escaped for Markdown; `longest` limits a failure's message. */
export function verdict(run: Run, longest = 500): string {
  if (run.failure) return failed(run.failure, run, longest);
  if (run.filesOnly !== undefined) {
    const what = run.after ? ` (${wordGate(run.after)})` : "";
    return `Checked the files only${what}: ${oneLine(run.filesOnly, 500)}`;
  }
  const counts = wordCounts(run);
  switch (run.command) {
    case "preview":
      return wordPlanned(counts, run) || "No changes";
    case "up": {
      const done =
        wordPlanned(counts, run) || "No changes, the gate is up to date";
      return run.proof ? `${done}; ${wordProof(run.proof)}` : done;
    }
    case "destroy":
      if (!counts) return "Nothing to destroy";
      return run.previewed ? `Destroy: ${counts}` : `Destroyed: ${counts}`;
    case "refresh":
      return counts ? `Drift detected: ${counts} in the state` : noDrift;
    case "drift":
      return run.changes.length > 0 ? wordDrift(run) : noDrift;
    case "output":
      return run.urls
        ? `The gate is at ${run.urls.invokeUrl}`
        : "There is no gate on this stack";
    case "load-tokens":
      return run.tokens
        ? `Tokens loaded: ${run.tokens.added} put, ${run.tokens.removed} removed`
        : "There is no gate on this stack";
    case "unlock":
      return run.unlocked === undefined || run.unlocked.length === 0
        ? "The stack is not locked"
        : `Unlocked: ${run.unlocked.map((lock) => oneLine(lock, longest)).join(", ")}`;
  }
}

const noDrift = "No drift detected";

/** `2 routes and 3 consumers`. */
export function wordGate({ routes, consumers, auth }: GateSummary): string {
  const callers = auth.modes.includes("custom")
    ? "your own authorizer"
    : counted(consumers.length, "consumer");
  return `${counted(routes.length, "route")} and ${callers}`;
}

function wordCounts({ changes, previewed, tokens }: Run): string {
  const counts = countChanges(changes);
  const parts = changeOps
    .filter((op) => counts[op] > 0)
    .map((op) => {
      const note = op === "replace" ? wordSnapshots(changes) : "";
      return `${counts[op]} ${previewed ? `to ${op}` : `${op}d`}${note}`;
    });
  if (parts.length > 0) return parts.join(", ");
  return tokens && tokens.added + tokens.removed > 0
    ? `${counted(tokens.added, "token")} added, ${tokens.removed} removed`
    : "";
}

function wordPlanned(counts: string, run: Run): string {
  const count = listedFindings(run).filter(({ security }) => security).length;
  if (count === 0) return counts;
  const security = counted(count, "security-relevant change");
  return `${counts || "No resource changes"}; ${security}`;
}

function wordDrift({ changes }: Run): string {
  const deleted = changes.filter(({ op }) => op === "delete").length;
  const changed = changes.length - deleted;
  const parts = [
    changed > 0 && `${counted(changed, "resource")} changed`,
    deleted > 0 && `${counted(deleted, "resource")} deleted`,
  ];
  return `Drift detected: ${parts.filter(Boolean).join(", ")}`;
}

const starts: Readonly<Partial<Record<string, string>>> = {
  "gate-broken": "THE GATE IS BROKEN",
  cancelled: "Cancelled",
  "fail-on": "Stopped",
  "plan-changed": "Plan changed",
  outdated: "Outdated",
};

function failed(
  { reason, message }: NonNullable<Run["failure"]>,
  run: Run,
  longest: number,
): string {
  const { previewed, command, changes } = run;
  if (reason === "drift" && command === "drift" && changes.length > 0)
    return wordDrift(run);
  const counts = previewed ? "" : wordCounts(run);
  return `${starts[reason] ?? "Failed"}: ${oneLine(message, longest)}${counts && ` (before that: ${counts})`}`;
}

function wordProof(proof: ProofResult): string {
  const { failed, outside, results } = proof;
  if (proof.withoutAddress)
    return "nothing was proved: the gate answers at its domain only, and DNS does not lead there yet";
  const count = (status: string) =>
    results.filter((result) => result.status === status).length;
  const parts = [
    failed && `${count("failed")} failed`,
    `${count("passed")} of ${counted(results.length, "check")} passed`,
    count("warning") > 0 && counted(count("warning"), "warning"),
    count("not-made") > 0 && `${count("not-made")} not made`,
  ];
  const result = failed
    ? "the proof failed"
    : outside
      ? "the gate takes no calls from this runner, so it is not proved"
      : "the proof passed";
  return `${result} (${parts.filter(Boolean).join(", ")})`;
}
