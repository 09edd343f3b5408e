// The ways an authorization can fail, as closed lists: a refusal is for callers whom the gate does not know (401), an internal
// failure is ours (500). Both end without access; the code is all that is ever thrown.
import { InvalidData } from "../contract/readers.ts";

export type RefusalReason =
  | "event-foreign"
  | "event-inconsistent"
  | "stage-mismatch"
  | "route-unknown"
  | "credential-missing"
  | "credential-ambiguous"
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

/** Why a known caller may not make this call. */
export type ForbiddenReason =
  | "path"
  | "method-override"
  | "header-twin"
  | "credential-exposed"
  | "route-not-granted"
  | "custom-denied";

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
  | "internal-error";

/** The gate does not know who is calling. */
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

/** Something the authorizer reads from elsewhere is not to be had. */
export class Unavailable extends Error {
  /** `passing`: another attempt may well succeed. `gone`: whoever has it says that it is not there, or not ours. */
  readonly kind: "passing" | "gone" | undefined;

  /** `cause` is a code of the service or of the network, never its text. */
  constructor(cause: string, kind?: "passing" | "gone") {
    super(cause);
    this.kind = kind;
  }
}

/** @throws Refusal unless the condition holds */
export function assertCaller(
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
  return error instanceof InvalidData
    ? new InternalFailure(invalid, detail)
    : error;
}
