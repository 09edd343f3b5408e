// The stack's review secret: made with the stack, kept among its secret outputs, so in its encrypted state and nowhere else.
import { randomBytes } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import type { OutputMap, PulumiFn } from "@pulumi/pulumi/automation";

/** The name of the stack output that keeps it. */
const output = "reviewKey";

/** @returns the stack's review secret; undefined for a stack that was never brought up. */
export function reviewSecretIn(outputs: OutputMap): string | undefined {
  const stored: unknown = outputs[output]?.value;
  return typeof stored === "string" && stored !== "" ? stored : undefined;
}

/**
 * @param before the stack's outputs, whose secret stays.
 * @param mask gets the secret before anything else sees it.
 * @returns the program with one output more.
 */
export function keepReviewSecret(
  program: PulumiFn,
  before: OutputMap,
  mask: (secret: string) => void,
): PulumiFn {
  const secret =
    reviewSecretIn(before) ?? randomBytes(32).toString("base64url");
  mask(secret);
  return async () => {
    const outputs = (await program()) ?? {};
    return { ...outputs, [output]: pulumi.secret(secret) };
  };
}
