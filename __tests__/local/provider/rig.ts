// Starts what an engine run needs: ministack, the local API Gateway before it, and a stack whose AWS plugin is the one given.
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  LocalWorkspace,
  PulumiCommand,
  type EngineEvent,
  type PulumiFn,
  type Stack,
} from "@pulumi/pulumi/automation";
import type { DataPlane } from "../../../local/apigateway/data-plane.ts";
import type { LedgerCall } from "../../../local/apigateway/model.ts";
import {
  startGateway,
  type Gateway,
} from "../../../local/apigateway/server.ts";

import { provideEngine } from "../../../local/engine.ts";
import { startMinistack } from "../../../local/ministack.ts";
import { printedProgress } from "../../../local/progress.ts";

const noDataPlane: DataPlane = {
  handle: (_request, response) => {
    response.writeHead(501).end();
    return Promise.resolve();
  },
  flush: () => undefined,
};

export interface Rig {
  readonly gateway: Gateway;
  readonly stack: Stack;
  readonly directory: string;
  /** Environment of the engine; the plugin inherits it. */
  readonly environment: Record<string, string>;
  stop(): Promise<void>;
}

export interface RigOptions {
  readonly program: PulumiFn;
  /** Puts an executable `pulumi-resource-aws` into the plugin's folder. */
  readonly plugin: (folder: string) => Promise<unknown>;
}

export async function startRig(options: RigOptions): Promise<Rig> {
  const directory = await mkdtemp(path.join(tmpdir(), "provider-test-"));
  const slot = path.join(directory, "home/plugins/resource-aws-v7.48.0");
  const state = path.join(directory, "state");
  await Promise.all([slot, state].map((at) => mkdir(at, { recursive: true })));
  await options.plugin(slot);
  const progress = printedProgress();
  const ministack = await startMinistack({ progress });
  const backend = new URL(ministack.url);
  const gateway = await startGateway({
    port: 0,
    backend,
    dataPlane: noDataPlane,
  });
  await allowAccessLogs(gateway.url);
  const environment = {
    PULUMI_HOME: path.join(directory, "home"),
    PULUMI_CONFIG_PASSPHRASE: "test",
    PULUMI_SKIP_UPDATE_CHECK: "true",
    PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: "true",
    AWS_ENDPOINT_URL: gateway.url,
    AWS_ACCESS_KEY_ID: "test",
    AWS_SECRET_ACCESS_KEY: "test",
    AWS_EC2_METADATA_DISABLED: "true",
    TMPDIR: directory,
  };
  const stack = await LocalWorkspace.createOrSelectStack(
    { stackName: "dev", projectName: "gate", program: options.program },
    {
      pulumiCommand: await PulumiCommand.get({
        root: (await provideEngine(progress)).root,
      }),
      pulumiHome: environment.PULUMI_HOME,
      envVars: environment,
      projectSettings: {
        name: "gate",
        runtime: "nodejs",
        backend: { url: `file://${state}` },
      },
    },
  );
  await stack.setConfig("aws:region", { value: "us-east-1" });
  return {
    ...{ gateway, stack, directory, environment },
    stop: async () => {
      await gateway.stop();
      await ministack.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** API Gateway refuses access logs in an account that has no role for them. */
async function allowAccessLogs(url: string): Promise<void> {
  const value = "arn:aws:iam::000000000000:role/logs";
  const operation = { op: "replace", path: "/cloudwatchRoleArn", value };
  const answer = await fetch(`${url}/account`, {
    method: "PATCH",
    body: JSON.stringify({ patchOperations: [operation] }),
  });
  if (!answer.ok) throw new Error(await answer.text());
}

/** Calls of the ledger that change something, as `service Operation`, sorted. */
export function writesOf(calls: readonly LedgerCall[]): string[] {
  return calls
    .filter((call) => call.write)
    .map((call) => `${call.service} ${call.operation}`)
    .toSorted();
}

/** What the engine did to which resource: `update RestApi`, without what stays the same. */
export function stepsOf(events: readonly EngineEvent[]): string[] {
  return events.flatMap(({ resourcePreEvent }) => {
    const step = resourcePreEvent?.metadata;
    if (!step || step.op === "same") return [];
    return [`${step.op} ${step.type.split(":").at(-1) ?? ""}`];
  });
}
