// Finds or fetches the Pulumi CLI and the AWS plugin at the SDK packages' own versions. What is kept, in the runner's tool cache,
// are their archives: each run checks them anew, whoever wrote them there, and unpacks them into a directory of its own. An archive
// must have the SHA-256 of engine.lock.json or, without an entry there, of the release on GitHub (another origin than the
// archive). Nothing is taken from PATH, and no program found there is run.
import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { constants, createReadStream, existsSync } from "node:fs";
import { copyFile, mkdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { HttpClient, HttpClientError } from "@actions/http-client";
import * as toolCache from "@actions/tool-cache";
import { PulumiCommand } from "@pulumi/pulumi/automation";
import { version as awsVersion } from "@pulumi/aws/package.json";
import { version as pulumiVersion } from "@pulumi/pulumi/package.json";
import lock from "../../engine.lock.json";
import { GateFailure } from "../gate/failure.ts";

interface Tool {
  readonly name: string;
  readonly version: string;
  readonly archive: string;
  readonly url: string;
  readonly repository: string;
}

export interface Engine {
  readonly command: PulumiCommand;
  /** A PULUMI_HOME of our own, holding nothing but the checked plugin. */
  readonly home: string;
}

export interface EngineHost {
  readonly platform: NodeJS.Platform;
  /** As Node says it: `x64` or `arm64`. */
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

/**
 * @returns a CLI and a home with the AWS plugin, both of the pinned versions, checked and unpacked for this run alone.
 * @throws GateFailure `engine` when one cannot be had or its checksum does not match.
 */
export async function prepareEngine(host: EngineHost): Promise<Engine> {
  const unpacked = path.join(host.temp, "pulumi");
  await provide(pulumiTool(host), unpacked, host);
  const home = path.join(host.temp, "pulumi-home");
  const plugin = path.join(home, "plugins", `resource-aws-v${awsVersion}`);
  await provide(pluginTool(host), plugin, host);
  return { command: await commandIn(unpacked, host), home };
}

/** The CLI's archive holds `pulumi/` (`pulumi/bin/` on Windows); `PulumiCommand` wants `bin/` below its root. */
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

function platformName(host: EngineHost): string {
  const names: Partial<Record<NodeJS.Platform, string>> = {
    linux: "linux",
    darwin: "darwin",
    win32: "windows",
  };
  const name = names[host.platform];
  if (name === undefined || !["x64", "arm64"].includes(host.arch)) {
    throw new GateFailure(
      "engine",
      `Pulumi has no release for ${host.platform}-${host.arch}: use a Linux, macOS or Windows runner on x64 or arm64`,
    );
  }
  return name;
}

function pulumiTool(host: EngineHost): Tool {
  const platform = platformName(host);
  const archive = `pulumi-v${pulumiVersion}-${platform}-${host.arch}.${platform === "windows" ? "zip" : "tar.gz"}`;
  return {
    name: "pulumi",
    version: pulumiVersion,
    archive,
    url: `https://get.pulumi.com/releases/sdk/${archive}`,
    repository: "pulumi/pulumi",
  };
}

function pluginTool(host: EngineHost): Tool {
  const arch = host.arch === "x64" ? "amd64" : host.arch;
  const archive = `pulumi-resource-aws-v${awsVersion}-${platformName(host)}-${arch}.tar.gz`;
  return {
    name: "pulumi-resource-aws",
    version: awsVersion,
    archive,
    url: `https://get.pulumi.com/releases/plugins/${archive}`,
    repository: "pulumi/pulumi-aws",
  };
}

async function provide(
  tool: Tool,
  directory: string,
  host: EngineHost,
): Promise<void> {
  // Checked and unpacked is a copy of our own: what is kept may be written to by others meanwhile.
  const archive = path.join(host.temp, tool.archive);
  const kept =
    host.toolCache === ""
      ? undefined
      : path.join(host.toolCache, "ai-gate-action", tool.archive);
  const isKept = kept !== undefined && (await isFile(kept));
  if (isKept) await copyFile(kept, archive, constants.COPYFILE_FICLONE);
  else await download(tool, archive, host);
  await check(tool, { archive, kept: isKept ? kept : undefined }, host);
  if (kept !== undefined && !isKept) await keep(archive, kept, host);
  await unpack(archive, directory, host);
  await rm(archive);
}

const isFile = async (file: string): Promise<boolean> =>
  (await stat(file).catch(() => undefined))?.isFile() ?? false;

async function download(
  tool: Tool,
  archive: string,
  host: EngineHost,
): Promise<void> {
  host.log(`Fetching ${tool.name} ${tool.version} from ${tool.url}`);
  try {
    await toolCache.downloadTool(tool.url, archive);
  } catch (error) {
    throw new GateFailure(
      "engine",
      `${tool.name} ${tool.version} could not be fetched from ${tool.url} (${reasonOf(error)}): allow that host, or put the archive into the directory ai-gate-action of the runner's tool cache`,
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
    host.log(`${path.basename(kept)} cannot be kept: ${reasonOf(error)}`);
    await rm(making, { force: true }).catch(() => undefined);
  }
}

async function check(
  tool: Tool,
  { archive, kept }: { archive: string; kept: string | undefined },
  host: EngineHost,
): Promise<void> {
  const expected = await expectedSum(tool, host);
  const hash = createHash("sha256");
  await pipeline(createReadStream(archive), hash);
  const actual = hash.digest("hex");
  if (actual === expected) return;
  const advice =
    kept === undefined
      ? `if a proxy alters downloads, let ${new URL(tool.url).host} through, else try again later`
      : `remove ${kept}, and it is fetched again; find out who changed it`;
  throw new GateFailure(
    "engine",
    `${tool.archive} has SHA-256 ${actual}, but its release says ${expected}: it was not run; ${advice}`,
  );
}

/** The committed sum, else the one GitHub publishes for the release asset of that name. */
async function expectedSum(tool: Tool, host: EngineHost): Promise<string> {
  const committed = (lock as Readonly<Record<string, string>>)[tool.archive];
  if (committed !== undefined) return committed;
  const url = `https://api.github.com/repos/${tool.repository}/releases/tags/v${tool.version}`;
  const headers =
    host.githubToken === ""
      ? {}
      : { authorization: `Bearer ${host.githubToken}` };
  try {
    const answer = await new HttpClient("ai-gate-action").getJson<{
      assets: { name: string; digest?: string }[];
    }>(url, headers);
    const digest = answer.result?.assets.find(
      (asset) => asset.name === tool.archive,
    )?.digest;
    if (digest !== undefined && /^sha256:[0-9a-f]{64}$/.test(digest))
      return digest.slice("sha256:".length);
  } catch (error) {
    throw noSum(tool, `${url}: ${reasonOf(error)}`);
  }
  throw noSum(tool, `${url} names no digest for it`);
}

function noSum(tool: Tool, why: string): GateFailure {
  return new GateFailure(
    "engine",
    `No checksum for ${tool.archive} (${why}): an archive that cannot be checked is not run; allow api.github.com, or use a version of the action whose engine.lock.json has it`,
  );
}

/** With the system's own tar, by its path, and with nothing of the environment. */
async function unpack(
  archive: string,
  directory: string,
  { platform, systemRoot }: EngineHost,
): Promise<void> {
  const places =
    platform === "win32"
      ? [path.join(systemRoot, "System32", "tar.exe")]
      : ["/usr/bin/tar", "/bin/tar"];
  const tar = places.find((place) => existsSync(place));
  if (tar === undefined)
    throw new GateFailure(
      "engine",
      `There is no tar on this machine to unpack the engine with: install it as ${places[0] ?? ""}`,
    );
  await mkdir(directory, { recursive: true });
  const how = archive.endsWith(".zip") ? "-xf" : "-xzf";
  try {
    await promisify(execFile)(tar, [how, archive, "-o", "-C", directory], {
      env: { PATH: "/usr/bin:/bin" },
      windowsHide: true,
    });
  } catch (error) {
    // The first line is the command.
    const [first, said = first] = reasonOf(error).split("\n").filter(Boolean);
    throw new GateFailure(
      "engine",
      `${path.basename(archive)} could not be unpacked (${said}): see that the runner's disk has room`,
    );
  }
}

/** One line: an HTTP error's own message is the whole body of the answer. */
function reasonOf(error: unknown): string {
  if (error instanceof HttpClientError) return `HTTP ${error.statusCode}`;
  return error instanceof Error ? error.message : String(error);
}
