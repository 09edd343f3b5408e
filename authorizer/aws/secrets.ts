import type {
  SecretReference,
  StoredSecret,
} from "../../contract/authorizer-settings.ts";
import { isObject } from "../../contract/readers.ts";
import { InternalFailure, Unavailable } from "../failure.ts";
import { parseJson } from "../json.ts";
import { createRefresher } from "../refresher.ts";
import { createBedrockKey } from "./bedrock-key.ts";
import {
  createAwsCaller,
  jsonCall,
  type AwsCall,
  type AwsOptions,
} from "./call.ts";

/** Gives the whole secret, whatever key of it is wanted. Rejects with Unavailable. */
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
  return async (reference) => {
    const id = nameOf(reference);
    const fetch = async () => trim(await fetchSecret(reference));
    return pickValue(await read({ id, fetch }), reference, id);
  };
}

/** For the log, and the same for all keys of one secret. */
function nameOf(reference: SecretReference): string {
  if (reference.store === "bedrock") return `bedrock:${reference.region}`;
  const { version } = reference;
  const name =
    reference.store === "ssm" ? `ssm:${reference.name}` : reference.arn;
  return version === undefined ? name : `${name}:${version}`;
}

/** Editors and `echo` add a line break. */
function trim(text: string): string {
  const secret = text.replace(/\r?\n$/, "");
  if (secret === "") throw new Unavailable("empty", "gone");
  return secret;
}

/** A JSON secret as a whole is never what an upstream wants, and would show it the other keys. */
function pickValue(
  secret: string,
  reference: SecretReference,
  id: string,
): string {
  const key = reference.store === "bedrock" ? undefined : reference.key;
  const data = parseJson(secret);
  const isJson = typeof data === "object" && data !== null;
  if (key === undefined && !isJson) return secret;
  const value =
    key !== undefined && isObject(data) && Object.hasOwn(data, key)
      ? data[key]
      : undefined;
  if (typeof value === "string" && value !== "") return value;
  const fault =
    key === undefined
      ? "is JSON, and no key of it is named"
      : isJson
        ? "has no text under the key"
        : "is not JSON, so it has no keys";
  throw new InternalFailure("upstream-secret-invalid", `${id} ${fault}`);
}

/** Reads from the secret stores; keys of Bedrock are made here. */
export function createSecretSource(options: AwsOptions): FetchSecret {
  const callAws = createAwsCaller(options);
  return async (reference) => {
    if (reference.store === "bedrock")
      return createBedrockKey(
        reference.region,
        options.environment,
        options.now(),
      );
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
}

function describeCall(reference: StoredSecret): AwsCall {
  const { version } = reference;
  if (reference.store === "ssm")
    return jsonCall("ssm", "AmazonSSM.GetParameter", {
      Name:
        version === undefined ? reference.name : `${reference.name}:${version}`,
      WithDecryption: true,
    });
  return {
    ...jsonCall("secretsmanager", "secretsmanager.GetSecretValue", {
      SecretId: reference.arn,
      ...(version !== undefined &&
        (isVersionId.test(version)
          ? { VersionId: version }
          : { VersionStage: version })),
    }),
    region: reference.arn.split(":")[3],
  };
}

/** Secrets Manager gives versions UUIDs; everything else is a staging label, such as AWSPREVIOUS. */
const isVersionId = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
