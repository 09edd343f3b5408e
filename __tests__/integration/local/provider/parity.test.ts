// The stand-in against the real Terraform provider (the truth rig): the same program must make the same write calls, in
// kind and number, in every phase of a gate's life.
import { symlink } from "node:fs/promises";
import path from "node:path";
import type { LedgerCall } from "../../../../local/apigateway/model.ts";
import { writePluginLauncher } from "../../../../local/provider/launcher.ts";
import { mapAtOnce } from "../../../fixtures/at-once.ts";
import {
  gateProgram,
  usual,
  type Parameters,
} from "../../../fixtures/provider-program.ts";
import { startRig, type Rig } from "../../../fixtures/provider-rig.ts";

const truthRig = process.env["AI_GATE_TRUTH_RIG"];

/** One engine run each, in this order; changes of one phase are of resources that have nothing to do with each other. */
const phases: readonly [phase: string, change: Partial<Parameters>][] = [
  ["create", {}],
  ["no-op", {}],
  ["refresh", {}],
  ["no-op after refresh", {}],
  ["code; role, logs, key, answer, backups", { code: "2", ...smallThings() }],
  [
    "settings of the function; plan, throttle, base path",
    {
      memory: 512,
      variables: { A: "1" },
      rate: 50,
      quota: { limit: 1000, period: "DAY" },
      basePath: "ai",
    },
  ],
  [
    "code and settings; throttle of a method",
    { code: "3", memory: 128, methodLimit: 3 },
  ],
  ["tags", { tags: { stack: "dev", owner: "b" } }],
  ["body; key in another plan", { routes: ["/a"], plan: "other" }],
  ["description; stage", { description: "other", accessLogs: true }],
  ["stage back; no plans", { accessLogs: false, plan: "none" }],
  [
    "plans back; another language",
    { plan: "plan", runtime: "python3.13", architecture: "x86_64" },
  ],
  [
    "language back; another stage, with logs",
    {
      runtime: "nodejs22.x",
      architecture: "arm64",
      stageName: "v2",
      accessLogs: true,
    },
  ],
  ["destroy", {}],
];

function smallThings(): Partial<Parameters> {
  return {
    retention: 7,
    trust: "edgelambda.amazonaws.com",
    keyEnabled: false,
    unauthorizedStatus: "403",
    backups: true,
  };
}

/** Calls that only one of the two makes, by phase, each with the reason. */
const differences: Readonly<
  Record<string, { standIn?: string[]; truth?: string[]; reason: string }>
> = {};

type Writes = Record<string, string[]>;

/** Writes of a phase, sorted: service, operation and, for patches, what is patched. Generated ids are left out. */
function described(calls: readonly LedgerCall[]): string[] {
  return calls
    .filter((call) => call.write)
    .map((call) => [call.service, call.operation, ...patched(call)].join(" "))
    .toSorted();
}

function patched({ method, requestBody }: LedgerCall): string[] {
  if (method !== "PATCH") return [];
  const { patchOperations } = JSON.parse(requestBody) as {
    patchOperations: { op: string; path: string }[];
  };
  return patchOperations.map(({ op, path: where }) =>
    `${op} ${where}`.replace(/\/\w{10}:/, "/API:"),
  );
}

async function liveWith(plugin: (folder: string) => Promise<unknown>) {
  const parameters: Parameters = { ...usual };
  const program = gateProgram(parameters);
  const rig = await startRig({ program, plugin, isAttached: true });
  const writes: Writes = {};
  try {
    for (const [phase, change] of phases) {
      Object.assign(parameters, change);
      const before = rig.gateway.ledger.length;
      await run(rig, phase);
      writes[phase] = described(rig.gateway.ledger.slice(before));
    }
  } finally {
    await rig.stop();
  }
  return writes;
}

async function run({ stack }: Rig, phase: string): Promise<void> {
  if (phase === "destroy") await stack.destroy();
  else if (phase === "refresh") await stack.refresh();
  else await stack.up();
}

const writeStandIn = (folder: string): Promise<string> =>
  writePluginLauncher(folder, process.execPath);

const linkTruthRig = (folder: string): Promise<void> =>
  symlink(truthRig ?? "", path.join(folder, "pulumi-resource-aws"));

(truthRig ? describe : describe.skip)(
  "stand-in and truth rig (needs AI_GATE_TRUTH_RIG, the plugin's path)",
  () => {
    let standIn: Writes = {};
    let truth: Writes = {};
    beforeAll(async () => {
      const plugins = [linkTruthRig, writeStandIn];
      [truth = {}, standIn = {}] = await mapAtOnce(plugins, liveWith);
    }, 600_000);

    test("the ledger sees what is compared", () => {
      expect(truth["create"]).toContain("apigateway PutRestApi");
      expect(truth["no-op"]).toEqual([]);
    });

    test.each(phases.map(([phase]) => phase))("%s", (phase) => {
      const known = differences[phase];
      expect([...standIn[phase]!, ...(known?.truth ?? [])].toSorted()).toEqual(
        [...truth[phase]!, ...(known?.standIn ?? [])].toSorted(),
      );
    });
  },
);
