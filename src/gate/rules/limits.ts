// AWS's limits on what an authorizer may answer, checked before anything is deployed. Pure.
import { resourcesOf, upstreamsOf } from "../access/access.ts";
import type { Gate } from "../gate.ts";
import { partitionOf } from "./identity.ts";

export type LimitedGate = Pick<
  Gate,
  "region" | "stageName" | "routes" | "upstreams"
>;

/** Developer guide, "Output from an API Gateway Lambda authorizer": a resource ARN in the policy. */
const longestArn = 512;
/** AWS documents 8 KB for the authorizer's result with WebSocket APIs; REST APIs are known to fail somewhere above it. */
const largestResult = 8192;
/** Room left for each upstream secret (an OpenAI project key has 164 characters), and for names and braces. */
const secretSize = 300;
const fixedSize = 400;
/** The authorizer denies dot segments with nine patterns of its own. */
const denyPatterns = 9;

/** @returns what is too large about a consumer's access, if anything. */
export function accessLimitFault(
  access: readonly string[],
  gate: LimitedGate,
): string | undefined {
  // Account and API ids have fixed lengths.
  const prefix = `arn:${partitionOf(gate.region)}:execute-api:${gate.region}:123456789012:abcdefghij/${gate.stageName}/`;
  const arns = resourcesOf(access, gate.routes).map(
    (suffix) => prefix + suffix,
  );
  const longest = arns.reduce((most, arn) => Math.max(most, arn.length), 0);
  if (longest > longestArn)
    return `an ARN of ${longest} characters is needed, more than the ${longestArn} AWS allows: shorten the path or the stage name, or use /prefix/**`;
  const own = upstreamsOf(access, gate);
  const context = gate.upstreams.reduce(
    (size, { name }) =>
      size + name.length + 32 + (own.includes(name) ? secretSize : 0),
    0,
  );
  const size =
    arns.reduce((sum, arn) => sum + arn.length + 3, 0) +
    denyPatterns * (prefix.length + 12) +
    context +
    fixedSize;
  if (size <= largestResult) return undefined;
  return `the access list makes an authorizer result of about ${size} bytes, more than ${largestResult}: name many routes at once with /prefix/**`;
}
