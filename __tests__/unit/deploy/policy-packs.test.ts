import {
  lstatSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { linkNode, policyFailure } from "../../../src/deploy/policy-packs.ts";

const base = { sequence: 0, timestamp: 0 };

const violated = (enforcementLevel: string, policyName = "rule") =>
  ({
    ...base,
    policyEvent: {
      policyName,
      policyPackName: "rules",
      message: "Do this.",
      enforcementLevel,
    },
  }) as unknown as EngineEvent;

const changed = {
  ...base,
  policyRemediationEvent: { policyName: "rule", policyPackName: "rules" },
} as unknown as EngineEvent;

const summary = {
  ...base,
  summaryEvent: {
    maybeCorrupt: false,
    PolicyPacks: { "rules|local|/w/policies": "1.0.0" },
  },
} as unknown as EngineEvent;

const packs = ["/w/policies"];

test.each<[string, EngineEvent[], readonly string[], string | undefined]>([
  ["no packs, no events", [], [], undefined],
  ["packs that ran", [summary], packs, undefined],
  [
    "something that is only said",
    [violated("advisory"), summary],
    packs,
    undefined,
  ],
  [
    "packs that the engine does not name",
    [],
    packs,
    "the engine did not run the policy packs, and nothing is deployed without them: please report this with the log",
  ],
  [
    "several violations",
    [
      violated("mandatory"),
      violated("advisory"),
      violated("mandatory", "b"),
      summary,
    ],
    packs,
    "the policy rule of the pack rules refuses the gate: Do this. (and 1 more); change the gate, or the policy",
  ],
  [
    "a changed resource, though the engine is content",
    [changed, summary],
    packs,
    "the policy rule of the pack rules would change the properties of the gate; a gate is deployed as its inputs describe it: let the policy report a violation instead of changing a resource",
  ],
])("%s", (_what, events, given, message) => {
  const failure = policyFailure(events, given);
  expect(failure?.message).toBe(message);
  expect(failure?.reason).toBe(message === undefined ? undefined : "policy");
});

test.each([
  ["a link", "node-24", "node", true],
  ["a copy on Windows", "node-24.exe", "node.exe", false],
])("packs are started by %s, beside nothing else", async (...row) => {
  const [, program, name, isLink] = row;
  const temp = mkdtempSync(path.join(tmpdir(), "packs-"));
  try {
    writeFileSync(path.join(temp, program), "node");
    const directory = await linkNode(path.join(temp, program), temp);
    expect(readdirSync(directory)).toEqual([name]);
    const status = lstatSync(path.join(directory, name));
    expect(status.isSymbolicLink()).toBe(isLink);
  } finally {
    rmSync(temp, { recursive: true });
  }
});
