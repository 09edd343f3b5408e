import type { EngineEvent } from "@pulumi/pulumi/automation";
import {
  countChanges,
  readEvents,
  type ReportedEvent,
  type Step,
} from "../../../src/report/changes.ts";
import { change } from "../../fixtures/runs.ts";

const type = "aws:apigateway/stage:Stage";
const urnOf = (name: string, kind = type) =>
  `urn:pulumi:prod::ai-gate::${kind}::${name}`;

const step = (op: string, more: Partial<Step> = {}): Step => ({
  op,
  urn: urnOf("stage"),
  type,
  ...more,
});
const pre = (op: string, more: Partial<Step> = {}): ReportedEvent => ({
  resourcePreEvent: { metadata: step(op, more) },
});
const done = (op: string, more: Partial<Step> = {}): ReportedEvent => ({
  resOutputsEvent: { metadata: step(op, more) },
});
const failed = (op: string): ReportedEvent => ({
  resOpFailedEvent: { metadata: step(op) },
});

// The Automation API's own events can be read as they are.
export const readAutomationEvents = (events: EngineEvent[]) =>
  readEvents(events);

test.each<[string, ReportedEvent[], string[]]>([
  ["a create, before and after", [pre("create"), done("create")], ["create"]],
  ["an update", [pre("update"), done("update")], ["update"]],
  ["a delete", [pre("delete"), done("delete")], ["delete"]],
  [
    "a replace, created first",
    [pre("create-replacement"), pre("replace"), pre("delete-replaced")],
    ["replace"],
  ],
  [
    "a replace, deleted first",
    [pre("delete-replaced"), pre("replace"), pre("create-replacement")],
    ["replace"],
  ],
  [
    "a replace of which only the first step ran",
    [pre("create-replacement")],
    ["replace"],
  ],
  ["what an earlier replace left over", [pre("delete-replaced")], ["delete"]],
  [
    "what an earlier replace left over of a resource that is updated",
    [pre("update"), pre("delete-replaced")],
    ["update"],
  ],
  [
    "what an earlier replace left over of a resource that stays",
    [pre("same"), pre("delete-replaced"), done("delete-replaced")],
    ["delete"],
  ],
  [
    "a replace that was cut short after its delete",
    [pre("remove-pending-replace"), pre("create")],
    ["replace"],
  ],
  [
    "an update of what is then deleted",
    [pre("update"), pre("delete")],
    ["delete"],
  ],
  ["a refresh that failed", [pre("refresh"), failed("refresh")], []],
  [
    "a delete and a create under one name",
    [pre("delete"), pre("create")],
    ["replace"],
  ],
  ["an import", [pre("import")], ["create"]],
  ["an import in place of something", [pre("import-replacement")], ["replace"]],
  ["nothing changed", [pre("same"), done("same")], []],
  [
    "read, discard, refresh",
    [
      pre("read"),
      pre("discard"),
      pre("refresh"),
      pre("read-replacement"),
      pre("discard-replaced"),
    ],
    [],
  ],
  [
    "a refresh that found a difference",
    [pre("refresh"), done("update")],
    ["update"],
  ],
  [
    "a refresh that found it gone",
    [pre("refresh"), done("delete")],
    ["delete"],
  ],
  [
    "a refresh with named differences",
    [pre("refresh", { diffs: ["tags"] })],
    ["update"],
  ],
  [
    "a refresh with differences named twice",
    [
      pre("refresh", {
        diffs: ["tags"],
        detailedDiff: { tags: { diffKind: "update" } },
      }),
    ],
    ["update"],
  ],
  ["a read with named differences", [pre("read", { diffs: ["tags"] })], []],
  ["an unknown step", [pre("dance")], []],
  ["no events", [], []],
])("%s", (_, events, expected) => {
  expect(readEvents(events).changes.map(({ op }) => op)).toEqual(expected);
});

test.each([
  ["pulumi:pulumi:Stack", 0],
  ["pulumi:providers:aws", 0],
  ["aws:lambda/function:Function", 1],
])("%s counts as %s changes", (kind, count) => {
  const event = pre("create", { type: kind, urn: urnOf("x", kind) });
  expect(readEvents([event]).changes).toHaveLength(count);
});

test("a change says what, where and which properties, in the engine's order, without values", () => {
  const { changes } = readEvents([
    pre("update", {
      diffs: ["tags", "variables"],
      detailedDiff: {
        "tags.commit": { diffKind: "update" },
        "variables[0]": { diffKind: "add" },
      },
      old: { outputs: { secret: "hunter2" } },
      new: { outputs: { secret: "hunter3" } },
    }),
    pre("create-replacement", {
      urn: urnOf("a::b"),
      keys: ["role"],
      diffs: null,
      detailedDiff: {
        name: { diffKind: "update-replace" },
        body: { diffKind: "update" },
      },
    }),
    pre("replace", { urn: urnOf("a::b"), diffs: ["name"] }),
  ]);
  expect(changes).toEqual([
    change("update", { name: "stage", diffs: ["tags.commit", "variables[0]"] }),
    change("replace", {
      name: "a::b",
      diffs: ["name", "body"],
      replaceKeys: ["name", "role"],
    }),
  ]);
  expect(JSON.stringify(changes)).not.toContain("hunter");
});

test("a refreshed resource without named properties names the outputs that differ", () => {
  const { changes } = readEvents([
    done("update", {
      diffs: null,
      detailedDiff: null,
      old: { outputs: { a: 1, b: { c: [1] }, d: "x" } },
      new: { outputs: { a: 1, b: { c: [2] }, e: "x" } },
    }),
  ]);
  expect(changes[0]!.diffs).toEqual(["b", "d", "e"]);
  expect(readEvents([done("update", { old: null })]).changes[0]!.diffs).toEqual(
    [],
  );
});

test.each<[string, ReportedEvent[], string[]]>([
  [
    "a step that changes nothing names no property",
    [pre("same", { diffs: ["x"] }), pre("update", { diffs: ["y"] })],
    ["y"],
  ],
  [
    "properties without details",
    [pre("update", { diffs: ["tags"], detailedDiff: {} })],
    ["tags"],
  ],
  [
    "a replacement that names none",
    [
      pre("replace", {
        old: { outputs: { a: 1 } },
        new: { outputs: { a: 2 } },
      }),
    ],
    [],
  ],
  [
    "an update of what had no outputs",
    [pre("update", { old: {}, new: { outputs: { a: 1 } } })],
    [],
  ],
])("properties that differ: %s", (_, events, diffs) => {
  expect(readEvents(events).changes[0]!.diffs).toEqual(diffs);
});

test("a failed operation is marked and not counted", () => {
  const { changes } = readEvents([
    pre("create"),
    failed("create"),
    pre("create", { urn: urnOf("other") }),
  ]);
  expect(changes.map((one) => one.failed)).toEqual([true, undefined]);
  expect(countChanges(changes)).toEqual({
    create: 1,
    update: 0,
    replace: 0,
    delete: 0,
  });
});

test("counts by operation", () => {
  const changes = (
    ["create", "update", "update", "replace", "delete"] as const
  ).map((op) => change(op));
  expect(countChanges(changes)).toEqual({
    create: 1,
    update: 2,
    replace: 1,
    delete: 1,
  });
});

test("errors lose their colours, other messages are left out", () => {
  const say = (severity: string, message: string) => ({
    diagnosticEvent: { severity, message },
  });
  const { errors } = readEvents([
    say("error", "<{%fg 1%}>it broke<{%reset%}>\n"),
    say("error", "<{%reset%}>"),
    say("warning", "careful"),
    say("info", "hello"),
  ]);
  expect(errors).toEqual(["it broke"]);
});

test("what policy packs say is read without what the log masks", () => {
  const policyEvent = {
    policyName: "rule",
    policyPackName: "rules",
    message: "the key canary of 111122223333",
    enforcementLevel: "advisory",
  };
  const { violations } = readEvents([{ policyEvent }], ["canary"]);
  expect(violations).toEqual([
    {
      level: "advisory",
      policy: "rule",
      pack: "rules",
      resource: "the gate",
      message: "the key *** of ***",
    },
  ]);
});

test("the engine's summary, the last one if there are several", () => {
  const end = (maybeCorrupt: boolean) => ({ summaryEvent: { maybeCorrupt } });
  const { maybeCorrupt } = readEvents([end(false), end(true)]);
  expect(maybeCorrupt).toBe(true);
  expect(readEvents([])).toEqual({
    changes: [],
    errors: [],
    violations: [],
    maybeCorrupt: false,
  });
});

test.each([
  ["delete", [pre("delete")], false],
  ["delete-replaced", [pre("delete-replaced")], true],
  ["both", [pre("delete-replaced"), pre("delete")], false],
  ["an update with it", [pre("delete-replaced"), pre("update")], false],
  ["a replace", [pre("delete-replaced"), pre("replace")], false],
])("left over by an earlier replace: %s", (_, events, leftover) => {
  expect(readEvents(events).changes[0]!.leftover).toBe(leftover);
});

describe("a function that a refresh calls the same", () => {
  const hash = (codeSha256: unknown) => ({ outputs: { codeSha256 } });
  const found = (op: string, was: unknown, is: unknown) =>
    readEvents([
      pre("refresh", { old: hash(was) }),
      done(op, { old: hash(was), new: hash(is) }),
    ]).changes.map(({ diffs, op: change }) => [change, ...diffs]);

  test.each([
    ["holds other code", "same", "a", "b", [["update", "codeSha256"]]],
    ["holds the same code", "same", "a", "a", []],
    ["was never looked at", "same", undefined, "b", []],
    ["says nothing now", "same", "a", undefined, []],
  ])("%s", (_what, op, was, is, expected) => {
    expect(found(op, was, is)).toEqual(expected);
  });

  test("an update names what the engine says, not what came of it", () => {
    const step = { old: hash("a"), new: hash("b"), diffs: ["code"] };
    const [one] = readEvents([done("update", step)]).changes;
    expect(one?.diffs).toEqual(["code"]);
  });

  test("and what the engine found besides is named too", () => {
    const step = { old: hash("a"), new: hash("b"), diffs: ["timeout"] };
    const [one] = readEvents([done("same", step)]).changes;
    expect(one?.diffs).toEqual(["timeout", "codeSha256"]);
  });
});
