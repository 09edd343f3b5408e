// The AWS services behind the local API Gateway: ministack runs Lambda functions as processes of this machine and keeps
// IAM, S3, DynamoDB, Secrets Manager, SSM, STS and Logs in memory.

import { mkdir, mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { freePort } from "../system/ports.ts";
import { startCommand, type RunningCommand } from "../system/processes.ts";
import type { Progress } from "../system/progress.ts";
import { providePython } from "./python.ts";

export interface MinistackOptions {
  readonly progress: Progress;
  /** What the functions see as AWS_ENDPOINT_URL; ministack itself when not given. */
  readonly functionEndpoint?: string;
  /** What the functions see besides, and the server too. */
  readonly functionEnvironment?: Readonly<Record<string, string>>;
  /** Region of calls that name none. */
  readonly region?: string;
  /** A directory to work in, removed when ministack ends or this process is gone; a new one when not given. */
  readonly directory?: string;
}

export interface Ministack {
  readonly url: string;
  /** The process group of the server and its functions. */
  readonly pid: number;
  /** The last of what the server has printed. */
  log(): string;
  /** Ends the server and every function process. */
  stop(): Promise<void>;
}

const requirements = join(import.meta.dirname, "requirements.txt");
const startWithinMs = 60_000;
const logLength = 100_000;

/** Installs ministack in the cache if it is not there; its Python. Throws with one clear line when it cannot be had. */
export function provideMinistack(progress: Progress): Promise<string> {
  return providePython("ministack", requirements, progress);
}

/** Starts a ministack of its own on a free loopback port; throws with its last words when it does not come up. */
export async function startMinistack(
  options: MinistackOptions,
): Promise<Ministack> {
  const python = await provideMinistack(options.progress);
  const scratch =
    options.directory ?? (await mkdtemp(join(tmpdir(), "ai-gate-ministack-")));
  const home = join(scratch, "ministack");
  await mkdir(home);
  const port = await freePort();
  const running = startCommand({
    file: python,
    arguments: ["-m", "ministack"],
    env: environment(options, { python, home, port }),
    directory: home,
    scratch,
  });
  const log = recordOutput(running);
  const url = `http://127.0.0.1:${port}`;
  try {
    await healthy(url, running, log);
  } catch (error) {
    await running.stop();
    throw error;
  }
  return { url, pid: running.pid, log, stop: () => running.stop() };
}

// ministack hands its whole environment to the functions, so this is all a function can see of this machine.
function environment(
  options: MinistackOptions,
  at: { python: string; home: string; port: number },
): Record<string, string> {
  return {
    ...options.functionEnvironment,
    // Functions run on the node that comes first; AWS has its own, of the version this process must have too.
    PATH: [
      dirname(process.execPath),
      dirname(at.python),
      "/usr/bin",
      "/bin",
    ].join(":"),
    HOME: at.home,
    TMPDIR: at.home,
    LANG: "C.UTF-8",
    GATEWAY_PORT: String(at.port),
    // Its own default is every interface.
    BIND_HOST: "127.0.0.1",
    LAMBDA_EXECUTOR: "local",
    // It looks for containers of an earlier run; there is no docker here, even if the machine has one.
    DOCKER_HOST: `unix://${at.home}/no-docker`,
    LOG_LEVEL: "WARNING",
    MINISTACK_REGION: options.region ?? "us-east-1",
    ...(options.functionEndpoint === undefined
      ? {}
      : { AWS_ENDPOINT_URL: options.functionEndpoint }),
  };
}

function recordOutput(running: RunningCommand): () => string {
  let output = "";
  const record = (chunk: Buffer): void => {
    output = (output + chunk.toString("utf8")).slice(-logLength);
  };
  running.stdout.on("data", record);
  running.stderr.on("data", record);
  return () => output;
}

async function healthy(
  url: string,
  running: RunningCommand,
  log: () => string,
): Promise<void> {
  const state = { ended: false };
  const end = (): void => {
    state.ended = true;
  };
  running.exited.then(end, end);
  const deadline = Date.now() + startWithinMs;
  while (!(await answers(`${url}/_ministack/health`))) {
    if (state.ended)
      throw new Error(
        `ministack ended at its start: ${log().trim().slice(-500)}`,
      );
    if (Date.now() > deadline)
      throw new Error(`ministack did not come up: ${log().trim().slice(-500)}`);
    await sleep(50);
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url);
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}
