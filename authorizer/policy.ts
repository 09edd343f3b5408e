// The policy an identified consumer gets: its whole list of resources, whatever it is calling right now, because API
// Gateway caches the policy by token and applies it to every later call. Pure.
import { demand, InternalFailure } from "./failure.ts";

interface Statement {
  readonly Action: string | readonly string[];
  readonly Effect: "Allow" | "Deny";
  readonly Resource: string | readonly string[];
}

export interface PolicyDocument {
  readonly Version: "2012-10-17";
  readonly Statement: readonly Statement[];
}

/** API Gateway answers 414 itself for a method ARN of more bytes than this. */
const methodArnLimit = 1600;
/** The longest resource API Gateway accepts in an authorizer's policy. */
const resourceLimit = 512;

/** Up to the API with its slash, in it partition and place; then the stage. */
const methodArn =
  /^(arn:(aws|aws-[a-z]{2,4}(?:-[a-z]{1,5})?):execute-api:([a-z]{2,4}(?:-[a-z]{1,12}){1,3}-[0-9]{1,2}:[0-9]{12}):[a-z0-9]{1,64}\/)([A-Za-z0-9_-]{1,128})\/[A-Z]{1,16}(?:\/|$)/;

/**
 * Paths an upstream may normalise upwards, out of the prefix that a wildcard opened: `..` after a slash or backslash,
 * plain or percent-encoded, any encoded dot, and an encoded percent sign, which could hide one.
 */
const dotSegments = [
  "*/..*",
  "*%2e*",
  "*%2E*",
  "*%2f..*",
  "*%2F..*",
  "*%5c..*",
  "*%5C..*",
  "*%25*", // an encoded percent sign can hide any of these from a matcher that decodes once
  "*\\..*",
];

/**
 * Returns `arn:<partition>:execute-api:<region>:<account>:<api>/<stage>/`, from the validated part of the ARN being
 * called. Method and path are the caller's text and may hold `*`, so they are never used.
 *
 * @param functionArn the authorizer's own: an API of another account or region has no business asking it
 * @throws Refusal when a part is malformed or the API or stage is not one this authorizer guards
 */
export function parseStageArn(
  called: unknown,
  expectedStage: string,
  functionArn: unknown,
): string {
  demand(
    typeof called === "string" && called.length <= methodArnLimit,
    "method-arn-malformed",
  );
  const [, api, partition, place, stage] = methodArn.exec(called) ?? [];
  demand(api && partition && place, "method-arn-malformed");
  demand(
    typeof functionArn === "string" &&
      functionArn.startsWith(`arn:${partition}:lambda:${place}:`),
    "method-arn-foreign",
  );
  demand(stage === expectedStage, "stage-mismatch");
  return `${api}${expectedStage}/`;
}

/**
 * Allows the resources (ARN suffixes after the stage) and nothing else; a wildcard is held inside its prefix by a Deny.
 *
 * @throws InternalFailure when a resource is longer than API Gateway accepts
 */
export function buildPolicy(
  stageArn: string,
  resources: readonly string[],
): PolicyDocument {
  const allow = statement("Allow", stageArn, resources);
  const open = resources.some((resource) => resource.includes("*"));
  return {
    Version: "2012-10-17",
    Statement: open
      ? [allow, statement("Deny", stageArn, dotSegments)]
      : [allow],
  };
}

function statement(
  effect: "Allow" | "Deny",
  stageArn: string,
  suffixes: readonly string[],
): Statement {
  const arns = suffixes.map((suffix) => stageArn + suffix);
  const long = arns.find((arn) => arn.length > resourceLimit);
  if (long !== undefined)
    throw new InternalFailure(
      "resource-too-long",
      `${long.length} characters: ${long}`,
    );
  return { Action: "execute-api:Invoke", Effect: effect, Resource: arns };
}
