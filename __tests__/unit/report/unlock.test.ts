// What an `unlock` says: it has no gate to compare.
import { renderComment, renderSummary } from "../../../src/report/comment.ts";
import { outputsOf } from "../../../src/report/outputs.ts";
import type { Run } from "../../../src/report/run-result.ts";
import { verdict } from "../../../src/report/verdict.ts";
import { run } from "../../fixtures/runs.ts";

const lock =
  "runner@vm-7 (process 42) for 2 h 5 min, https://github.com/acme/app/actions/runs/41";
const unlock = (more: Partial<Run> = {}): Run =>
  run({ command: "unlock", previewed: false, ...more });

test.each<[string, Partial<Run>, string]>([
  ["nothing there", {}, "The stack is not locked"],
  ["no lock", { unlocked: [] }, "The stack is not locked"],
  ["a lock", { unlocked: [lock] }, `Unlocked: ${lock}`],
  [
    "locks",
    { unlocked: [lock, '"pulumi cancel"'] },
    `Unlocked: ${lock}, "pulumi cancel"`,
  ],
  [
    "a lock in doubt",
    { failure: { reason: "locked", message: `stays locked by ${lock}` } },
    `Failed: stays locked by ${lock}`,
  ],
])("%s: verdict, outputs, comment and summary", (_, more, said) => {
  const done = unlock(more);
  expect(verdict(done)).toBe(said);
  expect(outputsOf(done, "/tmp/s.md")).toMatchObject({
    verdict: said,
    changed: "false",
    changes: "[]",
    "failure-reason": more.failure ? "locked" : "",
    ready: "false",
  });
  for (const text of [renderComment(done), renderSummary(done)]) {
    expect(text).toContain(more.unlocked?.length ? "process 42" : "locked");
    expect(text).not.toContain("No changes");
  }
});
