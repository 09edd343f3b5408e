// Faults on demand: errors of AWS services for calls that match, a given number of times, in the form of the service's protocol.

import type { ControlAnswer } from "../control/control-plane.ts";
import type { LedgerCall } from "../model.ts";

export interface Fault {
  /** As in the ledger: `lambda`, `apigateway`, … */
  readonly service: string;
  /** As in the ledger: `CreateFunction`. */
  readonly operation: string;
  /** 0: the connection is reset without an answer. */
  readonly status: number;
  /** AWS's name of the error, e.g. `AccessDeniedException`. */
  readonly errorType: string;
  /** How many calls fail; 1 unless told. */
  readonly times?: number;
  readonly message?: string;
  /** Only calls that this access key signed; all unless told. */
  readonly caller?: string;
  /** Only calls whose `User-Agent` matches; all unless told. */
  readonly agent?: RegExp;
}

/** What a fault is told by. */
type FaultedCall = Pick<
  LedgerCall,
  "service" | "operation" | "caller" | "agent"
>;

export interface Faults {
  add(fault: Fault): void;
  /** @param caller forgets those of this access key; all when not given. */
  clear(caller?: string): void;
  /** Takes one use of the first fault for this call. */
  take(call: FaultedCall): Fault | undefined;
}

export function createFaults(): Faults {
  let waiting: { fault: Fault; left: number }[] = [];
  return {
    clear: (caller) => {
      waiting = waiting.filter(
        ({ fault }) => caller !== undefined && fault.caller !== caller,
      );
    },
    add: (fault) => waiting.push({ fault, left: fault.times ?? 1 }),
    take(call) {
      const found = waiting.find(
        ({ fault, left }) =>
          left > 0 &&
          fault.service === call.service &&
          fault.operation === call.operation &&
          (fault.caller ?? call.caller) === call.caller &&
          (fault.agent?.test(call.agent) ?? true),
      );
      if (found) found.left -= 1;
      return found?.fault;
    },
  };
}

/** @returns why AWS refuses a call; undefined for one that is allowed. */
export type Authorizer = (
  call: Pick<
    LedgerCall,
    | "service"
    | "operation"
    | "method"
    | "path"
    | "requestBody"
    | "caller"
    | "agent"
  >,
) => Promise<string | undefined>;

/** IAM's refusal, with each service's own status and code. */
export const refusal = (
  { operation, service }: Pick<Fault, "operation" | "service">,
  message: string,
): Fault => ({
  service,
  operation,
  status: ["dynamodb", "logs", "secretsmanager", "ssm"].includes(service)
    ? 400
    : 403,
  errorType: ["iam", "s3"].includes(service)
    ? "AccessDenied"
    : "AccessDeniedException",
  message,
});

/**
 * What AWS answers to an access key of no account: a user's long-lived key is one here, since this cloud makes none. Session keys (ASIA) are
 * the emulator's own. Codes and words as AWS's: IAM's and Lambda's "Common errors", S3's "Error responses".
 */
export function unknownKey(
  { operation, service }: Pick<Fault, "operation" | "service">,
  { accessKey, protocol }: { accessKey: string; protocol: Protocol },
): Fault | undefined {
  if (!/^AKIA[A-Z0-9]{16}$/.test(accessKey)) return undefined;
  const codes = {
    json: [400, "UnrecognizedClientException"],
    rest: [403, "UnrecognizedClientException"],
    query: [403, "InvalidClientTokenId"],
    s3: [403, "InvalidAccessKeyId"],
  } as const;
  const [status, errorType] = codes[protocol];
  const message =
    protocol === "s3"
      ? "The AWS Access Key Id you provided does not exist in our records."
      : "The security token included in the request is invalid.";
  return { service, operation, status, errorType, message };
}

export type Protocol = "json" | "query" | "s3" | "rest";

/** The protocol of a request, told from what names its operation. */
export function protocolOf(
  service: string,
  hasTarget: boolean,
  hasAction: boolean,
): Protocol {
  if (service === "s3") return "s3";
  if (hasTarget) return "json";
  return hasAction ? "query" : "rest";
}

export function faultAnswer(fault: Fault, protocol: Protocol): ControlAnswer {
  const { status, errorType: type } = fault;
  const message = fault.message ?? `${type}: injected for ${fault.operation}`;
  if (protocol === "json")
    return {
      status,
      headers: { "content-type": "application/x-amz-json-1.1" },
      body: JSON.stringify({ __type: type, message }),
    };
  if (protocol === "rest")
    return {
      status,
      headers: { "content-type": "application/json", "x-amzn-ErrorType": type },
      body: JSON.stringify({ message, Message: message }),
    };
  const error = `<Code>${escaped(type)}</Code><Message>${escaped(message)}</Message>`;
  const body =
    protocol === "s3"
      ? `<?xml version="1.0" encoding="UTF-8"?><Error>${error}</Error>`
      : `<ErrorResponse><Error><Type>Sender</Type>${error}</Error><RequestId>injected</RequestId></ErrorResponse>`;
  return { status, headers: { "content-type": "text/xml" }, body };
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
