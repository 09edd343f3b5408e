// Finds or fetches the Pulumi CLI and the AWS plugin at the SDK packages' own versions. What is kept, in the runner's tool cache,
// are their archives: each run checks them anew and unpacks them into a directory of its own. An archive
// must have the SHA-256 of engine.lock.json or, without an entry there, of the release on GitHub (another origin than the
// archive). Nothing is taken from PATH, and no program found there is run.
import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { constants, createReadStream, existsSync } from "node:fs";
import { copyFile, mkdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { HttpClient } from "@actions/http-client";
import * as toolCache from "@actions/tool-cache";
import { PulumiCommand } from "@pulumi/pulumi/automation";
import { version as awsVersion } from "@pulumi/aws/package.json";
import { version as pulumiVersion } from "@pulumi/pulumi/package.json";
import lock from "../../engine.lock.json";
import { GateFailure } from "../gate/failure.ts";
import { messageOf } from "./aws.ts";

interface Tool {
  readonly archive: string;
  readonly url: string;
  readonly release: string;
}

export interface Engine {
  readonly command: PulumiCommand;
  /** A PULUMI_HOME of our own, with nothing in it but the checked plugin. */
  readonly home: string;
}

export interface EngineHost {
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  readonly temp: string;
  /** The runner's tool cache; empty where there is none. */
  readonly toolCache: string;
  /** Of Windows; elsewhere not read. */
  readonly systemRoot: string;
  /** Sent to api.github.com only, to lift its limit for anonymous calls; may be empty. */
  readonly githubToken: string;
  readonly log: (line: string) => void;
}

/** @returns a CLI and a home with the AWS plugin, both of the pinned versions, checked and unpacked for this run alone. */
export async function prepareEngine(host: EngineHost): Promise<Engine> {
  const { cli, plugin } = toolsFor(host);
  const unpacked = path.join(host.temp, "pulumi");
  await provide(cli, unpacked, host);
  const home = path.join(host.temp, "pulumi-home");
  const plugins = path.join(home, "plugins", `resource-aws-v${awsVersion}`);
  await provide(plugin, plugins, host);
  return { command: await commandIn(unpacked, host), home };
}

/** The CLI's archive has `pulumi/` (`pulumi/bin/` on Windows); `PulumiCommand` wants `bin/` below its root. */
async function commandIn(
  unpacked: string,
  { platform }: EngineHost,
): Promise<PulumiCommand> {
  const inner = path.join(unpacked, "pulumi");
  const root = platform === "win32" ? inner : unpacked;
  try {
    if (root === unpacked) await rename(inner, path.join(root, "bin"));
    return await PulumiCommand.get({ root });
  } catch {
    throw new GateFailure(
      "engine",
      `The Pulumi CLI ${pulumiVersion} does not run on this machine: use a Linux, macOS or Windows runner that allows programs in RUNNER_TEMP`,
    );
  }
}

const platforms: Partial<Record<NodeJS.Platform, string>> = {
  linux: "linux",
  darwin: "darwin",
  win32: "windows",
};

function toolsFor({ arch, platform }: EngineHost): { cli: Tool; plugin: Tool } {
  const name = platforms[platform];
  if (name === undefined || !["x64", "arm64"].includes(arch))
    throw new GateFailure(
      "engine",
      `Pulumi has no release for ${platform}-${arch}: use a Linux, macOS or Windows runner on x64 or arm64`,
    );
  const cli = `pulumi-v${pulumiVersion}-${name}-${arch}.${name === "windows" ? "zip" : "tar.gz"}`;
  const plugin = `pulumi-resource-aws-v${awsVersion}-${name}-${arch === "x64" ? "amd64" : arch}.tar.gz`;
  const releases = "https://get.pulumi.com/releases";
  const repositories = "https://api.github.com/repos/pulumi";
  return {
    cli: {
      archive: cli,
      url: `${releases}/sdk/${cli}`,
      release: `${repositories}/pulumi/releases/tags/v${pulumiVersion}`,
    },
    plugin: {
      archive: plugin,
      url: `${releases}/plugins/${plugin}`,
      release: `${repositories}/pulumi-aws/releases/tags/v${awsVersion}`,
    },
  };
}

/** Checks and unpacks a copy of our own: what is kept may be written to by others meanwhile. */
async function provide(
  tool: Tool,
  directory: string,
  host: EngineHost,
): Promise<void> {
  const archive = path.join(host.temp, tool.archive);
  const kept =
    host.toolCache && path.join(host.toolCache, "ai-gate-action", tool.archive);
  const isKept = await isFile(kept);
  if (isKept) await copyFile(kept, archive, constants.COPYFILE_FICLONE);
  else await download(tool, archive, host);
  await check(tool, archive, {
    expected: await expectedSum(tool, host),
    advice: isKept
      ? `remove ${kept}, and it is fetched again; find out who changed it`
      : `if a proxy alters downloads, let ${new URL(tool.url).host} through, else try again later`,
  });
  if (kept !== "" && !isKept) await keep(archive, kept, host);
  await unpack(archive, directory, host);
  await rm(archive);
}

const isFile = async (file: string): Promise<boolean> =>
  (await stat(file).catch(() => undefined))?.isFile() ?? false;

async function download(
  { url }: Tool,
  archive: string,
  host: EngineHost,
): Promise<void> {
  host.log(`Fetching ${url}`);
  try {
    await toolCache.downloadTool(url, archive);
  } catch (error) {
    throw new GateFailure(
      "engine",
      `The engine could not be fetched from ${url} (${messageOf(error)}): allow that host, or put the archive into the directory ai-gate-action of the runner's tool cache`,
    );
  }
}

/** A name of its own until it is whole: another run may look for it. */
async function keep(
  archive: string,
  kept: string,
  host: EngineHost,
): Promise<void> {
  const making = `${kept}.${randomUUID()}`;
  try {
    await mkdir(path.dirname(kept), { recursive: true });
    await copyFile(archive, making, constants.COPYFILE_FICLONE);
    await rename(making, kept);
  } catch (error) {
    host.log(`${path.basename(kept)} cannot be kept: ${messageOf(error)}`);
    await rm(making, { force: true }).catch(() => undefined);
  }
}

async function check(
  tool: Tool,
  archive: string,
  { expected, advice }: { expected: string; advice: string },
): Promise<void> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(archive), hash);
  const actual = hash.digest("hex");
  if (actual === expected) return;
  throw new GateFailure(
    "engine",
    `${tool.archive} has SHA-256 ${actual}, but its release says ${expected}: it was not run; ${advice}`,
  );
}

/** The committed sum, else the one GitHub publishes for the release asset of that name. */
async function expectedSum(
  { archive, release }: Tool,
  { githubToken }: EngineHost,
): Promise<string> {
  const committed = (lock as Readonly<Record<string, string>>)[archive];
  if (committed !== undefined) return committed;
  const headers = githubToken && { authorization: `Bearer ${githubToken}` };
  let why = "has no digest of it";
  try {
    const { result } = await new HttpClient("ai-gate-action").getJson<{
      assets: { name: string; digest?: string }[];
    }>(release, headers || {});
    const asset = result?.assets.find(({ name }) => name === archive);
    const sum = /^sha256:([0-9a-f]{64})$/.exec(asset?.digest ?? "")?.[1];
    if (sum !== undefined) return sum;
  } catch (error) {
    why = `cannot be read: ${messageOf(error)}`;
  }
  throw new GateFailure(
    "engine",
    `No checksum for ${archive} (${release} ${why}): an archive that cannot be checked is not run; allow api.github.com, or use a version of the action whose engine.lock.json has it`,
  );
}

/** With the system's own tar, by its path, and with nothing of the environment. */
async function unpack(
  archive: string,
  directory: string,
  { platform, systemRoot }: EngineHost,
): Promise<void> {
  const tar =
    platform === "win32"
      ? path.join(systemRoot, "System32", "tar.exe")
      : (["/usr/bin/tar", "/bin/tar"].find(existsSync) ?? "/usr/bin/tar");
  await mkdir(directory, { recursive: true });
  const how = archive.endsWith(".zip") ? "-xf" : "-xzf";
  try {
    await promisify(execFile)(tar, [how, archive, "-o", "-C", directory], {
      env: { PATH: "/usr/bin:/bin" },
      windowsHide: true,
    });
  } catch (error) {
    const [first, said = first] = messageOf(error).split("\n").filter(Boolean);
    throw new GateFailure(
      "engine",
      `${path.basename(archive)} could not be unpacked (${said}): see that the runner has ${tar} and room on its disk`,
    );
  }
}
