// Calls the authorizer's Lambda function, if API Gateway may, and sorts the ways in which that can fail.

import type { Authorizer } from "../model.ts";
import {
  parseAuthorizerResult,
  type AuthorizerResult,
} from "./authorizer-result.ts";
import {
  within,
  type Collaborators,
  type Invocation,
} from "./collaborators.ts";
import { apiArn, type Exchange, type Refusal } from "./exchange.ts";
import { mayInvoke } from "./function-permission.ts";
import { functionArn } from "./lambda-uri.ts";
import { isRecord } from "./policy.ts";

export const unauthorized: Refusal = {
  type: "UNAUTHORIZED",
  message: "Unauthorized",
};
/** AWS does not publish how long it waits for a REST authorizer; this is the integration's limit. */
const authorizerTimeoutMs = 29_000;

/** A failure with the message `Unauthorized` is the function's way to say 401; every other one is a 500. */
export async function askFunction(
  exchange: Exchange,
  authorizer: Authorizer,
  { event, collaborators }: { event: unknown; collaborators: Collaborators },
): Promise<AuthorizerResult | Refusal> {
  const arn = functionArn(exchange, authorizer.authorizerUri);
  if (arn === undefined)
    return misconfigured("authorizerUri names no Lambda function");
  const sourceArn = `${apiArn(exchange)}authorizers/${authorizer.id}`;
  try {
    const question = {
      functionArn: arn,
      sourceArn,
      account: exchange.target.record.account,
    };
    const permitted = await mayInvoke(
      collaborators.functionPolicy,
      question,
      authorizer.authorizerCredentials,
    );
    if (!permitted)
      return misconfigured(`no permission to invoke ${arn} for ${sourceArn}`);
    return readInvocation(
      await within(
        collaborators.invokeFunction(arn, event),
        authorizerTimeoutMs,
      ),
    );
  } catch (error) {
    return failed(
      error instanceof Error
        ? error.message
        : "the authorizer could not be called",
    );
  }
}

function readInvocation({
  payload,
  functionError,
}: Invocation): AuthorizerResult | Refusal {
  if (functionError !== undefined) {
    const message = isRecord(payload) ? payload["errorMessage"] : undefined;
    return message === "Unauthorized"
      ? unauthorized
      : failed("the authorizer function failed");
  }
  const result = parseAuthorizerResult(payload);
  return typeof result === "string" ? misconfigured(result) : result;
}

export function misconfigured(detail: string): Refusal {
  return { type: "AUTHORIZER_CONFIGURATION_ERROR", message: null, detail };
}

function failed(detail: string): Refusal {
  return { type: "AUTHORIZER_FAILURE", message: null, detail };
}
