// What names and places a gate: stack, region, stage and tags.
import { isNoRegion, regionsLike } from "../../gate/regions.ts";
import type { Config } from "../from-inputs.ts";
import { inputOf, namedLines, type SimpleInputs } from "../gate-source.ts";
import type { Located, Report } from "../location.ts";
import { quoted } from "../messages.ts";
import { checkPattern, type Checks } from "./value-checks.ts";

export function checkStack(inputs: SimpleInputs, report: Report): string {
  const given = inputOf(inputs, "stack", report);
  if (given === undefined)
    report(
      { where: "stack" },
      "Missing value: use the name of the gate's Pulumi stack, like `prod`",
    );
  else
    checkPattern(
      given,
      /^([A-Za-z0-9._-]{1,100}\/)?[A-Za-z0-9._-]{1,100}$/,
      "1 to 100 letters, digits, dots, underscores and hyphens; on Pulumi Cloud the organization and a slash may stand in front",
    );
  return given?.value ?? "";
}

/** Part of the world, maybe a country or partition, direction, number: `eu-west-1`, `us-gov-east-1`, `eusc-de-east-1`. */
export const regionName =
  /^[a-z]{2,4}(-[a-z]{2,4})?-(central|(north|south)?(east|west)?)(?<!-)-\d{1,2}$/;

export function checkRegion(inputs: SimpleInputs, report: Report): string {
  const given = inputOf(inputs, "region", report);
  if (given === undefined)
    report(
      { where: "region" },
      "Missing value: set this input or the environment variable AWS_REGION",
    );
  else if (!regionName.test(given.value))
    checkPattern(given, regionName, "an AWS region like eu-west-1");
  else if (isNoRegion(given.value)) {
    const like = regionsLike(given.value).join(", ");
    const advice = like ? `: use one that exists, like ${like}` : "";
    given.report(`There is no AWS region ${quoted(given.value)}${advice}`);
  }
  return given?.value ?? "";
}

export function checkStage(config: Located<Config>): string {
  const given = config.at("stage");
  checkPattern(
    given,
    // API Gateway's own test console calls itself test-invoke-stage.
    /^(?!test-invoke-stage$)[A-Za-z0-9_-]{1,128}$/,
    "1 to 128 letters, digits, underscores and hyphens, not test-invoke-stage",
  );
  return given.value;
}

/** Of the 50 that AWS allows a resource; the action's own take some. */
const mostTags = 40;

/** Those of the input `tags` (`key=value` lines; blank ones and those that start with `#` are left out) and of the file's key. */
export function checkTags({
  config,
  report,
  source,
}: Pick<Checks, "config" | "report" | "source">): Record<string, string> {
  const input = inputOf(source.inputs, "tags", report);
  const given = [
    ...namedLines(input?.value).map(({ number, line, name, value }) => ({
      name,
      value,
      where: "the input `tags`",
      refuse: (fault: string) =>
        input?.report(`Line ${number}: ${quoted(name || line)} ${fault}`),
    })),
    ...(config.at("tags")?.entries() ?? []).map(([name, value]) => ({
      name,
      value: value.value,
      where: "the key `tags` of the config file",
      refuse: (fault: string) => value.report(`${quoted(name)} ${fault}`),
    })),
  ];
  const tags = new Map<string, string>();
  // IAM compares the keys of a role's tags without case.
  const places = new Map<string, string>();
  for (const { name, refuse, value, where } of given) {
    const other = places.get(name.toLowerCase());
    const elsewhere = other === where ? "" : `, in ${other ?? ""}`;
    const fault =
      tagFault(name, value) ??
      (other && `is the key of another tag${elsewhere}: remove one`);
    places.set(name.toLowerCase(), where);
    if (fault === undefined) tags.set(name, value);
    else refuse(fault);
  }
  if (tags.size > mostTags)
    (input ?? config.at("tags"))?.report(
      `Too many tags (${tags.size}): use at most ${mostTags}`,
    );
  return Object.fromEntries(tags);
}

function tagFault(key: string, value: string): string | undefined {
  const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u;
  if (key === "") return "has no key: write key=value";
  if (key.length > 128 || value.length > 256)
    return "is too long: use at most 128 characters in the key and 256 in the value";
  if (!allowed.test(key) || !allowed.test(value))
    return "has a character that AWS refuses: use letters, digits, spaces and _ . : / = + - @";
  return /^(aws|ai-gate):/i.test(key)
    ? "starts with a prefix reserved for AWS (aws:) or the action (ai-gate:): use another key"
    : undefined;
}
