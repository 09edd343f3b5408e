// Finds or fetches the Pulumi CLI and the AWS plugin at the SDK packages' own versions. Nothing unchecked is executed:
// an archive must have the SHA-256 of engine.lock.json or, without an entry there, of the release on GitHub (another
// origin than the archive). Both are kept in the runner's tool cache and found there again.
import { createHash } from "node:crypto";
import {
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
} from "node:fs/promises";
import path from "node:path";
import { HttpClient, HttpClientError } from "@actions/http-client";
import * as toolCache from "@actions/tool-cache";
import { PulumiCommand } from "@pulumi/pulumi/automation";
import { version as awsVersion } from "@pulumi/aws/package.json";
import { version as pulumiVersion } from "@pulumi/pulumi/package.json";
import lock from "../../engine.lock.json";
import { GateFailure } from "../gate/failure.ts";

/** A program the action runs, and where its releases are. */
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
  /** A directory for this run alone. */
  readonly temp: string;
  /** Sent to api.github.com only, to lift its limit for anonymous calls; may be empty. */
  readonly githubToken: string;
  readonly log: (line: string) => void;
}

/**
 * @returns a CLI and a home with the AWS plugin, both of the pinned versions.
 * @throws GateFailure `engine` when one cannot be had or its checksum does not match.
 */
export async function prepareEngine(host: EngineHost): Promise<Engine> {
  const command = (await installedCommand()) ?? (await providedCommand(host));
  const plugin = await provide(pluginTool(host), host);
  const home = path.join(host.temp, "pulumi-home");
  await installPlugin(
    plugin,
    path.join(home, "plugins", `resource-aws-v${awsVersion}`),
  );
  return { command, home };
}

/** The engine looks for directories, not links to them, so the directory is real and its files are links. */
async function installPlugin(plugin: string, directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const name of await readdir(plugin)) {
    const target = path.join(directory, name);
    await rm(target, { force: true });
    await symlink(path.join(plugin, name), target);
  }
}

/** The CLI on PATH, if it is of exactly our version. */
async function installedCommand(): Promise<PulumiCommand | undefined> {
  try {
    const command = await PulumiCommand.get();
    return command.version?.version === pulumiVersion ? command : undefined;
  } catch {
    return undefined; // none on PATH, or one that is too old for the SDK
  }
}

async function providedCommand(host: EngineHost): Promise<PulumiCommand> {
  const root = await provide(pulumiTool(host), host);
  try {
    return await PulumiCommand.get({ root });
  } catch {
    throw new GateFailure(
      "engine",
      `The Pulumi CLI in ${root} does not run: remove that directory from the runner's tool cache, and it is fetched again`,
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

/** @returns the directory of the tool: `bin/pulumi` for the CLI, the plugin's executable at the top for the plugin. */
async function provide(tool: Tool, host: EngineHost): Promise<string> {
  const found = toolCache.find(tool.name, tool.version, host.arch);
  if (found !== "") return found;
  host.log(`Fetching ${tool.name} ${tool.version} from ${tool.url}`);
  const file = await download(tool);
  await check(tool, file, host);
  const unpacked = await (tool.archive.endsWith(".zip")
    ? toolCache.extractZip(file)
    : toolCache.extractTar(file));
  return toolCache.cacheDir(
    await arrange(tool, unpacked),
    tool.name,
    tool.version,
    host.arch,
  );
}

async function download(tool: Tool): Promise<string> {
  try {
    return await toolCache.downloadTool(tool.url);
  } catch (error) {
    throw new GateFailure(
      "engine",
      `${tool.name} ${tool.version} could not be fetched from ${tool.url} (${reasonOf(error)}): allow that host, or put the tool in the runner's tool cache`,
    );
  }
}

async function check(
  tool: Tool,
  file: string,
  host: EngineHost,
): Promise<void> {
  const expected = await expectedSum(tool, host);
  const actual = createHash("sha256")
    .update(await readFile(file))
    .digest("hex");
  if (actual !== expected) {
    throw new GateFailure(
      "engine",
      `${tool.archive} has SHA-256 ${actual}, but its release says ${expected}: it was not run; if a proxy alters downloads, let ${new URL(tool.url).host} through, else try again later`,
    );
  }
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
    `No checksum for ${tool.archive} (${why}): an archive that cannot be checked is not run; allow api.github.com, or put the tool in the runner's tool cache`,
  );
}

/** The CLI's archive holds `pulumi/` (`pulumi/bin/` on Windows); `PulumiCommand` wants `bin/` below its root. */
async function arrange(tool: Tool, unpacked: string): Promise<string> {
  if (tool.name !== "pulumi") return unpacked;
  const root = path.join(unpacked, "root");
  await mkdir(root);
  const inner = path.join(unpacked, "pulumi");
  const binaries = tool.archive.endsWith(".zip")
    ? path.join(inner, "bin")
    : inner;
  await rename(binaries, path.join(root, "bin"));
  return root;
}

/** One line: an HTTP error's own message is the whole body of the answer. */
function reasonOf(error: unknown): string {
  if (error instanceof HttpClientError) return `HTTP ${error.statusCode}`;
  return error instanceof Error ? error.message : String(error);
}
