// The failures a user can meet, as values: every expected error of the action is a GateFailure. Pure.

/** The closed list behind the output `failure-reason`. */
export const failureReasons = [
  "invalid-input",
  "no-credentials",
  "locked",
  "cancelled",
  "gate-broken",
  "fail-on",
  "plan-changed",
  "drift",
  "engine",
  "aws-denied",
  "aws-throttled",
  "comment",
] as const;

export type FailureReason = (typeof failureReasons)[number];

/** One thing wrong with what the user wrote: which input or key, what was given, what is allowed, what to do. */
export interface Problem {
  /** The action input (`path`) or the config path (`routes[0].path`) at fault. */
  readonly where: string;
  /** One sentence, complete without `where`; never holds a secret. */
  readonly message: string;
  /** Where to put the annotation, when the value came from a file. Lines and columns count from 1. */
  readonly position?: {
    readonly file: string;
    readonly line: number;
    readonly column: number;
  };
}

/** An expected failure: printed as one line (or one per problem), never with a stack. */
export class GateFailure extends Error {
  readonly reason: FailureReason;
  readonly problems: readonly Problem[];

  constructor(
    reason: FailureReason,
    message: string,
    problems: readonly Problem[] = [],
  ) {
    super(message);
    this.name = "GateFailure";
    this.reason = reason;
    this.problems = problems;
  }
}
