import { GateFailure } from "../../src/gate/failure.ts";
import type { Run } from "../../src/report/run.ts";
import { outputsOf } from "../../src/report/outputs.ts";
import { change, proof, run, urls } from "./runs.ts";

const up: Partial<Run> = { command: "up", previewed: false, urls };

test("everything a later job can ask for", () => {
  const changes = [
    change("create", { diffs: ["a"], replaceKeys: ["a"] }),
    change("update"),
    change("replace"),
    change("delete"),
    change("delete"),
    change("create", { failed: true }),
  ];
  const outputs = outputsOf(run({ ...up, changes, proof: proof("passed") }), {
    commentId: 7,
    summaryPath: "/tmp/s.md",
  });
  expect(outputs).toMatchObject({
    "invoke-url": urls.invokeUrl,
    "base-url": urls.baseUrl,
    "api-id": "abc123",
    "stage-name": "v1",
    region: "eu-west-1",
    changed: "true",
    "create-count": "1",
    "update-count": "1",
    "replace-count": "1",
    "delete-count": "2",
    verdict:
      "1 created, 1 updated, 1 replaced, 2 deleted; the proof passed (1 of 1 check passed)",
    ready: "true",
    "failure-reason": "",
    "comment-id": "7",
    "summary-path": "/tmp/s.md",
  });
  expect((JSON.parse(outputs["changes"]!) as unknown[])[0]).toEqual({
    op: "create",
    type: "aws:apigateway/stage:Stage",
    name: "gate-stage",
    diffs: ["a"],
  });
  expect(JSON.parse(outputs["proof"]!)).toEqual([
    {
      id: "c0",
      title: "GET /score without a credential",
      expected: "401 from the gate",
      actual: "401 UNAUTHORIZED",
      status: "passed",
    },
  ]);
});

test("a run that failed before it did anything still says so", () => {
  const failure = new GateFailure("invalid-input", "1 problem", [
    { where: "path", message: "has a space" },
  ]);
  expect(outputsOf(run({ failure }), {})).toEqual({
    "invoke-url": "",
    "base-url": "",
    "api-id": "",
    "stage-name": "",
    region: "",
    changed: "false",
    changes: "[]",
    "create-count": "0",
    "update-count": "0",
    "replace-count": "0",
    "delete-count": "0",
    verdict: "Failed: 1 problem",
    proof: "",
    ready: "false",
    "failure-reason": "invalid-input",
    "comment-id": "",
    "summary-path": "",
  });
});

test.each<[string, Partial<Run>, string]>([
  ["up", up, "true"],
  [
    "up with warnings",
    { ...up, proof: proof("passed", "warning", "not-made") },
    "true",
  ],
  [
    "up with a failed check",
    { ...up, proof: proof("passed", "failed") },
    "false",
  ],
  [
    "a failed up",
    { ...up, failure: { reason: "engine", message: "x" } },
    "false",
  ],
  ["up without a URL", { ...up, urls: undefined }, "false"],
  ["output", { ...up, command: "output" }, "true"],
  ["refresh", { ...up, command: "refresh" }, "true"],
  ["preview", { ...up, command: "preview" }, "false"],
  ["destroy", { ...up, command: "destroy" }, "false"],
])("ready after %s: %s", (_, more, ready) => {
  expect(outputsOf(run(more), {})["ready"]).toBe(ready);
});

test("changed is false when the only change failed", () => {
  expect(
    outputsOf(run({ changes: [change("create", { failed: true })] }), {})[
      "changed"
    ],
  ).toBe("false");
});

test("a list too long for an output loses its end and stays JSON", () => {
  const changes = Array.from({ length: 20_000 }, (_, index) =>
    change("create", { name: `n${index}` }),
  );
  const outputs = outputsOf(run({ changes }), {});
  const list = JSON.parse(outputs["changes"]!) as { name: string }[];
  expect(outputs["changes"]!.length).toBeLessThanOrEqual(500_000);
  expect(list.length).toBeGreaterThan(5000);
  expect(list.at(-1)!.name).toBe(`n${list.length - 1}`);
  expect(outputs["create-count"]).toBe("20000");
});
