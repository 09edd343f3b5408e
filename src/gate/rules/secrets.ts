// References to secrets: a Secrets Manager ARN or `ssm:/name`. What is given may be the secret itself by mistake, so a value
// that is not clearly a reference is never shown. Pure.
import type { SecretReference } from "../gate.ts";
import { partitionOf } from "./identity.ts";
import type { Given, Report } from "../read/place.ts";
import { hidden, quoted } from "../read/words.ts";

const accepted =
  "a Secrets Manager ARN (arn:aws:secretsmanager:…) or ssm:/name";

/** @returns the reference, or undefined when it was reported. */
export function checkSecret(
  given: Given<string>,
  region: string,
  report: Report,
): SecretReference | undefined {
  const { value, place } = given;
  if (value.startsWith("ssm:"))
    return checkParameter(value.slice(4), given, report);
  if (!value.startsWith("arn:")) {
    report(
      place,
      `the secret is given as a value ${hidden(value)}, not as a reference: store it in AWS and give ${accepted}`,
    );
    return undefined;
  }
  const fault = arnFault(value, region);
  if (fault === undefined) return { store: "secrets-manager", arn: value };
  report(place, `the ARN ${quoted(value)} ${fault}`);
  return undefined;
}

function arnFault(arn: string, region: string): string | undefined {
  const [, partition = "", service = "", , , resource = ""] = arn.split(":");
  if (service === "ssm")
    return `is of an SSM parameter: write ssm:/${resource.replace(/^parameter\//, "")}`;
  if (service !== "secretsmanager")
    return `is not of a secret: give ${accepted}`;
  if (
    !/^arn:aws[a-z-]*:secretsmanager:[a-z]{2,4}(-[a-z]+){1,2}-\d{1,2}:\d{12}:secret:[A-Za-z0-9/_+=.@-]{1,519}$/.test(
      arn,
    )
  )
    return "is not a secret's ARN: it reads arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME, with no JSON key or version after the name";
  if (region !== "" && partition !== partitionOf(region))
    return `is of another AWS partition than the gate's region ${region}: use a secret in ${partitionOf(region)}`;
  return undefined;
}

/** SSM: names are paths of at most 15 levels and 1011 characters, and may not start with aws or ssm (PutParameter). */
function checkParameter(
  name: string,
  { place }: Given<string>,
  report: Report,
): SecretReference | undefined {
  const valid =
    /^(\/[A-Za-z0-9_.-]+){1,15}$/.test(name) &&
    name.length <= 1011 &&
    !/^\/(aws|ssm)/i.test(name);
  if (valid) return { store: "ssm", name };
  report(
    place,
    `${quoted(`ssm:${name}`)} names no parameter: write ssm:/name with letters, digits and . _ - in each part, not starting with aws or ssm`,
  );
  return undefined;
}
