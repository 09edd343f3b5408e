// AWS's limits on what an authorizer may answer, checked before anything is deployed. Pure.
import { fittingResources } from "../access/resources.ts";
import {
  largestResult,
  type LimitedGate,
  resultSize,
  sampleArn,
} from "../access/size.ts";

/** Developer guide, "Output from an API Gateway Lambda authorizer": a resource ARN in the policy. */
const longestArn = 512;

/** @returns what is too large about a consumer's access, if anything. */
export function accessLimitFault(
  access: readonly string[],
  gate: LimitedGate,
): string | undefined {
  const resources = fittingResources(access, gate);
  const longest =
    sampleArn(gate).length +
    resources.reduce((most, { length }) => Math.max(most, length), 0);
  if (longest > longestArn)
    return `an ARN of ${longest} characters is needed, more than the ${longestArn} AWS allows: shorten the path or the stage name, or use /prefix/**`;
  const size = resultSize(resources, access, gate);
  if (size <= largestResult) return undefined;
  return `the access list makes an authorizer result of about ${size} bytes, more than ${largestResult}: name many routes at once with /prefix/**`;
}
