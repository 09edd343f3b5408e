// A short-term API key of Amazon Bedrock, made without a call: a presigned `CallWithBearerToken`, as AWS's own package
// `@aws/bedrock-token-generator` makes it (a test compares the two).
import { presignPost, type Environment } from "./signature.ts";

/** Seconds. Bedrock allows 12 hours; a key is used for a few minutes, and never outlives the role's own credentials. */
const lifetime = 3600;

/** `now` in epoch milliseconds. @throws Unavailable without credentials */
export function createBedrockKey(
  region: string,
  environment: Environment,
  now: number,
): string {
  const url = presignPost(
    {
      host: "bedrock.amazonaws.com",
      region,
      service: "bedrock",
      query: { Action: "CallWithBearerToken" },
      expires: lifetime,
    },
    environment,
    now,
  );
  return `bedrock-api-key-${Buffer.from(`${url}&Version=1`).toString("base64")}`;
}
