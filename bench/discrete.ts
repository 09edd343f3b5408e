// `npm run bench -- discrete`: this action beside the shape that tutorials have, with the same routes, engine and stand-in for the AWS
// plugin, on local clouds: calls to API Gateway, counted, and the time they take under its published limits, simulated from them.
import { mkdir, writeFile } from "node:fs/promises";
import path from "node:path";
import {
  LocalWorkspace,
  PulumiCommand,
} from "@pulumi/pulumi/automation/index.js";
import aws from "@pulumi/aws/package.json" with { type: "json" };
import { startRig } from "../__tests__/fixtures/action-rig.ts";
import type { LedgerCall } from "../local/apigateway/model.ts";
import { type Cloud, startCloud } from "../local/cloud/cloud.ts";
import { printedProgress } from "../local/system/progress.ts";
import { provideEngine } from "../local/tools/engine.ts";
import { discreteProgram } from "./discrete/program.ts";
import { secondsUnderLimits } from "./limits.ts";
import type { Found } from "./figures.ts";

const routeCounts = [1, 10, 100] as const;
/** For which the bounds are. */
const compared = 100;

export async function benchDiscrete(): Promise<Found> {
  const discrete = new Map<number, readonly string[]>();
  for (const count of routeCounts)
    discrete.set(count, await discreteCalls(count));
  const theirs = discrete.get(compared) ?? [];
  const ours = await ownCalls(compared);
  // To the disadvantage of this action: its calls one after the other, the others ten at a time.
  const own = secondsUnderLimits(ours, 1);
  const other = secondsUnderLimits(theirs, 10);
  return {
    measures: [
      {
        what: "first `up` of 100 routes: calls to API Gateway",
        value: ours.length,
        unit: "calls",
      },
      {
        what: "the same in the shape of tutorials",
        value: theirs.length,
        unit: "calls",
      },
      {
        what: "how many times fewer",
        value: theirs.length / ours.length,
        unit: "times",
        bound: { least: 10 },
      },
      {
        what: "their time under API Gateway's limits (simulated)",
        value: own,
        unit: "s",
      },
      {
        what: "the same in the shape of tutorials (simulated)",
        value: other,
        unit: "s",
      },
      {
        what: "time over that of the tutorials' shape",
        value: own / other,
        unit: "share",
        bound: { most: 0.1 },
      },
    ],
    lines: {
      "a resource, a method and an integration for each route": routeCounts.map(
        (count) => [count, discrete.get(count)?.length ?? NaN],
      ),
    },
  };
}

const toApiGateway = (calls: readonly LedgerCall[]): string[] =>
  calls
    .filter(({ service }) => service === "apigateway")
    .map(({ operation }) => operation);

async function discreteCalls(routes: number): Promise<string[]> {
  const cloud = await startCloud({ engine: false });
  try {
    const stack = await createStack(cloud, routes);
    await stack.up();
    return toApiGateway(cloud.gateway.ledger);
  } finally {
    await cloud.stop();
  }
}

async function createStack({ directory, env }: Cloud, routes: number) {
  const home = path.join(directory, "home");
  const plugin = path.join(home, `plugins/resource-aws-v${aws.version}`);
  const state = path.join(directory, "state");
  const workDir = path.join(directory, "workspace");
  for (const each of [plugin, state, workDir])
    await mkdir(each, { recursive: true });
  const script = path.join(import.meta.dirname, "discrete/plugin.ts");
  await writeFile(
    path.join(plugin, "pulumi-resource-aws"),
    `#!/bin/sh\nexec '${process.execPath}' '${script}' "$@"\n`,
    { mode: 0o755 },
  );
  const { root } = await provideEngine(printedProgress());
  return LocalWorkspace.createStack(
    {
      stackName: "dev",
      projectName: "discrete",
      program: discreteProgram(routes),
    },
    {
      workDir,
      pulumiCommand: await PulumiCommand.get({ root }),
      pulumiHome: home,
      envVars: {
        ...env,
        PULUMI_CONFIG_PASSPHRASE: "bench",
        PULUMI_SKIP_UPDATE_CHECK: "true",
      },
      projectSettings: {
        name: "discrete",
        runtime: "nodejs",
        backend: { url: `file://${state}` },
      },
      stackSettings: { dev: { config: { "aws:region": "eu-west-1" } } },
    },
  );
}

async function ownCalls(routes: number): Promise<string[]> {
  const rig = await startRig();
  const config = [
    "upstreams:",
    "  service: { url: https://api.example.com/v1 }",
    "routes:",
    ...Array.from(
      { length: routes },
      (_, at) => `  - { path: /r${at}, upstream: service, methods: [POST] }`,
    ),
    `consumers: [{ id: team, token: { sha256: "${"1".repeat(64)}" } }]`,
  ];
  try {
    const { code, stdout } = await rig.run("up", "bench", {
      inputs: { proof: "false", comment: "false" },
      files: { "ai-gate.yml": config.join("\n") },
    });
    if (code !== 0) throw new Error(stdout.slice(-3000));
    return toApiGateway(rig.cloud.gateway.ledger);
  } finally {
    await rig.cloud.stop();
  }
}
