// Starts what an engine run needs: ministack, the local API Gateway before it, and a stack whose AWS plugin is the one given.
import { spawn, type ChildProcess } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
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
  /** Executable of ministack. */
  readonly ministack: string;
  /** Has `bin/pulumi`. */
  readonly engineRoot: string;
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
  const port = await freePort();
  const ministack = startMinistack(options.ministack, port, directory);
  const backend = new URL(`http://127.0.0.1:${port}`);
  await untilUp(backend);
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
      pulumiCommand: await PulumiCommand.get({ root: options.engineRoot }),
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
      await ended(ministack);
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

function startMinistack(
  executable: string,
  port: number,
  directory: string,
): ChildProcess {
  return spawn(executable, [], {
    stdio: "ignore",
    env: {
      PATH: `${path.dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
      HOME: directory,
      TMPDIR: directory,
      GATEWAY_PORT: String(port),
      BIND_HOST: "127.0.0.1",
      LAMBDA_EXECUTOR: "local",
    },
  });
}

async function untilUp(url: URL): Promise<void> {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    try {
      await fetch(url);
      return;
    } catch {
      await sleep(100);
    }
  }
  throw new Error("ministack did not come up");
}

async function ended(child: ChildProcess): Promise<void> {
  const gone = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  await gone;
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
