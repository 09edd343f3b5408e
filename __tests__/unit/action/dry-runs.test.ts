import type { OutputMap } from "@pulumi/pulumi/automation";
import type { Known } from "../../../src/action/describe.ts";
import type { CommandInput } from "../../../src/action/inputs/contract.ts";
import { readJob } from "../../../src/action/job.ts";
import type { Rules } from "../../../src/action/run-checks.ts";
import {
  dryRun,
  type DryRun,
  type DryRunContext,
  dueDryRuns,
} from "../../../src/action/stack/dry-runs.ts";
import { summarizeGate } from "../../../src/diff/summary.ts";
import { GateFailure } from "../../../src/gate/failure.ts";
import type { Change } from "../../../src/report/changes.ts";
import { renderComment } from "../../../src/report/comment.ts";
import { isNew } from "../../../src/report/run-result.ts";
import { consumer, gate as buildGate } from "../../fixtures/proof-gates.ts";
import { sha256 } from "../../fixtures/sources.ts";

const gate = buildGate({ consumers: [consumer("team-a", "*")] });
const more = buildGate({
  consumers: [consumer("team-a", "*"), consumer("team-b", "*")],
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
  leftover: false,
});

const none: Rules = {
  failOn: [],
  allow: [],
  expectNoChanges: false,
  expectedPlan: undefined,
};

interface More {
  readonly command?: Exclude<CommandInput, "auto">;
  readonly rules?: Partial<Rules>;
  readonly gate?: typeof gate;
  readonly before?: OutputMap;
  readonly policyPacks?: readonly string[];
}

const knownOf = (more: More): Known => ({ ...unknown, before, gate, ...more });

const partsOf = ({ command = "up", rules, ...more }: More): DryRunContext => ({
  target: {
    command,
    stack: "prod",
    region: "eu-west-1",
    gate: more.gate ?? gate,
    removeStack: false,
    policyPacks: more.policyPacks ?? [],
  },
  inputs: { ...none, ...rules },
  job: readJob({}),
});

const due = (more: More) => dueDryRuns(knownOf(more), partsOf(more));

const now = "0".repeat(64);
const other = "1".repeat(64);

/** Every dry run that is due finds these changes. */
async function dry(
  more: More,
  changes: readonly Change[],
  failure?: GateFailure,
) {
  const ran: DryRun[] = [];
  const { stopped } = await dryRun(knownOf(more), partsOf(more), (one) => {
    ran.push(one);
    return Promise.resolve({
      events: [],
      outputs: {},
      report: { changes, errors: [], violations: [], maybeCorrupt: false },
      ...(failure === undefined && { plan: now }),
      ...(failure && { failure }),
    });
  });
  return { ran, stopped };
}

describe("what is run first", () => {
  test.each<[string, More, DryRun[]]>([
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
    ...(
      [
        "auth-changed",
        "delete",
        "policy-widened",
        "replace",
        "url-change",
      ] as const
    ).map((code): [string, More, DryRun[]] => [
      `a preview for ${code}, which only the engine tells`,
      { rules: { failOn: [code] } },
      ["preview"],
    ]),
    [
      "a preview to expect no changes",
      { rules: { expectNoChanges: true } },
      ["preview"],
    ],
    [
      "a preview to compare the plan",
      { rules: { expectedPlan: now } },
      ["preview"],
    ],
    [
      "a preview for policy packs, before anything is made",
      { policyPacks: ["/w/policies"] },
      ["preview"],
    ],
    [
      "nothing before a preview with policy packs, which runs them itself",
      { command: "preview", policyPacks: ["/w/policies"] },
      [],
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
      { command: "preview", rules: { failOn: ["delete"] } },
      [],
    ],
    ...(["refresh", "destroy"] as const).map(
      (command): [string, More, DryRun[]] => [
        `nothing before a ${command}`,
        { command, rules: { failOn: ["drift"], expectNoChanges: true } },
        [],
      ],
    ),
  ])("%s", (_, given, expected) => {
    expect(due(given)).toEqual(expected);
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
  test.each<[string, Rules["failOn"], boolean]>([
    ["the default", ["auth-removed", "public-route"], false],
    ["an unknown code", ["consumer-removed"], true],
  ])("is stopped by %s", async (_, failOn, stops) => {
    const given = { rules: { failOn }, before: unreadable };
    const { ran, stopped } = await dry(given, [change("update", "policy")]);
    expect(ran).toEqual(stops ? ["preview"] : []);
    if (stops)
      expect(stopped).toMatchObject({
        command: "up",
        previewed: true,
        failure: { reason: "fail-on" },
        urls: { apiId: "a" },
        check: { stopped: [{ code: "auth-changed", subject: "gate" }] },
      });
  });

  test("is not new, so what its roles may do is told", async () => {
    const given = { rules: { failOn: ["policy-widened" as const] } };
    const { stopped } = await dry({ ...given, before: unreadable }, [
      { ...change("create", "policy"), diffs: ["policy"] },
    ]);
    expect(stopped?.check?.stopped.map(({ code }) => code)).toEqual([
      "auth-changed",
      "policy-widened",
    ]);
  });
});

describe("what stops an up", () => {
  const stop = async (rules: Partial<Rules>, changes: readonly Change[]) =>
    (await dry({ rules }, changes)).stopped;

  test("nothing that is not named", async () => {
    const changes = [change("delete", "stage")];
    expect(await stop({ failOn: ["replace"] }, changes)).toBeUndefined();
  });

  test("what is named, with the words to allow it", async () => {
    const stopped = await stop({ failOn: ["delete"] }, [
      change("delete", "stage"),
    ]);
    expect(stopped).toMatchObject({
      command: "up",
      previewed: true,
      failure: { reason: "fail-on" },
      check: { stopped: [{ code: "delete", subject: "stage" }] },
    });
    expect(stopped?.failure?.message).toContain("`delete stage`");
  });

  test("any change that was not expected", async () => {
    const changes = [change("update", "gate"), change("create", "stage")];
    const stopped = await stop({ expectNoChanges: true }, changes);
    expect(stopped?.failure).toMatchObject({ reason: "fail-on" });
    expect(stopped?.failure?.message).toContain(
      "it would update gate and 1 more",
    );
    expect(await stop({ expectNoChanges: true }, [])).toBeUndefined();
  });

  test("what the engine knows nothing of, where nothing was expected", async () => {
    const given = { rules: { expectNoChanges: true }, gate: more };
    const { stopped } = await dry(given, []);
    expect(stopped?.failure).toMatchObject({ reason: "fail-on" });
    expect(stopped?.failure?.message).toContain(
      "no resource would change, but the consumer `team-b` is added",
    );
  });

  test("and the gate that is there is no new one: its URL stays known", async () => {
    const given = { rules: { failOn: ["delete" as const] } };
    const { summary, ...outputs } = unreadable;
    const { stopped } = await dry({ ...given, before: outputs }, [
      change("delete", "stage"),
    ]);
    expect(summary).toBeDefined();
    expect(stopped?.urls).toMatchObject({ apiId: "a", stageName: "v1" });
    // Of a new gate every consumer would be one.
    expect(stopped && isNew(stopped)).toBe(false);
  });

  test("a dry run that failed, with its own failure, and the next is not made", async () => {
    const failure = new GateFailure("aws-denied", "x");
    const rules = { failOn: ["delete" as const, "drift" as const] };
    const { ran, stopped } = await dry({ rules }, [], failure);
    expect(stopped).toMatchObject({ command: "drift", failure });
    expect(ran).toEqual(["drift"]);
  });

  test("drift, unless it is allowed", async () => {
    const rules = { failOn: ["drift" as const] };
    const changes = [change("update", "gate")];
    expect(await stop(rules, changes)).toMatchObject({
      command: "drift",
      failure: { reason: "drift" },
    });
    const allowed = { ...rules, allow: ["drift gate"] };
    expect(await stop(allowed, changes)).toBeUndefined();
  });
});

describe("the expected plan", () => {
  const changes = [change("update", "gate")];
  const stop = async (given: More, some = changes, failure?: GateFailure) =>
    (await dry(given, some, failure)).stopped;

  test("is what would be done", async () => {
    expect(await stop({ rules: { expectedPlan: now } })).toBeUndefined();
  });

  test("is another one: what would be done now is told in full", async () => {
    const given = { gate: more, rules: { expectedPlan: other } };
    const stopped = await stop(given);
    expect(stopped).toMatchObject({
      command: "up",
      previewed: true,
      plan: now,
      changes: [{ name: "gate" }],
      failure: {
        reason: "plan-changed",
        message: expect.stringMatching(
          /plan 111111111111, now 000000000000\), so nothing was changed\. What it would do now: 1 to update; 1 security-relevant change\. .*only the digest.*Run the preview again/,
        ),
      },
    });
    expect(renderComment(stopped!)).toContain("team-b");
  });

  test("is told before what fail-on stops, which is shown too", async () => {
    const rules = { expectedPlan: other, failOn: ["consumer-added" as const] };
    expect(await stop({ gate: more, rules })).toMatchObject({
      failure: { reason: "plan-changed" },
      check: { stopped: [{ code: "consumer-added", subject: "team-b" }] },
    });
    const same = { ...rules, expectedPlan: now };
    expect(await stop({ gate: more, rules: same })).toMatchObject({
      failure: { reason: "fail-on" },
    });
  });

  test("may be any where nothing would change, so a job can be run again", async () => {
    const rules = { expectedPlan: other };
    expect(await stop({ rules }, [])).toBeUndefined();
    // Tokens in a table are no resources.
    expect(await stop({ gate: more, rules }, [])).toMatchObject({
      failure: { reason: "plan-changed" },
    });
  });

  test("is not compared when the engine failed", async () => {
    const failure = new GateFailure("aws-denied", "x");
    const rules = { expectedPlan: other };
    expect(await stop({ rules }, [], failure)).toMatchObject({ failure });
  });
});
