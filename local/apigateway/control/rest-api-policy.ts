// Resource policies: stored as plain JSON text with the `execute-api:/…` short form written out, answered with escaped quotes.

import { badRequest } from "./errors.ts";
import { isObject } from "./input.ts";

/** AWS answers the policy as the inside of a JSON string literal, so readers have to unescape it once more. */
export function policyOnTheWire(
  policy: string | undefined,
): string | undefined {
  return policy === undefined ? undefined : JSON.stringify(policy).slice(1, -1);
}

/**
 * @returns the policy as JSON text, `execute-api:/x` expanded to the API's ARN and lists of one made single values
 * @throws ServiceError for anything that is no policy document (the text is ours)
 */
export function expandPolicy(
  policy: string,
  place: { readonly region: string; readonly account: string },
  apiId: string,
): string {
  const document = parsePolicy(policy);
  const partition = partitionOf(place.region);
  const arn = `arn:${partition}:execute-api:${place.region}:${place.account}:${apiId}/`;
  const expand = (value: unknown): unknown =>
    typeof value === "string" ? value.replace(/^execute-api:\//, arn) : value;
  const statements = [document["Statement"]].flat().map((statement) => {
    if (!isObject(statement)) throw invalid();
    const changed = { ...statement };
    for (const key of ["Resource", "NotResource"]) {
      const resources = [statement[key] ?? []].flat().map(expand);
      if (resources.length > 0)
        changed[key] = resources.length === 1 ? resources[0] : resources;
    }
    return changed;
  });
  return JSON.stringify({ ...document, Statement: statements });
}

const invalid = (): Error =>
  badRequest(
    "Invalid policy document. Please check the policy syntax and ensure that Principals are valid.",
  );

function parsePolicy(policy: string): Record<string, unknown> {
  try {
    const document: unknown = JSON.parse(policy);
    if (isObject(document) && document["Statement"] !== undefined)
      return document;
  } catch {
    // Falls through to the one error.
  }
  throw invalid();
}

function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}
