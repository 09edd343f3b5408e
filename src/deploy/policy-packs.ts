// Policy packs: what the engine needs to start them, and what they say of the gate.
import { copyFile, mkdtemp, symlink } from "node:fs/promises";
import path from "node:path";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { GateFailure } from "../gate/failure.ts";
import {
  isStopping,
  ranPacks,
  violationsIn,
  wordViolation,
} from "../gate/policy-violations.ts";

/**
 * @param node the program that packs are started with.
 * @returns a directory with that program as `node`, and with nothing else.
 */
export async function linkNode(node: string, temp: string): Promise<string> {
  const directory = await mkdtemp(path.join(temp, "node-"));
  // Not every user of Windows may make links.
  await (node.endsWith(".exe")
    ? copyFile(node, path.join(directory, "node.exe"))
    : symlink(node, path.join(directory, "node")));
  return directory;
}

/** @param packs that were to run. @returns why the run fails by its packs, if it does, though the engine may be content. */
export function policyFailure(
  events: readonly EngineEvent[],
  packs: readonly string[],
): GateFailure | undefined {
  const violated = violationFailure(events);
  if (violated !== undefined) return violated;
  if (packs.length === 0 || ranPacks(events)) return undefined;
  return new GateFailure(
    "policy",
    "the engine did not run the policy packs, and nothing is deployed without them: please report this with the log",
  );
}

export function violationFailure(
  events: readonly EngineEvent[],
): GateFailure | undefined {
  const [first, ...rest] = violationsIn(events).filter(isStopping);
  if (first === undefined) return undefined;
  const more = rest.length > 0 ? ` (and ${rest.length} more)` : "";
  return new GateFailure(
    "policy",
    `${wordViolation(first)}${more}; ${advice[first.level]}`,
  );
}

const advice = {
  mandatory: "change the gate, or the policy",
  advisory: "",
  remediated:
    "a gate is deployed as its inputs describe it: let the policy report a violation instead of changing a resource",
};
