// The URI of an integration: an HTTP endpoint, or an ARN that names an AWS action.

import { badRequest } from "./errors.ts";

// Hosts may come from stage variables, so only the scheme and some host are asked for.
const endpoint = /^https?:\/\/[^/\s?#]+([/?#]\S*)?$/;
const awsAction = /^arn:[\w-]+:apigateway:[^:]*:[^:]+:(path|action)\/.+$/;
const lambdaInvocation =
  /^arn:[\w-]+:apigateway:[^:]*:lambda:path\/(2015-03-31\/functions\/.+\/invocations|2021-11-15\/functions\/.+\/response-streaming-invocations)$/;
const firehose =
  /^arn:[\w-]+:apigateway:[^:]*:firehose:action\/PutRecord(Batch)?$/;

/**
 * Whether the function exists or may be invoked is not looked at, as on AWS.
 * @throws ServiceError with AWS's text
 */
export function checkUri(
  type: "HTTP" | "HTTP_PROXY" | "AWS" | "AWS_PROXY" | "MOCK",
  uri: string,
): void {
  if (type === "MOCK") return;
  if (type === "HTTP" || type === "HTTP_PROXY") {
    if (!endpoint.test(uri))
      throw badRequest("Invalid HTTP endpoint specified for URI");
    return;
  }
  if (!uri.startsWith("arn:"))
    throw badRequest("Invalid ARN specified in the request");
  if (!awsAction.test(uri))
    throw badRequest("AWS ARN for integration must contain path or action");
  if (
    type === "AWS_PROXY" &&
    !lambdaInvocation.test(uri) &&
    !firehose.test(uri)
  )
    throw badRequest(
      "Integrations of type 'AWS_PROXY' currently only supports Lambda function and Firehose stream invocations.",
    );
}
