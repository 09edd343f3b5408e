import Ajv from "ajv";
import { GateFailure } from "../../../src/gate/failure.ts";
import { changesShape } from "../../../src/report/changes.ts";
import { changesJsonSchema, outputsOf } from "../../../src/report/outputs.ts";
import type { Run } from "../../../src/report/run-result.ts";
import { change, proof, run, urls } from "../../fixtures/runs.ts";

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
  const outputs = outputsOf(
    run({ ...up, changes, plan: "3f2a", proof: proof("passed") }),
    "/tmp/s.md",
  );
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
    plan: "3f2a",
    ready: "true",
    "failure-reason": "",
    "comment-id": "",
    "summary-path": "/tmp/s.md",
  });
  const list: unknown = JSON.parse(outputs["changes"]!);
  const stage = { type: "aws:apigateway/stage:Stage", name: "gate-stage" };
  expect(list).toEqual([
    { op: "create", ...stage, diffs: ["a"], replaceKeys: ["a"] },
    { op: "update", ...stage, diffs: [] },
    { op: "replace", ...stage, diffs: [] },
    { op: "delete", ...stage, diffs: [] },
    { op: "delete", ...stage, diffs: [] },
    { op: "create", ...stage, diffs: [], failed: true },
  ]);
  expect(changesShape.parse(list)).toEqual(list);
  expect(JSON.parse(outputs["proof"]!)).toEqual([
    {
      id: "c0",
      title: "GET /score without a credential",
      expected: "401 from the gate",
      actual: "401 UNAUTHORIZED",
      status: "passed",
      sentence:
        "`GET /score` without a credential must bring 401 from the gate: nobody reaches scorer without a credential",
      message: "",
    },
  ]);
});

test("a gate whose upstream refuses it is not ready", () => {
  const failure = new GateFailure("upstream-refused", "The gate is closed");
  const given = { ...up, failure, proof: proof("passed", "failed") };
  expect(outputsOf(run(given), "")).toMatchObject({
    ready: "false",
    "failure-reason": "upstream-refused",
    "base-url": urls.baseUrl,
  });
});

test("a run that failed before it did anything still says so", () => {
  const failure = new GateFailure("invalid-input", "1 problem", [
    { where: "path", message: "has a space" },
  ]);
  expect(outputsOf(run({ failure }), "")).toEqual({
    "invoke-url": "",
    "base-url": "",
    "dns-target": "",
    "dns-zone-id": "",
    "api-id": "",
    "stage-name": "",
    region: "",
    audience: "ai-gate/prod",
    changed: "false",
    changes: "[]",
    "create-count": "0",
    "update-count": "0",
    "replace-count": "0",
    "delete-count": "0",
    verdict: "Failed: 1 problem",
    plan: "",
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
  [
    "up that stopped before it changed anything",
    { ...up, previewed: true },
    "false",
  ],
  [
    "up of a gate that takes no calls from there",
    { ...up, proof: { ...proof("passed"), outside: true } },
    "false",
  ],
  ["drift", { ...up, command: "drift" }, "false"],
  ["up without a URL", { ...up, urls: undefined }, "false"],
  ["output", { ...up, command: "output" }, "true"],
  ["refresh", { ...up, command: "refresh" }, "true"],
  ["preview", { ...up, command: "preview" }, "false"],
  ["destroy", { ...up, command: "destroy" }, "false"],
])("ready after %s: %s", (_, more, ready) => {
  expect(outputsOf(run(more), "")["ready"]).toBe(ready);
});

test("changed is false when the only change failed", () => {
  expect(
    outputsOf(run({ changes: [change("create", { failed: true })] }), "")[
      "changed"
    ],
  ).toBe("false");
});

test("a list too long for an output loses its end and stays JSON", () => {
  const changes = Array.from({ length: 20_000 }, (_, index) =>
    change("create", { name: `n${index}` }),
  );
  const outputs = outputsOf(run({ changes }), "");
  const list = JSON.parse(outputs["changes"]!) as { name: string }[];
  expect(outputs["changes"]!.length).toBeLessThanOrEqual(500_000);
  expect(list.length).toBeGreaterThan(5000);
  expect(list.at(-1)!.name).toBe(`n${list.length - 1}`);
  expect(outputs["create-count"]).toBe("20000");
});

test.each([
  [0, 1],
  [1, 0],
])("500,000 characters fit, %s more do not", (more, kept) => {
  const empty = outputsOf(
    run({ changes: [change("create", { name: "" })] }),
    "",
  );
  // The room of a comma is kept for each item, the last one too.
  const name = "x".repeat(499_999 - empty["changes"]!.length + more);
  const { changes } = outputsOf(
    run({ changes: [change("create", { name })] }),
    "",
  );
  expect(JSON.parse(changes!)).toHaveLength(kept);
});

test("a run without a stack has no audience", () => {
  expect(outputsOf(run({ stack: "" }), "")["audience"]).toBe("");
});

test("the published schema of changes", () => {
  const schema = changesJsonSchema();
  expect(schema).toMatchObject({
    $schema: "http://json-schema.org/draft-07/schema#",
    $id: "https://raw.githubusercontent.com/org/ai-gate-action/v1/changes.schema.json",
    title: "The output changes of ai-gate-action",
    type: "array",
    items: {
      type: "object",
      required: ["op", "type", "name", "diffs"],
      additionalProperties: false,
      properties: {
        op: { enum: ["create", "update", "replace", "delete"] },
        failed: { const: true },
      },
    },
  });
  const holds = new Ajv().compile(schema);
  const full = [
    change("create"),
    change("replace", { diffs: ["a"], replaceKeys: ["a"], failed: true }),
  ];
  expect(
    holds(JSON.parse(outputsOf(run({ changes: full }), "")["changes"]!)),
  ).toBe(true);
  expect(holds([{ op: "dance", type: "a", name: "b", diffs: [] }])).toBe(false);
  expect(holds([{ op: "create", type: "a", name: "b" }])).toBe(false);
});
