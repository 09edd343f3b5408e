// The stack's history: one digest over all that was ever deployed on it. A review is of one point in it, so a review that was
// used, or whose change was undone since, is none any more, though the same would happen again.
import type { OutputMap, PulumiFn } from "@pulumi/pulumi/automation";
import { sha256 } from "../../cloud/names.ts";
import type { Contents } from "./contents.ts";

/** @returns the digest; empty for a stack that has none yet. */
export const historyIn = (before: OutputMap): string =>
  textIn(before, "history");

/**
 * @param before the stack's outputs.
 * @returns the program with two outputs more. They stay what they were while the same is deployed, so that the same `up` again
 *   changes nothing.
 */
export function keepHistory(
  program: PulumiFn,
  before: OutputMap,
  contents: Contents,
): PulumiFn {
  const deployed = sha256(JSON.stringify(contents));
  const history =
    textIn(before, "deployed") === deployed
      ? historyIn(before)
      : sha256(`${historyIn(before)}\n${deployed}`);
  return async () => ({ ...(await program()), deployed, history });
}

function textIn(outputs: OutputMap, name: string): string {
  const stored: unknown = outputs[name]?.value;
  return typeof stored === "string" ? stored : "";
}
