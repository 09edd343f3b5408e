// Reads a secret from Secrets Manager or SSM Parameter Store.
import { jsonCall, type AwsCall, type CallAws } from "./aws.ts";
import { isObject, parseJson } from "./json.ts";
import type { FetchSecret, SecretReference } from "./secrets.ts";
import { Unavailable } from "./transport.ts";

/** Returns a function that reads one secret's text; it rejects with Unavailable. */
export const createSecretSource =
  (callAws: CallAws): FetchSecret =>
  async (reference) => {
    const { body } = await callAws(describeCall(reference));
    const answer = parseJson(body);
    const { SecretString, Parameter } = isObject(answer) ? answer : {};
    const value =
      reference.store === "ssm"
        ? isObject(Parameter) && Parameter["Value"]
        : SecretString;
    if (typeof value === "string") return value;
    throw new Unavailable("no text value", "gone");
  };

function describeCall(reference: SecretReference): AwsCall {
  if (reference.store === "ssm")
    return jsonCall("ssm", "AmazonSSM.GetParameter", {
      Name: reference.name,
      WithDecryption: true,
    });
  return {
    ...jsonCall("secretsmanager", "secretsmanager.GetSecretValue", {
      SecretId: reference.arn,
    }),
    region: reference.arn.split(":")[3],
  };
}
