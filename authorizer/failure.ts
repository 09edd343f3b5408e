// The ways an authorization can fail, as two closed lists: a refusal is the caller's fault (401), an internal failure is
// ours (500). Both end without access; the code is all that is ever logged or thrown.

import { Misshapen } from "./shape.ts";
import { Unavailable } from "./transport.ts";

export type RefusalReason =
  | "method-arn-malformed"
  | "method-arn-foreign"
  | "stage-mismatch"
  | "credential-missing"
  | "credential-too-long"
  | "credential-malformed"
  | "token-unknown"
  | "token-expired"
  | "token-disabled"
  | "consumer-unknown"
  | "consumer-expired"
  | "consumer-disabled"
  | "jws-malformed"
  | "jws-json"
  | "jws-header"
  | "jws-algorithm"
  | "jws-key"
  | "jws-signature"
  | "claim-issuer"
  | "claim-audience"
  | "claim-subject"
  | "claim-stage"
  | "claim-run"
  | "claim-time"
  | "claim-expired"
  | "claim-condition"
  | "custom-refused";

export type InternalReason =
  | "settings-invalid"
  | "event-unexpected"
  | "upstream-secret-unavailable"
  | "upstream-secret-invalid"
  | "issuer-keys-unavailable"
  | "token-table-unavailable"
  | "token-entry-invalid"
  | "custom-unavailable"
  | "custom-failed"
  | "custom-invalid"
  | "resource-too-long"
  | "result-too-large"
  | "internal-error";

/** The credential does not authenticate anyone who may pass. */
export class Refusal extends Error {
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason) {
    super(reason);
    this.reason = reason;
  }
}

/** The gate itself is broken; `detail` tells the operator where and never holds a secret. */
export class InternalFailure extends Error {
  readonly reason: InternalReason;
  readonly detail: string;

  constructor(reason: InternalReason, detail = "") {
    super(reason);
    this.reason = reason;
    this.detail = detail;
  }
}

/** @throws Refusal unless the condition holds */
export function demand(
  condition: unknown,
  reason: RefusalReason,
): asserts condition {
  if (!condition) throw new Refusal(reason);
}

/** What a failed question to somebody else means: nobody answered, or not what was asked. Other errors stay as they are. */
export function explain(
  error: unknown,
  name: string,
  unavailable: InternalReason,
  invalid: InternalReason,
): unknown {
  const detail = `${name}: ${(error as Error).message}`;
  if (error instanceof Unavailable)
    return new InternalFailure(unavailable, detail);
  return error instanceof Misshapen
    ? new InternalFailure(invalid, detail)
    : error;
}
