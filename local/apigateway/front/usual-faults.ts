// What AWS's services answer under strain, in the words of each: throttled calls and their own failures.
// Sources: "Common error types" and the lists of errors in each service's API reference.

import type { Fault } from "./faults.ts";

type Called = Pick<Fault, "service" | "operation">;

const throttling: Readonly<Record<string, Answer | undefined>> = {
  apigateway: [429, "TooManyRequestsException", "Too Many Requests"],
  lambda: [429, "TooManyRequestsException", "Rate exceeded"],
  iam: [400, "Throttling", "Rate exceeded"],
  sts: [400, "Throttling", "Rate exceeded"],
  monitoring: [400, "Throttling", "Rate exceeded"],
  s3: [503, "SlowDown", "Please reduce your request rate."],
};

const failing: Readonly<Record<string, Answer | undefined>> = {
  lambda: [500, "ServiceException", "Internal error"],
  iam: [500, "ServiceFailure", "The request processing has failed"],
  s3: [500, "InternalError", "We encountered an internal error."],
  dynamodb: [500, "InternalServerError", "Internal server error"],
};

type Answer = readonly [status: number, errorType: string, message: string];

const fault = (
  { operation, service }: Called,
  [status, errorType, message]: Answer,
): Fault => ({ service, operation, status, errorType, message });

export const awsFaults = {
  throttled: (call: Called): Fault =>
    fault(
      call,
      throttling[call.service] ?? [400, "ThrottlingException", "Rate exceeded"],
    ),
  failed: (call: Called): Fault =>
    fault(
      call,
      failing[call.service] ?? [500, "InternalFailure", "Internal failure"],
    ),
  reset: (call: Called): Fault => fault(call, [0, "", ""]),
} as const;
