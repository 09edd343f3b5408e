// References to secrets: a Secrets Manager ARN or `ssm:/name`. What is given may be the secret itself by mistake, so a value
// that is not clearly a reference is never shown. Pure.
import type { SecretReference } from "../../gate/gate.ts";
import { partitionOf } from "../../gate/iam-policies.ts";
import type { Given, Report } from "../location.ts";
import { hidden, listed, quoted } from "../messages.ts";

const accepted =
  "a Secrets Manager ARN (arn:aws:secretsmanager:…) or ssm:/name";

/** The passphrase of the state is `/ai-gate/state-passphrase`; `aws/` is what AWS's services keep for themselves. */
const reserved = /^(ssm:\/ai-gate|arn:[^/]*:secret:(ai-gate|aws))(\/|$)/i;

/** Of the prefixes, in a problem. */
const mostShown = 5;

export interface SecretSetting {
  readonly region: string;
  /** What the secrets may begin with; undefined for any secret. */
  readonly allowedSecrets: readonly string[] | undefined;
}

/** @returns the reference, or undefined when it was reported. */
export function checkSecret(
  given: Given<string>,
  { region, allowedSecrets: allowed }: SecretSetting,
  report: Report,
): SecretReference | undefined {
  const { value, place } = given;
  const reference = readReference(given, region, report);
  if (reference === undefined) return undefined;
  if (reserved.test(value))
    report(
      place,
      `${quoted(value)} is kept for the action and AWS themselves: store the upstream's key under a name that does not begin with ai-gate/ or aws/`,
    );
  else if (allowed?.some((prefix) => isBelow(value, prefix)) === false)
    report(
      place,
      `${quoted(value)} is not one of the secrets that this gate may use: \`allowed-secrets\` has ${listed(allowed.slice(0, mostShown).map(quoted))}`,
    );
  return reference;
}

/**
 * Reads prefixes, one a line or comma separated; lines that start with `#` are left out.
 * @returns undefined when nothing was given: then any secret is allowed.
 */
export function checkAllowedSecrets(
  given: Given<string> | undefined,
  report: Report,
): string[] | undefined {
  if (given === undefined) return undefined;
  const prefixes = given.value
    .split(/\r?\n/)
    .filter((line) => !line.trim().startsWith("#"))
    .flatMap((line) => line.split(","))
    .map((prefix) => prefix.trim())
    .filter((prefix) => prefix !== "");
  if (prefixes.length === 0)
    report(given.place, "this allows no secret: name one, or remove it");
  for (const prefix of prefixes)
    if (
      !/^(ssm:\/[A-Za-z0-9_./-]*|arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]*)$/.test(
        prefix,
      ) ||
      /\/\.*\//.test(prefix)
    )
      report(
        given.place,
        `${quoted(prefix)} is nothing that a secret begins with: write it like ssm:/ai/ or arn:aws:secretsmanager:REGION:ACCOUNT:secret:ai-`,
      );
  return prefixes;
}

/** A prefix that ends within a word means the secret of that name, and those below it: `ssm:/ai` is not `ssm:/airport`. */
function isBelow(value: string, prefix: string): boolean {
  const rest = value.slice(prefix.length);
  return (
    value.startsWith(prefix) &&
    (/[^A-Za-z0-9]$/.test(prefix) ||
      /^(\/|$)/.test(rest) ||
      // Secrets Manager appends six characters to a secret's name.
      (prefix.startsWith("arn:") && /^-[A-Za-z0-9]{6}$/.test(rest)))
  );
}

function readReference(
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
    !/\/\.+(\/|$)/.test(name) &&
    name.length <= 1011 &&
    !/^\/(aws|ssm)/i.test(name);
  if (valid) return { store: "ssm", name };
  report(
    place,
    `${quoted(`ssm:${name}`)} names no parameter: write ssm:/name with letters, digits and . _ - in each part, not starting with aws or ssm`,
  );
  return undefined;
}
