// How large the authorizer's answer for a consumer gets, against what API Gateway takes. Pure.
import { upstreamsOf } from "./access.ts";
import type { Gate } from "../gate.ts";
import { partitionOf } from "../rules/identity.ts";

export type LimitedGate = Pick<
  Gate,
  "region" | "stageName" | "routes" | "upstreams"
>;

/** AWS documents 8 KB for the authorizer's result with WebSocket APIs; REST APIs are known to fail somewhere above it. */
export const largestResult = 8192;
/** Room left for each upstream secret (an OpenAI project key has 164 characters); for names, usage key and braces. */
const secretSize = 300;
const fixedSize = 600;
/** The authorizer denies dot segments with nine patterns of its own. */
const denyPatterns = 9;

/** @returns an ARN up to the stage and its slash; account and API ids have fixed lengths. */
export function sampleArn({ region, stageName }: LimitedGate): string {
  return `arn:${partitionOf(region)}:execute-api:${region}:123456789012:abcdefghij/${stageName}/`;
}

/** @returns about how many bytes an answer with these resources has. */
export function resultSize(
  resources: readonly string[],
  access: readonly string[],
  gate: LimitedGate,
): number {
  const prefix = sampleArn(gate);
  const own = upstreamsOf(access, gate);
  const context = gate.upstreams.reduce(
    (size, { name }) =>
      size + name.length + 32 + (own.includes(name) ? secretSize : 0),
    0,
  );
  return (
    resources.reduce(
      (sum, suffix) => sum + prefix.length + suffix.length + 3,
      0,
    ) +
    denyPatterns * (prefix.length + 12) +
    context +
    fixedSize
  );
}
