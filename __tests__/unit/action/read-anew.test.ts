// When an `up` looks for what somebody deleted by hand: told by AWS that something is not there, or by its proof though nothing changed.
import type { Described } from "../../../src/action/describe.ts";
import { makeWhole } from "../../../src/action/run.ts";
import { isGone } from "../../../src/action/stack/half-made.ts";
import { type FailureReason, GateFailure } from "../../../src/gate/failure.ts";
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

const broken = new GateFailure("gate-broken", "the first answer");
const described = (more: Partial<Described> = {}): Described => ({
  command: "up",
  gateId: "ai-gate/prod",
  region: "eu-west-1",
  stack: "prod",
  previewed: false,
  changes: [],
  before: {} as NonNullable<Described["before"]>,
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
  readonly again?: Partial<Described> | Error;
  /** Whose answer stands; `throws` where the second error ends the run. */
  readonly stands: "first" | "second" | "throws";
  readonly isAsked: boolean;
}

const rows: readonly Row[] = [
  { what: "a gate that works", proved: {}, stands: "first", isAsked: false },
  {
    what: "a change",
    run: { changes },
    stands: "first",
    isAsked: false,
  },
  {
    what: "a new gate",
    run: { before: undefined },
    stands: "first",
    isAsked: false,
  },
  {
    what: "an upstream that refuses",
    proved: { failure: new GateFailure("upstream-refused", "x") },
    stands: "first",
    isAsked: false,
  },
  {
    what: "a cancelled proof",
    proved: { failure: new GateFailure("cancelled", "x") },
    stands: "first",
    isAsked: false,
  },
  {
    what: "a second time",
    readsAnew: true,
    stands: "first",
    isAsked: false,
  },
  { what: "whole again", again: { changes }, stands: "second", isAsked: true },
  // As when it only took its time.
  {
    what: "all there, and it works now",
    again: {},
    stands: "second",
    isAsked: true,
  },
  {
    what: "all there, and still broken",
    again: { failure: new GateFailure("gate-broken", "again") },
    stands: "first",
    isAsked: true,
  },
  {
    what: "made again, and still broken",
    again: { changes, failure: new GateFailure("gate-broken", "again") },
    stands: "second",
    isAsked: true,
  },
  {
    what: "AWS that refuses to make it again",
    again: { changes, failure: new GateFailure("aws-denied", "no") },
    stands: "second",
    isAsked: true,
  },
  {
    what: "a locked stack",
    again: new GateFailure("locked", "by another run"),
    stands: "first",
    isAsked: true,
  },
  {
    what: "credentials that ended meanwhile",
    again: new GateFailure("no-credentials", "expired"),
    stands: "first",
    isAsked: true,
  },
  {
    what: "a run that is cancelled meanwhile",
    again: new GateFailure("cancelled", "x"),
    stands: "throws",
    isAsked: true,
  },
  {
    what: "a fault of our own",
    again: new TypeError("x"),
    stands: "throws",
    isAsked: true,
  },
];

test.each(rows.map((row) => [row.what, row] as const))(
  "%s",
  async (_, { again = {}, isAsked, proved, readsAnew, run, stands }) => {
    const warned: string[] = [];
    const host = hostWith({ warn: ({ message }) => warned.push(message) });
    const first = described(proved ?? { failure: broken });
    const second = again instanceof Error ? again : described(again);
    let asked = 0;
    const made = makeWhole(
      { run: described(run), proved: first },
      { host, ...(readsAnew && { readsAnew }) },
      () => {
        asked += 1;
        return second instanceof Error
          ? Promise.reject(second)
          : Promise.resolve(second);
      },
    );
    if (stands === "throws") await expect(made).rejects.toBe(second);
    else expect(await made).toBe(stands === "first" ? first : second);
    expect(asked).toBe(isAsked ? 1 : 0);
    // What keeps it from being made again is said beside why it is broken.
    const isWarned = again instanceof GateFailure && stands === "first";
    expect(warned).toEqual(
      isWarned ? [expect.stringContaining(again.message)] : [],
    );
  },
);
