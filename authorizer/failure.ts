import { InvalidData } from "../contract/readers.ts";

export type RefusalReason =
  | "event-foreign"
  | "event-inconsistent"
  | "stage-mismatch"
  | "route-unknown"
  | "network"
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
  | "consumer-network"
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

export type ForbiddenReason =
  | "path"
  | "method-override"
  | "query-parameter"
  | "header-refused"
  | "header-twin"
  | "content-type"
  | "websocket"
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

/** 401: the caller is not known. */
export class Refusal extends Error {
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason) {
    super(reason);
    this.reason = reason;
  }
}

/** 500: the authorizer cannot decide. `detail` is for the log and never holds a secret. */
export class InternalFailure extends Error {
  readonly reason: InternalReason;
  readonly detail: string;

  constructor(reason: InternalReason, detail = "") {
    super(reason);
    this.reason = reason;
    this.detail = detail;
  }
}

/** A service that the authorizer reads from did not answer as it should. */
export class Unavailable extends Error {
  /** `passing`: worth another attempt. `gone`: the service says it is not there, or forbidden. */
  readonly kind: "passing" | "gone" | undefined;

  /** `cause` is an error code, never text of the service. */
  constructor(cause: string, kind?: "passing" | "gone") {
    super(cause);
    this.kind = kind;
  }
}

export function assertCaller(
  condition: unknown,
  reason: RefusalReason,
): asserts condition {
  if (!condition) throw new Refusal(reason);
}

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
