// What names and places a gate: stack, region, stage and tags. Pure.
import type { Given, Report } from "../read/place.ts";
import { quoted } from "../read/words.ts";

/** Tags under this prefix are the action's own (stack, repository, commit). */
const reservedTagPrefix = "ai-gate:";

/** AWS allows 50 tags a resource; the action's own take some of them. */
const mostTags = 40;

export function checkStack(
  given: Given<string> | undefined,
  report: Report,
): string {
  if (given === undefined)
    report(
      { where: "stack" },
      "no stack was given: name the Pulumi stack of this gate, for example `prod`",
    );
  else if (!/^[A-Za-z0-9._-]{1,100}$/.test(given.value))
    report(
      given.place,
      `${quoted(given.value)} is no stack name: use 1 to 100 letters, digits, dots, underscores and hyphens`,
    );
  return given?.value ?? "";
}

/** Part of the world, maybe a country or partition, direction, number: `eu-west-1`, `us-gov-east-1`, `eusc-de-east-1`. */
const regionName =
  /^[a-z]{2,4}(-[a-z]{2,4})?-(central|(north|south)?(east|west)?)(?<!-)-\d{1,2}$/;

export function checkRegion(
  given: Given<string> | undefined,
  report: Report,
): string {
  if (given === undefined)
    report(
      { where: "region" },
      "no AWS region was given: set the input `region` or the environment variable AWS_REGION",
    );
  else if (!regionName.test(given.value))
    report(
      given.place,
      `${quoted(given.value)} is no AWS region: write it like eu-west-1`,
    );
  return given?.value ?? "";
}

export function checkStage(given: Given<string>, report: Report): string {
  // API Gateway's own test console calls itself this stage.
  if (
    !/^[A-Za-z0-9_-]{1,128}$/.test(given.value) ||
    given.value === "test-invoke-stage"
  )
    report(
      given.place,
      `${quoted(given.value)} is no stage name: use 1 to 128 letters, digits, underscores and hyphens, not test-invoke-stage`,
    );
  return given.value;
}

/** The AWS partition of a region: the second part of every ARN there. */
export function partitionOf(region: string): string {
  const partitions: readonly (readonly [string, string])[] = [
    ["cn-", "aws-cn"],
    ["us-gov-", "aws-us-gov"],
    ["us-isob-", "aws-iso-b"],
    ["us-isof-", "aws-iso-f"],
    ["us-iso-", "aws-iso"],
    ["eu-isoe-", "aws-iso-e"],
    ["eusc-", "aws-eusc"],
  ];
  return partitions.find(([prefix]) => region.startsWith(prefix))?.[1] ?? "aws";
}

/** @param given `key=value` lines; blank lines and lines that start with `#` are left out. */
export function checkTags(
  given: Given<string> | undefined,
  report: Report,
): Record<string, string> {
  const tags = new Map<string, string>();
  for (const [index, raw] of (given?.value ?? "").split(/\r?\n/).entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    const equals = line.indexOf("=");
    const key = line.slice(0, Math.max(equals, 0)).trim();
    const value = line.slice(equals + 1).trim();
    const fault =
      equals < 0
        ? `${quoted(line)} is no tag: write key=value`
        : tagFault(key, value, tags);
    if (fault === undefined) tags.set(key, value);
    else report({ where: "tags" }, `line ${index + 1}: ${fault}`);
  }
  if (tags.size > mostTags)
    report(
      { where: "tags" },
      `${tags.size} tags are too many: AWS allows 50 a resource and the gate has its own, so give at most ${mostTags}`,
    );
  return Object.fromEntries(tags);
}

function tagFault(
  key: string,
  value: string,
  tags: ReadonlyMap<string, string>,
): string | undefined {
  const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
  if (key === "") return "the tag has no key: write key=value";
  if (key.length > 128 || value.length > 256)
    return "a tag has at most 128 characters in its key and 256 in its value";
  if (!allowed.test(key) || !allowed.test(value))
    return `${quoted(`${key}=${value}`)} has a character AWS does not allow in tags: use letters, digits, spaces and _ . : / = + - @`;
  if (/^aws:/i.test(key))
    return `${quoted(key)} starts with aws:, which AWS keeps for itself: use another key`;
  if (key.toLowerCase().startsWith(reservedTagPrefix))
    return `${quoted(key)} starts with ${reservedTagPrefix}, which the action keeps for itself: use another key`;
  // IAM compares the keys of a role's tags without case.
  if (
    [...tags.keys()].some((other) => other.toLowerCase() === key.toLowerCase())
  )
    return `the tag ${quoted(key)} is given twice: remove one`;
  return undefined;
}
