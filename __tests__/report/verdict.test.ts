import type { Run } from "../../src/report/run.ts";
import { verdict } from "../../src/report/verdict.ts";
import { change, hostile, proof, run, urls } from "./runs.ts";

const some = [
  change("create"),
  change("create"),
  change("update"),
  change("delete"),
];
const up = { command: "up", previewed: false } as const;
const failure = { reason: "engine", message: "it\nbroke" } as const;

test.each<[string, Partial<Run>, string]>([
  ["a preview", { changes: some }, "2 to create, 1 to update, 1 to delete"],
  [
    "a preview with a replace",
    { changes: [change("replace")] },
    "1 to replace",
  ],
  ["a preview without changes", {}, "No changes"],
  ["an up", { ...up, changes: some }, "2 created, 1 updated, 1 deleted"],
  ["an up without changes", up, "No changes, the gate is up to date"],
  [
    "an up with a proof",
    { ...up, proof: proof("passed", "passed") },
    "No changes, the gate is up to date; the proof passed (2 of 2 checks passed)",
  ],
  [
    "an up with half a proof",
    {
      ...up,
      changes: some,
      proof: proof("passed", "warning", "not-made", "not-made"),
    },
    "2 created, 1 updated, 1 deleted; the proof passed (1 of 4 checks passed, 1 warning, 2 not made)",
  ],
  [
    "an up with a failed proof",
    { ...up, proof: proof("failed", "passed") },
    "No changes, the gate is up to date; the proof failed (1 failed, 1 of 2 checks passed)",
  ],
  [
    "a destroy",
    { command: "destroy", previewed: false, changes: [change("delete")] },
    "Destroyed: 1 deleted",
  ],
  [
    "a destroy's preview",
    { command: "destroy", changes: [change("delete")] },
    "Destroy: 1 to delete",
  ],
  [
    "a destroy of nothing",
    { command: "destroy", previewed: false },
    "Nothing to destroy",
  ],
  [
    "a refresh",
    { command: "refresh", previewed: false, changes: [change("update")] },
    "Drift found: 1 updated in the state",
  ],
  [
    "a refresh without drift",
    { command: "refresh", previewed: false },
    "No drift found",
  ],
  [
    "an output",
    { command: "output", urls },
    `The gate is at ${urls.invokeUrl}`,
  ],
  [
    "an output without a gate",
    { command: "output" },
    "There is no gate on this stack",
  ],
  ["a failed preview", { changes: some, failure }, "Failed: it broke"],
  [
    "a failed up",
    { ...up, changes: [...some, change("create", { failed: true })], failure },
    "Failed: it broke (before that: 2 created, 1 updated, 1 deleted)",
  ],
  [
    "a failure that did nothing",
    { ...up, changes: [change("create", { failed: true })], failure },
    "Failed: it broke",
  ],
  [
    "a broken gate",
    {
      ...up,
      failure: { reason: "gate-broken", message: "GET /score is open" },
    },
    "THE GATE IS BROKEN: GET /score is open",
  ],
  [
    "a cancelled run",
    {
      ...up,
      failure: { reason: "cancelled", message: "stopped by the workflow" },
    },
    "Cancelled: stopped by the workflow",
  ],
])("%s", (_, more, expected) => {
  expect(verdict(run(more))).toBe(expected);
});

test.each(hostile)("a failure with %j stays on one line", (message) => {
  expect(verdict(run({ failure: { reason: "engine", message } }))).not.toMatch(
    /[\n\r\0]/,
  );
});
