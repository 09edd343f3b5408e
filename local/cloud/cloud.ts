// The whole local cloud: AWS behind one loopback endpoint, the AI services, GitHub if asked for, the proxy that makes real
// host names work, and the environment that leads a process there and nowhere else.

import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  functionPolicyThrough,
  invokeStreamingThrough,
  invokeThrough,
} from "../apigateway/data/lambda-api.ts";
import { rolePermitsThrough } from "../apigateway/data/role-api.ts";
import type { Readings } from "../apigateway/data/collaborators.ts";
import { createDataPlane } from "../apigateway/data/data-plane.ts";
import { startGateway, type Gateway } from "../apigateway/server.ts";
import { createAuthority, type Authority } from "../system/certificates.ts";
import {
  awsEnvironment,
  functionEnvironment,
  proxyEnvironment,
  startEnvironment,
  trustEnvironment,
} from "./cloud-environment.ts";
import {
  knownHosts,
  openKnown,
  type HostOptions,
  type Hosts,
} from "./cloud-hosts.ts";
import { provideEngine } from "../tools/engine.ts";
import {
  startGithub,
  type Github,
  type GithubOptions,
} from "../github/github.ts";
import { startMinistack } from "../ministack/ministack.ts";
import { freePort } from "../system/ports.ts";
import { silentProgress, type Progress } from "../system/progress.ts";
import { startProxy, type Proxy } from "./proxy.ts";
import { type AnswerReleases, fillToolCache } from "../tools/tool-cache.ts";
import {
  startUpstream,
  type Upstream,
  type UpstreamOptions,
} from "../upstream/upstream.ts";

export interface CloudOptions extends HostOptions {
  /** Silent when not given. */
  readonly progress?: Progress;
  /** us-east-1 when not given. */
  readonly region?: string;
  /** Executable of an AWS plugin to put in the stand-in's place (the truth rig, or the official one). */
  readonly plugin?: string;
  /** False: no engine and no plugin, for tests that deploy nothing. */
  readonly engine?: boolean;
  readonly upstream?: UpstreamOptions;
  /** No GitHub when not given. */
  readonly github?: GithubOptions;
  /** Whether API Gateway's published control-plane rate limits hold; off when not given. */
  readonly limits?: boolean;
  /** One line a call to AWS. */
  readonly log?: (line: string) => void;
  /** Whether the engine can start policy packs. */
  readonly startsPolicyPacks?: boolean;
  /** How API Gateway is played where nobody knows what AWS does: see `Readings`. */
  readonly readings?: Partial<Readings>;
  /** Through which VPC endpoint calls to gates come; undefined, and when not given, from the internet. */
  readonly vpcEndpoint?: () => string | undefined;
}

export interface Cloud {
  /** What to add to a process's environment; it has no PATH. */
  readonly env: Readonly<Record<string, string>>;
  readonly gateway: Gateway;
  readonly upstream: Upstream;
  readonly proxy: Proxy;
  readonly github: Github | undefined;
  /** Plays API Gateway otherwise from now on; what is not given is as at the start. */
  play(readings: Partial<Readings>): void;
  /** Signs certificates that the action and the Lambda functions of this cloud trust, for https servers on localhost. */
  readonly authority: Authority;
  /** A directory for whatever belongs to this cloud; it goes when the cloud does, even by SIGKILL. */
  readonly directory: string;
  /** Ends everything; safe to call again. */
  stop(): Promise<void>;
}

/** Starts it all on loopback; when one part does not start, the others are ended before this rejects. */
export async function startCloud(options: CloudOptions = {}): Promise<Cloud> {
  const directory = await mkdtemp(join(tmpdir(), "ai-gate-cloud-"));
  const stops: (() => Promise<void>)[] = [
    () => rm(directory, { recursive: true, force: true }),
  ];
  const started = <T extends { stop(): Promise<void> }>(part: T): T => {
    stops.push(() => part.stop());
    return part;
  };
  const stop = async (): Promise<void> => {
    for (let end = stops.pop(); end !== undefined; end = stops.pop())
      await end();
  };
  try {
    return { ...(await start(options, directory, started)), directory, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

type Started = <T extends { stop(): Promise<void> }>(part: T) => T;

async function start(
  options: CloudOptions,
  directory: string,
  started: Started,
): Promise<Omit<Cloud, "directory" | "stop">> {
  const { progress = silentProgress, region = "us-east-1" } = options;
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const authority = await createAuthority();
  const upstream = started(await startUpstream(options.upstream));
  const github = options.github && started(await startGithub(options.github));
  const runner = await prepareRunner(options, progress, directory);
  const urls = { endpoint, upstream: upstream.url, github: github?.apiUrl };
  const hosts = knownHosts(options, urls, runner.releases);
  const proxy = started(await startProxy({ targetOf: hosts, authority }));
  const trust = await trustEnvironment(authority, directory);
  const proxied = proxyEnvironment(proxy, trust);
  const aws = started(
    await startMinistack({
      progress,
      region,
      directory,
      functionEndpoint: endpoint,
      functionEnvironment: functionEnvironment(proxied),
    }),
  );
  let readings = options.readings ?? {};
  const play = (given: Partial<Readings>): void => {
    readings = { ...options.readings, ...given };
  };
  const at = { port, backend: new URL(aws.url), hosts };
  const gateway = started(
    await startFront({ ...at, readings: () => readings }, options),
  );
  const env = {
    ...proxied,
    ...awsEnvironment(gateway.url, region),
    ...startEnvironment(),
    ...runner.environment,
    ...(github && { GITHUB_API_URL: github.apiUrl }),
  };
  return { env, gateway, upstream, proxy, github, authority, play };
}

async function prepareRunner(
  { engine, plugin, startsPolicyPacks = false }: CloudOptions,
  progress: Progress,
  directory: string,
): Promise<{
  environment: Record<string, string>;
  releases?: AnswerReleases;
}> {
  const [toolCache, temp] = [
    join(directory, "tool-cache"),
    join(directory, "temp"),
  ];
  await Promise.all([mkdir(toolCache), mkdir(temp)]);
  const environment = { RUNNER_TOOL_CACHE: toolCache, RUNNER_TEMP: temp };
  if (engine === false) return { environment };
  const releases = await fillToolCache(toolCache, {
    engine: await provideEngine(progress),
    startsPolicyPacks,
    ...(plugin !== undefined && { plugin }),
  });
  return { environment, releases };
}

function startFront(
  at: {
    port: number;
    backend: URL;
    hosts: Hosts;
    readings: () => Partial<Readings>;
  },
  options: CloudOptions,
): Promise<Gateway> {
  const { log } = options;
  const dataPlane = createDataPlane({
    invokeFunction: invokeThrough(at.backend),
    invokeStreaming: invokeStreamingThrough(at.backend),
    functionPolicy: functionPolicyThrough(at.backend),
    rolePermits: rolePermitsThrough(at.backend),
    now: Date.now,
    openUpstream: openKnown(at.hosts),
    get readings() {
      return at.readings();
    },
    ...(log && { log }),
    ...(options.vpcEndpoint && { vpcEndpoint: options.vpcEndpoint }),
  });
  return startGateway({
    port: at.port,
    backend: at.backend,
    dataPlane,
    limits: options.limits ?? false,
    ...(log && { log }),
  });
}
