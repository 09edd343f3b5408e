import type { AuthorizerSettings } from "../../contract/authorizer-settings.ts";
import { isObject } from "../../contract/readers.ts";
import { Unavailable } from "../failure.ts";
import { parseJson } from "../json.ts";
import { createRefresher } from "../refresher.ts";
import { jsonCall, type AwsCall, type CallAws } from "./call.ts";

export type SecretReference = AuthorizerSettings["upstreams"][string]["secret"];

/** Rejects with Unavailable. */
export type FetchSecret = (reference: SecretReference) => Promise<string>;

/** Rejects with InternalFailure. */
export type ReadSecret = (reference: SecretReference) => Promise<string>;

export function createSecretReader(
  fetchSecret: FetchSecret,
  now: () => number,
): ReadSecret {
  const read = createRefresher<string>({
    freshFor: 5 * 60_000,
    now,
    reason: "upstream-secret-unavailable",
  });
  return (reference) =>
    read({
      id: reference.store === "ssm" ? `ssm:${reference.name}` : reference.arn,
      fetch: async () => trim(await fetchSecret(reference)),
    });
}

/** Editors and `echo` add a line break. */
function trim(text: string): string {
  const secret = text.replace(/\r?\n$/, "");
  if (secret === "") throw new Unavailable("empty", "gone");
  return secret;
}

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
