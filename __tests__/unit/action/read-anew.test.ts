// When an `up` looks for what somebody deleted by hand: told by AWS that something is not there, or by its proof though nothing changed.
import type { EngineEvent } from "@pulumi/pulumi/automation";
import type { Described } from "../../../src/action/describe.ts";
import type { Rules } from "../../../src/action/run-checks.ts";
import { limitingRule } from "../../../src/action/stack/dry-runs.ts";
import { isGone } from "../../../src/action/stack/half-made.ts";
import {
  answerGone,
  isReadAnewNext,
  makeWhole,
  workAnew,
} from "../../../src/action/stack/read-anew.ts";
import type { Operation } from "../../../src/deploy/stack.ts";
import { type FailureReason, GateFailure } from "../../../src/gate/failure.ts";
import { readEvents } from "../../../src/report/changes.ts";
import { hostWith } from "../../fixtures/host.ts";

/** As the provider passes them on; AWS's services have no common word. */
test.each<[FailureReason | undefined, string, boolean]>([
  [
    "engine",
    "Stage stage: updating: operation error API Gateway: UpdateStage, https response error StatusCode: 404, NotFoundException: Invalid stage identifier specified",
    true,
  ],
  [
    "engine",
    "RestApi api: operation error API Gateway: PutRestApi, StatusCode: 404, NotFoundException: Invalid API identifier specified 111122223333:abc",
    true,
  ],
  [
    "engine",
    "Function authorizer: operation error Lambda: UpdateFunctionCode, StatusCode: 404, ResourceNotFoundException: Function not found",
    true,
  ],
  [
    "engine",
    "RolePolicy authorizer-policy: operation error IAM: PutRolePolicy, StatusCode: 404, NoSuchEntity: The role with name x cannot be found.",
    true,
  ],
  [
    "engine",
    "LogGroup log: operation error CloudWatch Logs: PutRetentionPolicy, ResourceNotFoundException: The specified log group does not exist.",
    true,
  ],
  [
    "engine",
    "Table tokens: operation error DynamoDB: UpdateTable, ResourceNotFoundException: Requested resource not found",
    true,
  ],
  ["engine", "WebAclAssociation: WAFNonexistentItemException: AWS WAF", true],
  // In the words of another kind of failure it may be the user's own function or secret.
  ["aws-denied", "NotFoundException", false],
  ["invalid-input", "ResourceNotFoundException", false],
  ["engine", "ConflictException: already exists", false],
  ["engine", "BadRequestException: Invalid stage", false],
  ["engine", "StatusCode: 500, InternalFailure", false],
  ["aws-throttled", "TooManyRequestsException", false],
  [undefined, "", false],
])("%s: %s is gone: %s", (reason, message, gone) => {
  const failure = reason && new GateFailure(reason, message);
  expect(isGone({ events: [], outputs: {}, ...(failure && { failure }) })).toBe(
    gone,
  );
});

const none: Rules = {
  failOn: ["auth-removed", "public-route"],
  allow: [],
  expectNoChanges: false,
  expectedPlan: undefined,
};

/** The rules by which nothing may be done but what the preview showed. */
const limits: readonly [string, Partial<Rules>][] = [
  ["expected-plan", { expectedPlan: "0".repeat(64) }],
  ["expect-no-changes", { expectNoChanges: true }],
  ...(
    [
      "auth-changed",
      "delete",
      "policy-widened",
      "replace",
      "url-change",
    ] as const
  ).map((code): [string, Partial<Rules>] => [
    "fail-on",
    { failOn: ["public-route", code] },
  ]),
];

test.each(limits)("%s limits what is done: %j", (input, rules) => {
  expect(limitingRule({ ...none, ...rules })).toBe(input);
});

test.each<Partial<Rules>>([{}, { failOn: ["drift", "consumer-added"] }])(
  "nothing limits what is done: %j",
  (rules) => {
    expect(limitingRule({ ...none, ...rules })).toBeUndefined();
  },
);

const broken = new GateFailure("gate-broken", "THE GATE IS NOT CLOSED. x");
const before = { stageName: "first" } as unknown as Described["before"];
const described = (more: Partial<Described> = {}): Described => ({
  command: "up",
  gateId: "ai-gate/prod",
  region: "eu-west-1",
  stack: "prod",
  previewed: false,
  changes: [],
  before,
  urls: undefined,
  failure: undefined,
  ...more,
});
const changes = [{}] as unknown as Described["changes"];

interface Row {
  readonly what: string;
  readonly run?: Partial<Described>;
  readonly proved?: Partial<Described>;
  readonly readsAnew?: true;
  /** Undefined where nothing is to be read anew. */
  readonly again?: Partial<Described> | Error;
  /** Whose answer stands; `throws` where the second error ends the run. */
  readonly stands: "first" | "second" | "throws";
  readonly warning?: string;
}

const healed =
  "before everything was read anew, the proof of this run had failed: THE GATE IS NOT CLOSED. x";
const notMade = "what is missing was not made again: ";

const rows: readonly Row[] = [
  { what: "a gate that works", proved: {}, stands: "first" },
  { what: "a change", run: { changes }, stands: "first" },
  { what: "a new gate", run: { before: undefined }, stands: "first" },
  {
    what: "an upstream that refuses",
    proved: { failure: new GateFailure("upstream-refused", "x") },
    stands: "first",
  },
  {
    what: "a cancelled proof",
    proved: { failure: new GateFailure("cancelled", "x") },
    stands: "first",
  },
  { what: "a second time", readsAnew: true, stands: "first" },
  {
    what: "whole again",
    again: { changes },
    stands: "second",
    warning: healed,
  },
  // As when it only took its time.
  {
    what: "all there, and it works now",
    again: {},
    stands: "second",
    warning: healed,
  },
  {
    what: "all there, and still broken",
    again: { failure: new GateFailure("gate-broken", "again") },
    stands: "first",
  },
  {
    what: "made again, and still broken",
    again: { changes, failure: new GateFailure("gate-broken", "again") },
    stands: "second",
    warning: healed,
  },
  {
    what: "AWS that refuses to make it again",
    again: { changes, failure: new GateFailure("aws-denied", "no") },
    stands: "second",
    warning: healed,
  },
  {
    what: "AWS that refuses to read it anew",
    again: { failure: new GateFailure("aws-denied", "no") },
    stands: "first",
    warning: `${notMade}no`,
  },
  {
    what: "policy packs that refuse what is missing",
    again: { failure: new GateFailure("policy", "no") },
    stands: "first",
    warning: `${notMade}no`,
  },
  {
    what: "a dry run that stops it",
    again: {
      changes,
      previewed: true,
      failure: new GateFailure("drift", "gone"),
    },
    stands: "first",
    warning: `${notMade}gone`,
  },
  {
    what: "an operation that is cancelled",
    again: { failure: new GateFailure("cancelled", "x") },
    stands: "second",
    warning: healed,
  },
  {
    what: "a locked stack",
    again: new GateFailure("locked", "by another run"),
    stands: "first",
    warning: `${notMade}by another run`,
  },
  {
    what: "credentials that ended meanwhile",
    again: new GateFailure("no-credentials", "expired"),
    stands: "first",
    warning: `${notMade}expired`,
  },
  {
    what: "a run that is cancelled meanwhile",
    again: new GateFailure("cancelled", "x"),
    stands: "throws",
  },
  {
    what: "a fault of our own",
    again: new TypeError("x"),
    stands: "throws",
  },
];

async function made(
  { again = {}, proved, readsAnew, run }: Partial<Row>,
  rules: Partial<Rules> = {},
) {
  let asked = 0;
  const context = {
    host: hostWith(),
    inputs: { ...none, ...rules },
    ...(readsAnew && { readsAnew }),
  };
  const first = described(run);
  const isNext = isReadAnewNext(first, context);
  const whole = await makeWhole(
    { run: first, proved: described(proved ?? { failure: broken, ...run }) },
    context,
    () => {
      asked += 1;
      return again instanceof Error
        ? Promise.reject(again)
        : Promise.resolve(described(again));
    },
  ).catch((error: unknown) => error as Error);
  return { asked, isNext, whole };
}

test.each(rows.map((row) => [row.what, row] as const))("%s", async (_, row) => {
  const { asked, whole } = await made(row);
  expect(asked).toBe(row.again === undefined ? 0 : 1);
  if (row.stands === "throws") {
    expect(whole).toBe(row.again);
    return;
  }
  const first = described({ failure: broken, ...row.run, ...row.proved });
  const expected =
    row.stands === "second"
      ? described(row.again)
      : row.proved
        ? described(row.proved)
        : first;
  expect(whole).toEqual({
    ...expected,
    ...(row.warning !== undefined && { warnings: [row.warning] }),
  });
});

test.each(limits)(
  "nothing is done that %s forbids, and the run says what to do: %j",
  async (input, rules) => {
    const { asked, isNext, whole } = await made({ again: { changes } }, rules);
    expect({ asked, isNext }).toEqual({ asked: 0, isNext: false });
    expect(whole).toMatchObject({
      changes: [],
      failure: {
        reason: "gate-broken",
        message: broken.message,
        problems: [
          {
            where: input,
            message: expect.stringMatching(/run `refresh`, then `preview`/),
          },
        ],
      },
    });
    // Nor does a gate that changed, or works, need that.
    const changed = described({ changes, failure: broken });
    expect((await made({ run: { changes } }, rules)).whole).toEqual(changed);
    expect((await made({ proved: {} }, rules)).whole).toEqual(described());
  },
);

test("a proof waits shorter only where everything is read anew after it", async () => {
  expect((await made({})).isNext).toBe(true);
  for (const row of [
    { run: { changes } },
    { run: { before: undefined } },
    { readsAnew: true as const },
  ])
    expect((await made(row)).isNext).toBe(false);
});

type Tokens = Described["tokens"];
test.each<[Tokens, Tokens, Tokens]>([
  [
    { added: 2, removed: 1 },
    { added: 0, removed: 0 },
    { added: 2, removed: 1 },
  ],
  [
    { added: 2, removed: 0 },
    { added: 1, removed: 3 },
    { added: 3, removed: 3 },
  ],
  [{ added: 2, removed: 0 }, undefined, { added: 2, removed: 0 }],
  [undefined, undefined, undefined],
])(
  "what the first half did to tokens stays in the report: %j, then %j",
  async (one, other, all) => {
    const after = { stageName: "second" } as unknown as Described["after"];
    const { whole } = await made({
      run: { tokens: one },
      // It reads the summary that the first half has written.
      again: { changes, before: after, after, tokens: other },
    });
    expect(whole).toMatchObject({ before, after, changes });
    expect((whole as Described).tokens).toEqual(all);
  },
);

const urnOf = (name: string) => `urn:pulumi:prod::ai-gate::aws:x/y:Y::${name}`;
const step = (
  kind: "resourcePreEvent" | "resOutputsEvent" | "resOpFailedEvent",
  op: string,
  name: string,
) => ({
  [kind]: { metadata: { op, urn: urnOf(name), type: "aws:x/y:Y" } },
});
const events = (...all: object[]) => all as unknown as EngineEvent[];
const violation = {
  policyEvent: {
    policyName: "p",
    policyPackName: "rules",
    message: "no",
    enforcementLevel: "mandatory",
  },
};
const gone = new GateFailure("engine", "UpdateStage: NotFoundException");

const failedUp: Operation = {
  events: events(
    step("resourcePreEvent", "update", "policy"),
    step("resOutputsEvent", "update", "policy"),
    step("resourcePreEvent", "update", "stage"),
    step("resOpFailedEvent", "update", "stage"),
    // Stopped before it was done.
    step("resourcePreEvent", "delete", "old-route"),
    { diagnosticEvent: { severity: "error", message: "NotFoundException" } },
    violation,
  ),
  outputs: {},
  failure: gone,
};

const secondUp: Operation = {
  events: events(
    step("resourcePreEvent", "same", "policy"),
    step("resOutputsEvent", "same", "policy"),
    step("resourcePreEvent", "create", "stage"),
    step("resOutputsEvent", "create", "stage"),
  ),
  outputs: { apiId: { value: "a", secret: false } },
};

describe("an `up` that AWS tells that something is gone", () => {
  const answered = async (done: Operation, rules: Partial<Rules> = {}) => {
    const lines: string[] = [];
    let asked = 0;
    const answer = await answerGone(
      done,
      {
        host: hostWith({ log: (line) => lines.push(line) }),
        inputs: { ...none, ...rules },
      },
      () => {
        asked += 1;
        return Promise.resolve(secondUp);
      },
    );
    return { answer, asked, lines };
  };

  test("reports what both halves did, and nothing that failed and was done then", async () => {
    const { answer, lines } = await answered(failedUp);
    const { changes, errors, violations } = readEvents(answer.events);
    expect(
      changes.map(({ failed, name, op }) => ({ failed, name, op })),
    ).toEqual([
      { name: "policy", op: "update" },
      { name: "stage", op: "create" },
    ]);
    expect({ errors, violations }).toEqual({ errors: [], violations: [] });
    expect(answer).toMatchObject({ outputs: secondUp.outputs });
    expect(answer.failure).toBeUndefined();
    expect(lines).toEqual(["Something of the gate is not there any more"]);
  });

  test.each(limits)(
    "does nothing that %s forbids, and says what to do: %j",
    async (where, rules) => {
      const { answer, asked, lines } = await answered(failedUp, rules);
      expect({ asked, lines }).toEqual({ asked: 0, lines: [] });
      expect(answer.events).toBe(failedUp.events);
      expect(answer.failure).toMatchObject({
        reason: "engine",
        message: gone.message,
        problems: [
          { where, message: expect.stringContaining("run `refresh`") },
        ],
      });
    },
  );

  test.each<[string, Operation]>([
    ["that ended well", secondUp],
    [
      "that failed otherwise",
      { ...failedUp, failure: new GateFailure("engine", "BadRequest") },
    ],
  ])("one %s is as it was", async (_, done) => {
    for (const [, rules] of [["", {}] as const, ...limits])
      expect((await answered(done, rules)).answer).toBe(done);
  });
});

describe("everything is read anew", () => {
  const done = async (
    policyPacks: readonly string[] | undefined,
    failing?: "refresh" | "preview",
  ) => {
    const steps: string[] = [];
    const act = (name: string, operation: Operation) => () => {
      steps.push(name);
      const failure = new GateFailure("policy", `${name} failed`);
      return Promise.resolve(
        name === failing ? { ...operation, failure } : operation,
      );
    };
    const operation = await workAnew({
      stack: { refresh: act("refresh", { events: [], outputs: {} }) },
      policyPacks,
      preview: act("preview", {
        events: events(...secondUp.events, violation),
        outputs: {},
      }),
      work: act("up", secondUp),
    });
    return { operation, steps };
  };

  test.each<[string, readonly string[] | undefined, string[]]>([
    ["no packs", undefined, ["refresh", "up"]],
    ["an empty list of packs", [], ["refresh", "up"]],
    ["packs: before anything is made", ["/w/p"], ["refresh", "preview", "up"]],
  ])("with %s", async (_, packs, steps) => {
    expect(await done(packs)).toEqual({ operation: secondUp, steps });
  });

  test("what packs refuse is not made, and not reported as made", async () => {
    const { operation, steps } = await done(["/w/p"], "preview");
    expect(steps).toEqual(["refresh", "preview"]);
    expect(operation.failure?.message).toBe("preview failed");
    const { changes, violations } = readEvents(operation.events);
    expect(changes).toEqual([]);
    expect(violations).toHaveLength(1);
  });

  test("what cannot be read is not worked on", async () => {
    const { operation, steps } = await done(["/w/p"], "refresh");
    expect(steps).toEqual(["refresh"]);
    expect(operation.failure?.message).toBe("refresh failed");
  });
});
