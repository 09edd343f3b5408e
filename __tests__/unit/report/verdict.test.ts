import type { Run } from "../../../src/report/report.ts";
import { verdict } from "../../../src/report/verdict.ts";
import {
  api,
  change,
  hostile,
  proof,
  route,
  run,
  snapshot,
  summary,
  urls,
} from "../../fixtures/runs.ts";

const some = [
  change("create"),
  change("create"),
  change("update"),
  change("delete"),
];
const up = { command: "up", previewed: false } as const;
const failure = { reason: "engine", message: "it\nbroke" } as const;

const opened = summary({ routes: [route("/a", { guarded: false })] });
const widened: Partial<Run> = {
  before: summary(),
  after: summary({
    tokenHeaders: ["x"],
    auth: { ...summary().auth, cacheTtl: 900 },
  }),
};

test.each<[string, Partial<Run>, string]>([
  ["a preview", { changes: some }, "2 to create, 1 to update, 1 to delete"],
  [
    "a preview with a replace",
    { changes: [change("replace")] },
    "1 to replace",
  ],
  ["a preview without changes", {}, "No changes"],
  [
    "a preview that replaces a snapshot",
    { changes: [snapshot("replace"), change("update")] },
    "1 to update, 1 to replace (only API Gateway's own snapshot)",
  ],
  [
    "a preview that replaces snapshots",
    { changes: [snapshot("replace"), snapshot("replace")] },
    "2 to replace (only API Gateway's own snapshot)",
  ],
  [
    "a preview that replaces more than a snapshot",
    { changes: [snapshot("replace"), change("replace"), change("replace")] },
    "3 to replace (1 of them API Gateway's own snapshot)",
  ],
  [
    "snapshots that are not replaced",
    {
      changes: [
        snapshot("create"),
        snapshot("replace", { failed: true }),
        change("replace"),
      ],
    },
    "1 to create, 1 to replace",
  ],
  [
    "a preview that security must see",
    { ...widened, changes: [change("update")] },
    "1 to update; 2 security-relevant changes",
  ],
  [
    "an up that security must see",
    {
      ...widened,
      ...up,
      changes: [snapshot("replace")],
      proof: proof("passed"),
    },
    "1 replaced (only API Gateway's own snapshot); 2 security-relevant changes; the proof passed (1 of 1 check passed)",
  ],
  [
    "what security must see, and no resource",
    widened,
    "No resource changes; 2 security-relevant changes",
  ],
  [
    "a new gate, whose consumers are all new",
    { after: summary(), changes: [api("create")] },
    "1 to create",
  ],
  [
    "a new gate with a public route",
    { after: opened, changes: [api("create")] },
    "1 to create; 1 security-relevant change",
  ],
  [
    "changes that are no matter of security",
    {
      before: summary(),
      after: summary({ auth: { ...summary().auth, cacheTtl: 1 } }),
      changes: [change("update")],
    },
    "1 to update",
  ],
  ["an up", { ...up, changes: some }, "2 created, 1 updated, 1 deleted"],
  ["an up without changes", up, "No changes, the gate is up to date"],
  [
    "an up that added tokens alone",
    { ...up, tokens: { added: 2, removed: 0 } },
    "2 tokens added, 0 removed",
  ],
  [
    "an up that removed a token alone",
    { ...up, tokens: { added: 0, removed: 1 }, proof: proof("passed") },
    "0 tokens added, 1 removed; the proof passed (1 of 1 check passed)",
  ],
  [
    "an up that replaced a token, which security must see",
    { ...up, ...widened, tokens: { added: 1, removed: 1 } },
    "1 token added, 1 removed; 2 security-relevant changes",
  ],
  [
    "an up with as many tokens as before",
    { ...up, tokens: { added: 0, removed: 0 } },
    "No changes, the gate is up to date",
  ],
  [
    "an up of resources and tokens",
    { ...up, changes: [change("update")], tokens: { added: 1, removed: 0 } },
    "1 updated",
  ],
  [
    "a failure after tokens",
    { ...up, tokens: { added: 1, removed: 0 }, failure },
    "Failed: it broke (before that: 1 token added, 0 removed)",
  ],
  [
    "a gate of which nothing is known",
    { ...up, after: summary(), urls },
    "No resource changes; 1 security-relevant change",
  ],
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
  [
    "drift",
    {
      command: "drift",
      changes: [change("update"), change("update"), change("delete")],
    },
    "Drift found: 2 resources are not as this action left them, 1 resource is gone",
  ],
  [
    "drift of one",
    { command: "drift", changes: [change("update")] },
    "Drift found: 1 resource is not as this action left it",
  ],
  [
    "drift that took two away",
    { command: "drift", changes: [change("delete"), change("delete")] },
    "Drift found: 2 resources are gone",
  ],
  ["no drift", { command: "drift" }, "No drift found"],
  [
    "drift that fails the run",
    {
      command: "drift",
      changes: [change("update")],
      failure: { reason: "drift", message: "x" },
    },
    "Drift found: 1 resource is not as this action left it",
  ],
  [
    "drift without changes",
    { command: "drift", failure: { reason: "drift", message: "x" } },
    "Failed: x",
  ],
  [
    "drift in another command",
    { changes: some, failure: { reason: "drift", message: "x" } },
    "Failed: x",
  ],
  [
    "a drift run that failed otherwise",
    { command: "drift", changes: some, failure },
    "Failed: it broke",
  ],
  [
    "files alone",
    { after: summary(), filesOnly: "no\ncredentials" },
    "Looked at the files only, which say 2 routes and 2 consumers: no credentials",
  ],
  [
    "files that say nothing",
    { filesOnly: "no credentials" },
    "Looked at the files only: no credentials",
  ],
  [
    "files alone, and wrong",
    { filesOnly: "no credentials", failure },
    "Failed: it broke",
  ],
  [
    "a run that fail-on stops",
    { failure: { reason: "fail-on", message: "fail-on stops this: x" } },
    "Stopped: fail-on stops this: x",
  ],
  [
    "another plan than was expected",
    { failure: { reason: "plan-changed", message: "x" } },
    "Plan changed: x",
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

test("a failure is told in 500 characters, or as many as are wanted", () => {
  const long = run({ failure: { reason: "engine", message: "x".repeat(600) } });
  expect(verdict(long)).toBe(`Failed: ${"x".repeat(499)}…`);
  expect(verdict(long, 550)).toBe(`Failed: ${"x".repeat(549)}…`);
});
