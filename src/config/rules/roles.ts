// The roles that a gate's program makes: their IAM path and the boundary of what they may ever do.
import { partitionOf } from "../../gate/iam-policies.ts";
import type { Gate } from "../../gate/gate.ts";
import { inputOf, type SimpleInputs } from "../gate-source.ts";
import type { Report } from "../location.ts";
import { quoted } from "../messages.ts";
import { checkPattern } from "./value-checks.ts";

export function checkRoles(
  inputs: SimpleInputs,
  region: string,
  report: Report,
): Pick<Gate, "rolePath" | "permissionsBoundary"> {
  const path = inputOf(inputs, "role-path", report);
  if (path !== undefined)
    checkPattern(
      path,
      // AWS allows more, but a star in a path would be a pattern in a policy.
      /^(?!\/aws-service-role\/)(?=.{1,512}$)\/([A-Za-z0-9_.,+=@-]+\/)*$/,
      "an IAM path that begins and ends with a slash, like /teams/ai/",
    );
  const boundary = inputOf(inputs, "permissions-boundary", report);
  const fault = boundary && boundaryFault(boundary.value, region);
  if (fault !== undefined) boundary?.report(fault);
  return {
    ...(path && path.value !== "/" && { rolePath: path.value }),
    ...(boundary && { permissionsBoundary: boundary.value }),
  };
}

const policyArn =
  /^arn:(aws[a-z-]*):iam::(?:\d{12}|aws):policy\/(?:[A-Za-z0-9_.,+=@-]+\/)*[A-Za-z0-9_+=,.@-]{1,128}$/;

function boundaryFault(arn: string, region: string): string | undefined {
  const partition = policyArn.exec(arn)?.[1];
  if (partition === undefined)
    return `Invalid value ${quoted(arn)}: use the ARN of an IAM policy, like arn:aws:iam::111122223333:policy/boundary`;
  const expected = partitionOf(region);
  return partition === expected
    ? undefined
    : `Invalid value ${quoted(arn)}: use a policy of the partition ${expected}, which ${region} is in`;
}
