// The ways an authorization can fail, as two closed lists: a refusal is the caller's fault (401), an internal failure is
// ours (500). Both end without access; the code is all that is ever logged or thrown.

export type RefusalReason =
  | "method-arn-malformed"
  | "stage-mismatch"
  | "credential-missing"
  | "credential-too-long"
  | "credential-malformed"
  | "token-unknown"
  | "consumer-unknown"
  | "consumer-expired"
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
  | "claim-expired";

export type InternalReason =
  | "settings-invalid"
  | "event-unexpected"
  | "upstream-secret-unavailable"
  | "upstream-secret-invalid"
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

  constructor(reason: InternalReason, detail: string) {
    super(reason);
    this.reason = reason;
    this.detail = detail;
  }
}
