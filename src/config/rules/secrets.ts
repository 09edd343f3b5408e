// References to secrets: a Secrets Manager ARN or `ssm:/name`. What is given may be the secret itself by mistake, so a value
// that is not clearly a reference is never shown.
import type { KeptSecret } from "../../gate/gate.ts";
import { regionOf } from "../../gate/credential-stores.ts";
import { partitionOf } from "../../../contract/partitions.ts";
import type { Located } from "../location.ts";
import { hidden, inline, quoted } from "../messages.ts";

const accepted =
  "a Secrets Manager ARN (arn:aws:secretsmanager:…) or ssm:/name";
const secretArn =
  /^arn:aws[a-z-]*:secretsmanager:[a-z]{2,4}(-[a-z]+){1,2}-\d{1,2}:\d{12}:secret:[A-Za-z0-9/_+=.@-]{1,519}$/;
const secretPrefix =
  /^(ssm:\/[A-Za-z0-9_./-]*|arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:\d{12}:secret:[A-Za-z0-9/_+=.@-]*|bedrock:[a-z0-9-]*|sagemaker:[A-Za-z0-9-]*|arn:aws[a-z-]*:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9:_-]*)$/;

/** The passphrase of the state is `/ai-gate/state-passphrase`; `aws/` is what AWS's services keep for themselves. */
const reserved = /^(ssm:\/ai-gate|arn:[^/]*:secret:(ai-gate|aws))(\/|$)/i;

/** Of the prefixes, in a problem. */
const mostShown = 5;

export interface SecretLimits {
  readonly region: string;
  /** What the secrets may begin with; undefined for any secret. */
  readonly allowedSecrets: readonly string[] | undefined;
}

/** @returns the reference, or undefined when it was reported */
export function checkSecret(
  given: Located<string>,
  { region, allowedSecrets }: SecretLimits,
): KeptSecret | undefined {
  const { key, reference: value, version } = partsOf(given.value);
  const isParameter = value.startsWith("ssm:");
  if (!isParameter && !value.startsWith("arn:")) {
    given.report(
      `Not a reference but a value ${hidden(given.value)}: store the secret in AWS, and use ${accepted}`,
    );
    return undefined;
  }
  const fault =
    (isParameter ? parameterFault(value.slice(4)) : arnFault(value, region)) ??
    partFault(version, key) ??
    allowanceFault(value, allowedSecrets);
  given.refuse(fault);
  if (fault !== undefined) return undefined;
  return {
    ...(isParameter
      ? { store: "ssm", name: value.slice(4) }
      : { store: "secrets-manager", arn: value }),
    ...(version !== undefined && { version }),
    ...(key !== undefined && { key }),
  };
}

/** `arn:…:secret:NAME:VERSION#KEY` and `ssm:/name:VERSION#KEY`; version and key may be absent. */
function partsOf(text: string) {
  const [, whole = "", key] = /^([^#]*)(?:#(.*))?$/s.exec(text) ?? [];
  const [, reference = whole, version] =
    /^(ssm:[^:]*|(?:[^:]*:){6}[^:]*):(.*)$/s.exec(whole) ?? [];
  return { reference, version, key };
}

function partFault(
  version: string | undefined,
  key: string | undefined,
): string | undefined {
  if (version !== undefined && !/^[A-Za-z0-9_.+=-]{1,128}$/.test(version))
    return "has no valid version behind its name: write it as NAME:VERSION#KEY, both optional, the version like AWSPREVIOUS";
  return key === undefined || /^[\x21-\x7e]{1,128}$/.test(key)
    ? undefined
    : "has no valid key behind the #: use the name of a key of the JSON secret";
}

/**
 * Reads prefixes, one a line or comma separated; lines that start with `#` are left out.
 * @returns undefined when nothing was given: then any secret is allowed
 */
export function checkAllowedSecrets(
  given: Located<string> | undefined,
): string[] | undefined {
  if (given === undefined) return undefined;
  const prefixes = given.value
    .split(/\r?\n/)
    .filter((line) => !line.trim().startsWith("#"))
    .flatMap((line) => line.split(","))
    .map((prefix) => prefix.trim())
    .filter((prefix) => prefix !== "");
  if (prefixes.length === 0)
    given.report("No secret is allowed: add one, or remove the input");
  for (const prefix of prefixes)
    if (!secretPrefix.test(prefix) || /\/\.*\//.test(prefix))
      given.report(
        `Invalid prefix ${quoted(prefix)}: use one like ssm:/ai/, arn:aws:secretsmanager:REGION:ACCOUNT:secret:ai- or bedrock:REGION`,
      );
  return prefixes;
}

/** As they were written, save control characters and what is too long. */
const shown = (prefixes: readonly string[]): string =>
  prefixes.slice(0, mostShown).map(inline).join(", ");

/** @param value a reference without version and key, or `bedrock:REGION` for keys that the authorizer makes */
export function allowanceFault(
  value: string,
  allowed: readonly string[] | undefined,
): string | undefined {
  if (reserved.test(value))
    return "is reserved for the action and AWS: store the upstream's key under a name that does not begin with ai-gate/ or aws/";
  return allowed?.some((prefix) => isBelow(value, prefix)) === false
    ? `is not allowed by \`allowed-secrets\` (${shown(allowed)}): use one of those, or add it there`
    : undefined;
}

/** `arn:…:kms:REGION:ACCOUNT:key/ID`, in the region of the secret, where alone it can encrypt one. */
export function checkKmsKey(
  given: Located<string>,
  secret: KeptSecret,
  gateRegion: string,
): void {
  const region = secret.store === "ssm" ? gateRegion : regionOf(secret.arn);
  const [, partition, of] =
    /^arn:(aws[a-z-]*):kms:([a-z0-9-]+):\d{12}:key\/[A-Za-z0-9-]{1,64}$/.exec(
      given.value,
    ) ?? [];
  if (of === undefined)
    given.refuse(
      "is not the ARN of a KMS key: write it as arn:aws:kms:REGION:ACCOUNT:key/ID, for an alias that of its key",
    );
  else if (of !== region || partition !== partitionOf(region))
    given.refuse(`is not in ${region}, where the secret is: use the key there`);
}

/** A prefix that ends within a word means the secret of that name, and those below it: `ssm:/ai` is not `ssm:/airport`. */
function isBelow(value: string, prefix: string): boolean {
  const rest = value.slice(prefix.length);
  return (
    value.startsWith(prefix) &&
    (/[^A-Za-z0-9]$/.test(prefix) ||
      /^(\/|$)/.test(rest) ||
      // An alias or version of the function.
      (/:lambda:/.test(prefix) && rest.startsWith(":")) ||
      // Secrets Manager appends six characters to a secret's name.
      (prefix.startsWith("arn:") && /^-[A-Za-z0-9]{6}$/.test(rest)))
  );
}

function arnFault(arn: string, region: string): string | undefined {
  const [, partition = "", service = "", , , resource = ""] = arn.split(":");
  if (service === "ssm")
    return `is the ARN of an SSM parameter: write ssm:/${resource.replace(/^parameter\//, "")}`;
  if (service !== "secretsmanager")
    return `is not the ARN of a secret: use ${accepted}`;
  if (!secretArn.test(arn))
    return "is not the ARN of a secret: write it as arn:aws:secretsmanager:REGION:ACCOUNT:secret:NAME, with :VERSION and #KEY after the name where needed";
  return region !== "" && partition !== partitionOf(region)
    ? `is of another AWS partition than the region ${region}: use a secret in ${partitionOf(region)}`
    : undefined;
}

/** SSM: names are paths of at most 15 levels and 1011 characters, and may not start with aws or ssm (PutParameter). */
function parameterFault(name: string): string | undefined {
  return /^(\/[A-Za-z0-9_.-]+){1,15}$/.test(name) &&
    !/\/\.+(\/|$)/.test(name) &&
    name.length <= 1011 &&
    !/^\/(aws|ssm)/i.test(name)
    ? undefined
    : "is not the name of a parameter: use ssm:/name with letters, digits and . _ - in each part, not starting with aws or ssm";
}
