// Lambda: calls about one function, with the waits that Lambda asks for.
import { restCall, type Cloud } from "../aws/cloud.ts";
import type { AwsError } from "../aws/error.ts";
import { retryWhile, waitUntil } from "../aws/retry.ts";
import { mapOf, textOf, type Properties } from "../values.ts";

export function functionPath(name: string, rest = ""): string {
  return `/2015-03-31/functions/${encodeURIComponent(name)}${rest}`;
}

/** New roles are unknown to Lambda for a while, and one change of a function must end before the next begins. */
function isEarly(error: AwsError): boolean {
  if (error.code === "ResourceConflictException")
    return error.message.includes("in progress");
  if (error.code !== "InvalidParameterValueException") return false;
  return /cannot be assumed|execution role does not have permissions|throttled by EC2|KMS key is invalid for CreateGrant/.test(
    error.message,
  );
}

export interface LambdaChange {
  readonly operation: string;
  readonly method: "POST" | "PUT";
  readonly path: string;
  readonly body: Properties;
}

/** A call that is repeated while Lambda is not ready for it. */
export async function change(cloud: Cloud, call: LambdaChange): Promise<void> {
  await retryWhile(cloud.wait, isEarly, () =>
    restCall(cloud, { service: "lambda", ...call }),
  );
}

/** Waits until a creation or change has ended. Throws with AWS's reason when it failed. */
export async function waitUntilReady(
  cloud: Cloud,
  name: string,
): Promise<void> {
  const call = { operation: "GetFunction", method: "GET" } as const;
  const path = functionPath(name);
  await waitUntil(cloud.wait, `Lambda Function (${name})`, async () => {
    const answer = await restCall(cloud, { service: "lambda", ...call, path });
    const state = mapOf(answer, "Configuration");
    const status = [textOf(state, "State"), textOf(state, "LastUpdateStatus")];
    if (status.includes("Failed")) {
      const reason =
        textOf(state, "StateReason") || textOf(state, "LastUpdateStatusReason");
      throw new Error(`Lambda Function (${name}) failed: ${reason}`);
    }
    return !status.includes("Pending") && !status.includes("InProgress");
  });
}
