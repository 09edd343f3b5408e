import type { Run } from "../../../src/report/run-result.ts";
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

test.each<[string, Partial<Run>]>([
  ["a preview", { changes: some }],
  ["a preview with a replace", { changes: [change("replace")] }],
  ["a preview without changes", {}],
  [
    "a preview that replaces a snapshot",
    { changes: [snapshot("replace"), change("update")] },
  ],
  [
    "a preview that replaces snapshots",
    { changes: [snapshot("replace"), snapshot("replace")] },
  ],
  [
    "a preview that replaces more than a snapshot",
    { changes: [snapshot("replace"), change("replace"), change("replace")] },
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
  ],
  [
    "a preview that security must see",
    { ...widened, changes: [change("update")] },
  ],
  [
    "an up that security must see",
    {
      ...widened,
      ...up,
      changes: [snapshot("replace")],
      proof: proof("passed"),
    },
  ],
  ["what security must see, and no resource", widened],
  [
    "a new gate, whose consumers are all new",
    { after: summary(), changes: [api("create")] },
  ],
  [
    "a new gate with a public route",
    { after: opened, changes: [api("create")] },
  ],
  [
    "changes that are no matter of security",
    {
      before: summary(),
      after: summary({ auth: { ...summary().auth, cacheTtl: 1 } }),
      changes: [change("update")],
    },
  ],
  ["an up", { ...up, changes: some }],
  ["an up without changes", up],
  [
    "an up that added tokens alone",
    { ...up, tokens: { added: 2, removed: 0 } },
  ],
  [
    "an up that removed a token alone",
    { ...up, tokens: { added: 0, removed: 1 }, proof: proof("passed") },
  ],
  [
    "an up that replaced a token, which security must see",
    { ...up, ...widened, tokens: { added: 1, removed: 1 } },
  ],
  [
    "an up with as many tokens as before",
    { ...up, tokens: { added: 0, removed: 0 } },
  ],
  [
    "an up of resources and tokens",
    { ...up, changes: [change("update")], tokens: { added: 1, removed: 0 } },
  ],
  [
    "a failure after tokens",
    { ...up, tokens: { added: 1, removed: 0 }, failure },
  ],
  ["a gate of which nothing is known", { ...up, after: summary(), urls }],
  ["an up with a proof", { ...up, proof: proof("passed", "passed") }],
  [
    "an up with half a proof",
    {
      ...up,
      changes: some,
      proof: proof("passed", "warning", "not-made", "not-made"),
    },
  ],
  ["an up with a failed proof", { ...up, proof: proof("failed", "passed") }],
  [
    "a destroy",
    { command: "destroy", previewed: false, changes: [change("delete")] },
  ],
  ["a destroy's preview", { command: "destroy", changes: [change("delete")] }],
  ["a destroy of nothing", { command: "destroy", previewed: false }],
  [
    "a refresh",
    { command: "refresh", previewed: false, changes: [change("update")] },
  ],
  ["a refresh without drift", { command: "refresh", previewed: false }],
  ["an output", { command: "output", urls }],
  ["an output without a gate", { command: "output" }],
  [
    "drift",
    {
      command: "drift",
      changes: [change("update"), change("update"), change("delete")],
    },
  ],
  ["drift of one", { command: "drift", changes: [change("update")] }],
  [
    "drift that took two away",
    { command: "drift", changes: [change("delete"), change("delete")] },
  ],
  ["no drift", { command: "drift" }],
  [
    "drift that fails the run",
    {
      command: "drift",
      changes: [change("update")],
      failure: { reason: "drift", message: "x" },
    },
  ],
  [
    "drift without changes",
    { command: "drift", failure: { reason: "drift", message: "x" } },
  ],
  [
    "drift in another command",
    { changes: some, failure: { reason: "drift", message: "x" } },
  ],
  [
    "a drift run that failed otherwise",
    { command: "drift", changes: some, failure },
  ],
  ["files alone", { after: summary(), filesOnly: "no\ncredentials" }],
  ["files that say nothing", { filesOnly: "no credentials" }],
  ["files alone, and wrong", { filesOnly: "no credentials", failure }],
  [
    "a run that fail-on stops",
    { failure: { reason: "fail-on", message: "fail-on stops this: x" } },
  ],
  [
    "another plan than was expected",
    { failure: { reason: "plan-changed", message: "x" } },
  ],
  ["a failed preview", { changes: some, failure }],
  [
    "a failed up",
    { ...up, changes: [...some, change("create", { failed: true })], failure },
  ],
  [
    "a failure that did nothing",
    { ...up, changes: [change("create", { failed: true })], failure },
  ],
  [
    "a broken gate",
    {
      ...up,
      failure: { reason: "gate-broken", message: "GET /score is open" },
    },
  ],
  [
    "a cancelled run",
    {
      ...up,
      failure: { reason: "cancelled", message: "stopped by the workflow" },
    },
  ],
])("verdict of %s", (_, more) => {
  expect(verdict(run(more))).toMatchSnapshot();
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
