// Calls the Lambda function of an integration: its address, API Gateway's permission, and the time limit.

import type { Integration } from "../model.ts";
import {
  DeadlineError,
  within,
  type Collaborators,
  type Invocation,
} from "./collaborators.ts";
import { apiArn, type Refusal, type Routed } from "./exchange.ts";
import { mayInvoke } from "./function-permission.ts";
import { functionArn } from "./lambda-uri.ts";
import { configurationError } from "./mapping.ts";
import { timedOut } from "./upstream.ts";

/** The function's result, or why there is none. The Lambda API itself takes POST only, whatever the client's verb is. */
export async function callFunction(
  exchange: Routed,
  integration: Integration,
  { event, collaborators }: { event: unknown; collaborators: Collaborators },
): Promise<Invocation | Refusal> {
  if (integration.httpMethod !== "POST")
    return configurationError("a Lambda integration must use POST");
  const arn = functionArn(exchange, integration.uri);
  if (arn === undefined)
    return configurationError("the URI names no function that is served here");
  const question = {
    functionArn: arn,
    sourceArn: sourceArn(exchange),
    account: exchange.target.record.account,
  };
  try {
    if (
      !(await mayInvoke(
        collaborators.functionPolicy,
        question,
        integration.credentials,
      ))
    ) {
      return configurationError(
        `no permission to invoke ${arn} for ${question.sourceArn}`,
      );
    }
    return await within(
      collaborators.invokeFunction(arn, event),
      integration.timeoutInMillis,
    );
  } catch (error) {
    if (error instanceof DeadlineError) return timedOut;
    return configurationError(
      error instanceof Error
        ? error.message
        : "the function could not be called",
    );
  }
}

/** Path parameters are written as `*` in the ARN that a function's policy is asked about. */
function sourceArn(exchange: Routed): string {
  const path = exchange.route.resource.path.replace(/\{[^/]*\}/g, "*");
  return `${apiArn(exchange)}${exchange.target.stageName}/${exchange.method}${path}`;
}
