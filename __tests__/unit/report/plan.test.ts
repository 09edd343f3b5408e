import type { ReportedEvent } from "../../../src/report/changes.ts";
import { isRevisionTag, planText } from "../../../src/report/plan-digest.ts";
import recorded from "../../fixtures/recorded-events.json";

type Step = NonNullable<ReportedEvent["resourcePreEvent"]>["metadata"];

const fn = {
  urn: "urn:pulumi:s::p::aws:lambda/function:Function::authorizer",
  type: "aws:lambda/function:Function",
};
const update = (more: Partial<Step> = {}): Step => ({
  ...fn,
  op: "update",
  diffs: ["code"],
  old: { inputs: { timeout: 5, tags: { team: "ai" } } },
  new: { inputs: { timeout: 6 } },
  ...more,
});

const text = (
  steps: readonly Step[],
  more: Partial<Parameters<typeof planText>[0]> = {},
) =>
  planText({
    events: steps.map((metadata) => ({ resourcePreEvent: { metadata } })),
    contents: { gate: "1", document: "2" },
    before: { apiId: { value: "a", secret: false } },
    ...more,
  });

const asset = (hash: string, where: string) => ({
  "4dabf18193072939515e22adb298388d": "0def7320c3a5731c473e5ecbe6d01bc7",
  hash,
  path: where,
});
const secret = (ciphertext: string) => ({
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  ciphertext,
});
const was = (inputs: Record<string, unknown>) => update({ old: { inputs } });
const other = { ...fn, urn: `${fn.urn}-2`, op: "create" };
const plain = text([update(), other]);

describe("the same plan", () => {
  test.each<[string, string]>([
    ["in another order of events", text([other, update()])],
    ["with an event twice", text([update(), other, update()])],
    [
      "with steps that change nothing",
      text([update(), other, { ...other, op: "same" }, update({ op: "read" })]),
    ],
    [
      "with what is the engine's own",
      text([
        update(),
        other,
        { op: "update", urn: "u", type: "pulumi:pulumi:Stack" },
        { op: "create", urn: "u", type: "pulumi:providers:aws" },
      ]),
    ],
    [
      "whatever a resource gets, which follows from what it is made of",
      text([update({ new: { inputs: { timeout: 7 } } }), other]),
    ],
    [
      "with properties that are set anew each time",
      text([
        update({ diffs: ["code", "lastModified", "tagsAll.team"] }),
        other,
        { ...other, op: "update", diffs: ["lastModified", "tags.commit"] },
      ]),
    ],
    [
      "with another commit and run in the tags",
      text([
        was({
          tags: { "ai-gate:commit": "1", "run-id": "7", team: "ai" },
          timeout: 5,
          lastModified: "now",
        }),
        other,
      ]),
    ],
    [
      "in another order of keys",
      text([update(), other], { contents: { document: "2", gate: "1" } }),
    ],
    [
      "with secret outputs",
      text([update(), other], {
        before: {
          proofKey: { value: "x", secret: true },
          apiId: { value: "a", secret: false },
        },
      }),
    ],
  ])("%s", (_, same) => {
    expect(same).toBe(plain);
  });

  test("from another directory", () => {
    const at = (where: string) => text([was({ code: asset("1", where) })]);
    expect(at("/tmp/a")).toBe(at("/tmp/b"));
  });
});

describe("another plan", () => {
  test.each<[string, string]>([
    ["with one step less", text([update()])],
    ["with another operation", text([update({ op: "replace" }), other])],
    ["with another resource", text([update({ urn: "x" }), other])],
    ["with another property", text([update({ diffs: ["role"] }), other])],
    [
      "with another property of a detailed difference",
      text([update({ detailedDiff: { role: { diffKind: "update" } } }), other]),
    ],
    ["from another value in the state", text([was({ timeout: 4 }), other])],
    ["with another content", text([update(), other], { contents: {} })],
    [
      "after another up",
      text([update(), other], {
        before: { apiId: { value: "b", secret: false } },
      }),
    ],
    [
      "with code that is put back",
      text([update({ diffs: ["code", "sourceCodeHash"] }), other]),
    ],
  ])("%s", (_, changed) => {
    expect(changed).not.toBe(plain);
  });

  test("from another archive in the state", () => {
    const of = (hash: string) => text([was({ code: asset(hash, "/tmp") })]);
    expect(of("1")).not.toBe(of("2"));
  });
});

test("no secret is in it, however the engine writes it", () => {
  const steps = [
    was({ value: secret("planted"), list: [{ deep: secret("planted") }] }),
  ];
  const before = { reviewKey: { value: "planted", secret: true } };
  expect(text(steps, { before })).not.toContain("planted");
});

test("what the real engine sent is planned, in any order", () => {
  const events = recorded.preview as readonly ReportedEvent[];
  const plan = (some: readonly ReportedEvent[]) =>
    text([], { events: some, before: {} });
  expect(plan(events.toReversed())).toBe(plan(events));
  expect(plan(events)).toContain("a1902c18061a5fc2");
  expect(plan(events)).not.toMatch(/\[secret\]|elided|pulumi:pulumi:Stack/);
});

/** What the text itself is: its digest is an output, and must not change with a release that plans the same. */
test("a plan is the steps that change something, with what was there before", () => {
  const steps = [
    update({
      diffs: ["code", "lastModified"],
      old: {
        inputs: {
          timeout: 5,
          code: asset("1", "/tmp/a"),
          key: secret("planted"),
          layers: [null, { name: "b", codeSha256: "x" }],
          tags: { team: "ai", "git-commit": "1", shared: "yes" },
          labels: { commit: "kept" },
          LastModified: "now",
        },
      },
    }),
    { ...other, op: "create" },
    { ...other, op: "same" },
    update({ diffs: ["lastModified", "tagsAll.team", "tags.run-id"] }),
  ];
  const before = {
    apiId: { value: "a", secret: false },
    key: { value: "planted", secret: true },
  };
  const plan = JSON.parse(text(steps, { before })) as { steps: string[] };
  expect({
    ...plan,
    steps: plan.steps.map((one) => JSON.parse(one) as object),
  }).toEqual({
    before: { apiId: "a" },
    contents: { gate: "1", document: "2" },
    steps: [
      { op: "create", urn: other.urn, paths: [], was: null },
      {
        op: "update",
        urn: fn.urn,
        paths: ["code"],
        was: {
          timeout: 5,
          code: { marked: "1" },
          key: { marked: true },
          layers: [null, { name: "b" }],
          tags: { team: "ai", shared: "yes" },
          labels: { commit: "kept" },
        },
      },
    ],
  });
});

test.each([
  ...["commit", "ai-gate:commit", "Revision", "sha", "git-SHA1", "shasum"].map(
    (key) => [key, !key.startsWith("shas")] as const,
  ),
  ...["run-id", "runId", "run_number", "RUN.ATTEMPT", "runattempt"].map(
    (key) => [key, true] as const,
  ),
  ...["shared", "team", "runner", "run", "run--id", "environment", ""].map(
    (key) => [key, false] as const,
  ),
])("the tag %s names a commit or run: %s", (key, is) => {
  expect(isRevisionTag(key)).toBe(is);
});
