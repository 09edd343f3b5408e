import type { OutputMap } from "@pulumi/pulumi/automation";
import type { CommandInput } from "../../src/action/inputs/contract.ts";
import type { Execution } from "../../src/action/stack/execution.ts";
import { readJob } from "../../src/action/job.ts";
import { createJudge, type JudgeParts } from "../../src/action/review/judge.ts";
import type { ReviewLine } from "../../src/action/review/review-line.ts";
import { rehearse } from "../../src/action/stack/rehearse.ts";
import {
  keepReviewSecret,
  reviewSecretIn,
} from "../../src/action/review/review-secret.ts";
import { summarizeGate } from "../../src/gate/difference/summary.ts";
import { GateFailure } from "../../src/gate/failure.ts";
import type { Change } from "../../src/report/change.ts";
import { readEvents } from "../../src/report/changes.ts";
import { isNew } from "../../src/report/gate-before.ts";
import { sha256 } from "../gate/sources.ts";
import { consumer, gate as buildGate } from "../proof/gates.ts";

const gate = buildGate({ consumers: [consumer("team-a", ["/**"])] });
const more = buildGate({
  consumers: [consumer("team-a", ["/**"]), consumer("team-b", ["/**"])],
});

const before: OutputMap = {
  summary: { value: summarizeGate(gate, { sha256 }), secret: false },
};

const unknown = { contents: undefined, proofKey: undefined };

const change = (op: Change["op"], name: string): Change => ({
  op,
  type: "aws:lambda/function:Function",
  name,
  diffs: [],
  values: {},
  replaceKeys: [],
  grants: [],
  leftover: false,
  failed: false,
});

const none = {
  failOn: [],
  allow: [],
  expectNoChanges: false,
  requireReviewed: false,
};

interface More {
  readonly command?: Exclude<CommandInput, "auto">;
  readonly rules?: Partial<JudgeParts["rules"]>;
  readonly gate?: typeof gate;
}

function judgeOf({ command = "up", rules, gate: described = gate }: More) {
  const lines: ReviewLine[] = [];
  const judge = createJudge({
    target: {
      command,
      stack: "prod",
      region: "eu-west-1",
      gate: described,
      removeStack: false,
    },
    rules: { ...none, ...rules },
    job: readJob({}),
    sources: { thread: undefined, retry: { sleep: () => Promise.resolve() } },
    reviewed: (line) => lines.push(line),
  });
  return { judge, lines };
}

const execution = (
  changes: readonly Change[],
  failure?: GateFailure,
): Execution => ({
  before,
  after: {},
  report: { changes, errors: [], maybeCorrupt: false },
  failure,
  proofKey: undefined,
  gate,
  contents: undefined,
  tokens: undefined,
});

describe("what is looked at first", () => {
  test.each<[string, More, string[]]>([
    ["nothing without rules", {}, []],
    [
      "nothing when the config tells that nothing is found",
      { rules: { failOn: ["consumer-added", "token-header"] } },
      [],
    ],
    [
      "a preview when the config tells that something is",
      { gate: more, rules: { failOn: ["consumer-added"] } },
      ["preview"],
    ],
    [
      "nothing when that is allowed",
      {
        gate: more,
        rules: { failOn: ["consumer-added"], allow: ["consumer-added team-b"] },
      },
      [],
    ],
    [
      "a preview for what only the engine tells",
      { rules: { failOn: ["replace"] } },
      ["preview"],
    ],
    [
      "a preview to expect no changes",
      { rules: { expectNoChanges: true } },
      ["preview"],
    ],
    [
      "a preview to compare with the review",
      { rules: { requireReviewed: true } },
      ["preview"],
    ],
    [
      "drift, then a preview",
      { rules: { failOn: ["delete", "drift"] } },
      ["drift", "preview"],
    ],
    [
      "drift before a preview",
      { command: "preview", rules: { failOn: ["delete", "drift"] } },
      ["drift"],
    ],
    [
      "nothing before a preview otherwise",
      {
        command: "preview",
        rules: { failOn: ["delete"], requireReviewed: true },
      },
      [],
    ],
    [
      "nothing before a refresh",
      {
        command: "refresh",
        rules: { failOn: ["drift"], requireReviewed: true },
      },
      [],
    ],
    [
      "nothing before a destroy",
      {
        command: "destroy",
        rules: { failOn: ["drift"], requireReviewed: true },
      },
      [],
    ],
  ])("%s", (_, parts, expected) => {
    const known = { ...unknown, before, gate: parts.gate ?? gate };
    expect(judgeOf(parts).judge.rehearsals(known)).toEqual(expected);
  });

  test.each([
    "auth-changed",
    "delete",
    "policy-widened",
    "replace",
    "url-change",
  ] as const)("%s is looked for by the engine", (code) => {
    const { judge } = judgeOf({ rules: { failOn: [code] } });
    expect(judge.rehearsals({ ...unknown, before, gate })).toEqual(["preview"]);
  });
});

const url = (name: string, value: string) => [name, { value, secret: false }];
/** Of another version of this action. */
const unreadable: OutputMap = {
  ...(Object.fromEntries([
    url("apiId", "a"),
    url("baseUrl", "https://a.example/v1"),
    url("region", "eu-west-1"),
    url("stageName", "v1"),
  ]) as OutputMap),
  summary: { value: { version: 1 }, secret: false },
};

describe("a gate that is there, of which nothing is known", () => {
  test.each<[string, JudgeParts["rules"]["failOn"], boolean]>([
    ["the default", ["auth-removed", "public-route"], false],
    ["a code that cannot be told", ["consumer-removed"], true],
  ])("is held by %s", async (_, failOn, holds) => {
    const { judge } = judgeOf({ rules: { failOn } });
    const known = { ...unknown, before: unreadable, gate };
    expect(judge.rehearsals(known)).toEqual(holds ? ["preview"] : []);
    const held = await judge.hold("preview", {
      ...execution([change("update", "policy")]),
      before: unreadable,
    });
    expect(held?.failure?.reason).toBe(holds ? "fail-on" : undefined);
    if (holds)
      expect(held).toMatchObject({
        command: "up",
        previewed: true,
        urls: { apiId: "a" },
        judgement: { stopped: [{ code: "auth-changed", subject: "gate" }] },
      });
  });

  test("is not new, so what its roles may do is told", async () => {
    const { judge } = judgeOf({ rules: { failOn: ["policy-widened"] } });
    const held = await judge.hold("preview", {
      ...execution([
        { ...change("create", "policy"), grants: ["`a:X` on `*`"] },
      ]),
      before: unreadable,
    });
    expect(held?.judgement?.stopped.map(({ code }) => code)).toEqual([
      "auth-changed",
      "policy-widened",
    ]);
  });
});

describe("what holds an up", () => {
  const hold = (
    parts: More,
    changes: readonly Change[],
    failure?: GateFailure,
  ) => judgeOf(parts).judge.hold("preview", execution(changes, failure));

  test("nothing that is not named", async () => {
    const changes = [change("delete", "stage")];
    expect(
      await hold({ rules: { failOn: ["replace"] } }, changes),
    ).toBeUndefined();
  });

  test("what is named, with the words to allow it", async () => {
    const changes = [change("delete", "stage")];
    const held = await hold({ rules: { failOn: ["delete"] } }, changes);
    expect(held).toMatchObject({
      command: "up",
      previewed: true,
      failure: { reason: "fail-on" },
      judgement: { stopped: [{ code: "delete", subject: "stage" }] },
    });
    expect(held?.failure?.message).toContain("`delete stage`");
  });

  test("any change that was not expected", async () => {
    const changes = [change("update", "gate"), change("create", "stage")];
    const held = await hold({ rules: { expectNoChanges: true } }, changes);
    expect(held?.failure).toMatchObject({ reason: "fail-on" });
    expect(held?.failure?.message).toContain("it would update gate and 1 more");
    expect(
      await hold({ rules: { expectNoChanges: true } }, []),
    ).toBeUndefined();
  });

  test("what the engine knows nothing of, where nothing was expected", async () => {
    const { judge } = judgeOf({ rules: { expectNoChanges: true } });
    const widened = { ...execution([]), gate: more };
    const held = await judge.hold("preview", widened);
    expect(held?.failure).toMatchObject({ reason: "fail-on" });
    expect(held?.failure?.message).toContain(
      "no resource would change, but the consumer `team-b` is added",
    );
  });

  test("and the gate that is there is no new one: its URL stays known", async () => {
    const outputs = { apiId: "a1", baseUrl: "https://a1/v1", region: "r" };
    const there = Object.fromEntries(
      Object.entries({ ...outputs, stageName: "v1" }).map(([name, value]) => [
        name,
        { value, secret: false },
      ]),
    );
    const { judge } = judgeOf({ rules: { failOn: ["delete"] } });
    const held = await judge.hold("preview", {
      ...execution([change("delete", "stage")]),
      before: there,
    });
    expect(held?.urls).toMatchObject({ ...outputs, stageName: "v1" });
    // Of a new gate every consumer would be one.
    expect(held && isNew(held)).toBe(false);
    expect(held?.history).toBe("");
  });

  test("a preview that failed, with its own failure", async () => {
    const failure = new GateFailure("aws-denied", "x");
    const held = await hold({ rules: { failOn: ["delete"] } }, [], failure);
    expect(held?.failure).toBe(failure);
  });

  test("a review that is missing", async () => {
    const changes = [change("update", "gate")];
    const held = await hold({ rules: { requireReviewed: true } }, changes);
    expect(held?.failure).toMatchObject({ reason: "plan-changed" });
  });
});

test("drift holds an up, unless it is allowed", async () => {
  const drifted = execution([change("update", "gate")]);
  const held = await judgeOf({ rules: { failOn: ["drift"] } }).judge.hold(
    "drift",
    drifted,
  );
  expect(held).toMatchObject({
    command: "drift",
    failure: { reason: "drift" },
  });
  const allowed = { failOn: ["drift" as const], allow: ["drift gate"] };
  expect(
    await judgeOf({ rules: allowed }).judge.hold("drift", drifted),
  ).toBeUndefined();
});

test("rehearsals are run in order until one holds the run", async () => {
  const asked: string[] = [];
  const { judge } = judgeOf({
    rules: { failOn: ["drift", "delete"], expectNoChanges: true },
  });
  const known = {
    before,
    gate,
    proofKey: undefined,
    contents: { gate: "x" },
  };
  const run = (rehearsal: string) => {
    asked.push(rehearsal);
    return Promise.resolve({ events: [], outputs: {}, report: readEvents([]) });
  };
  expect(await rehearse(judge, known, run)).toBeUndefined();
  expect(asked).toEqual(["drift", "preview"]);
  const broken = () =>
    Promise.resolve({
      events: [],
      outputs: {},
      report: readEvents([]),
      failure: new GateFailure("engine", "x"),
    });
  expect(await rehearse(judge, known, broken)).toMatchObject({
    command: "drift",
    failure: { reason: "engine" },
  });
});

describe("the stack's review secret", () => {
  const keep = async (stored: OutputMap) => {
    const masked: string[] = [];
    const program = keepReviewSecret(
      () => Promise.resolve({ apiId: "a" }),
      stored,
      (secret) => masked.push(secret),
    );
    return { outputs: (await program())!, masked };
  };

  test("is made once, masked, and never the same for two stacks", async () => {
    const [one, two] = [await keep({}), await keep({})];
    expect(one.masked).toHaveLength(1);
    expect(one.masked[0]!.length).toBeGreaterThanOrEqual(43);
    expect(one.masked).not.toEqual(two.masked);
    expect(one.outputs["apiId"]).toBe("a");
    const output = one.outputs["reviewKey"] as { isSecret: Promise<boolean> };
    expect(await output.isSecret).toBe(true);
  });

  test("stays what it was", async () => {
    const stored = { reviewKey: { value: "kept-secret", secret: true } };
    expect(reviewSecretIn(stored)).toBe("kept-secret");
    expect((await keep(stored)).masked).toEqual(["kept-secret"]);
  });

  test.each([
    {},
    { reviewKey: { value: "", secret: true } },
    { reviewKey: { value: 1, secret: true } },
  ])("is not there in %p", (stored) => {
    expect(reviewSecretIn(stored as OutputMap)).toBeUndefined();
  });
});
