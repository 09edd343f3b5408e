/** The closed list behind the output `failure-reason`. */
export const failureReasons = [
  "invalid-input",
  "no-credentials",
  "locked",
  "cancelled",
  "gate-broken",
  "upstream-refused",
  "fail-on",
  "policy",
  "plan-changed",
  "outdated",
  "drift",
  "engine",
  "aws-denied",
  "aws-throttled",
  "aws-quota",
] as const;

export type FailureReason = (typeof failureReasons)[number];

export interface Problem {
  /** The input (`path`) or config path (`routes[0].path`) at fault. */
  readonly where: string;
  readonly message: string;
  /** When the value came from a file; counted from 1. */
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

/** The system's code (`ENOTFOUND`) when there is one: a message could repeat a proxy's URL with its password. */
export function connectionFault(error: unknown): string {
  const code: unknown =
    typeof error === "object" && error !== null && "code" in error
      ? error.code
      : undefined;
  return typeof code === "string" ? code : "the connection failed";
}
