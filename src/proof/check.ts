// A check of a deployed gate, its answer and its result.
import type { HttpMethod } from "../gate/gate.ts";

/** What a check sends in a token header of the gate. `proof-token` is the user's own token, for a custom authorizer. */
export type Credential =
  "none" | "wrong" | "proof-token" | { readonly consumer: string };

/** What must come back; `expectations` says it in words. */
export type Expectation = keyof typeof expectations;

export const expectations = {
  unauthorized: "401 from the gate",
  refused: "401 or 403 from the gate",
  denied: "403 from the gate",
  "bad-body": "400 from the gate",
  reached: "an answer from the upstream",
  streamed: "an answer in pieces",
  healthy: "200",
  unknown: "404 from the gate",
  gone: "404 or 405 from the gate",
  "gone-or-guarded": "404, 405, 401 or 403 from the gate",
} as const;

interface Body {
  readonly type: string;
  readonly text: string;
}

/** One HTTP call and what must come back. */
export interface Check {
  /** The same in every run: `closed GET /score`. */
  readonly id: string;
  readonly title: string;
  readonly method: HttpMethod;
  /** Below the stage, ready to be asked: no `{}` left. */
  readonly path: string;
  readonly credential: Credential;
  /** The header of the credential; `Authorization` unless given. */
  readonly header?: string;
  readonly body?: Body;
  readonly expect: Expectation;
  /** Why the check cannot be made; it is reported and nothing is asked. */
  readonly notMade?: string;
}

export type CheckStatus = "passed" | "failed" | "warning" | "not-made";

export interface CheckResult {
  readonly id: string;
  readonly title: string;
  readonly expected: string;
  /** `401 UNAUTHORIZED` (the gate's own answer), `404`, `no answer`, or empty when nothing was asked. */
  readonly actual: string;
  readonly status: CheckStatus;
  readonly attempts: number;
  /** What it means and what to do; empty when passed. */
  readonly message: string;
}

export interface ProofResult {
  /** True when a call without a right credential was answered with anything but a refusal. */
  readonly broken: boolean;
  /** True when any check failed. */
  readonly failed: boolean;
  /** In the order of the plan. */
  readonly results: readonly CheckResult[];
}

/** What the gate answered to one call. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** API Gateway's response type when this gate itself answered (`UNAUTHORIZED`), absent when anybody else did. */
  readonly gateError?: string;
  readonly chunked: boolean;
  /** How many separate pieces the first bytes of the body came in. */
  readonly pieces: number;
}

/** Asks the gate one question. Throws when there is no answer (DNS, refused, reset, timeout). */
export type Ask = (question: {
  readonly method: HttpMethod;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
}) => Promise<Answer>;
