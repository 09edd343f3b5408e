// Finds or fetches the Pulumi CLI and the AWS plugin at the SDK packages' own versions. What is kept, in the runner's tool cache,
// or in GitHub's cache, are their archives: each run checks them anew and unpacks them into a directory of its own. An archive
// must have the SHA-256 of engine.lock.json or, without an entry there, of the release on GitHub (another origin than the
// archive). Nothing is taken from PATH, and no program found there is run.
import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { constants, createReadStream, existsSync } from "node:fs";
import {
  copyFile,
  mkdir,
  mkdtemp,
  rename,
  rm,
  stat,
  writeFile,
} from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { HttpClient } from "@actions/http-client";
import * as toolCache from "@actions/tool-cache";
import { PulumiCommand } from "@pulumi/pulumi/automation";
import { version as awsVersion } from "@pulumi/aws/package.json";
import { version as pulumiVersion } from "@pulumi/pulumi/package.json";
import { SemVer } from "semver";
import lock from "../../engine.lock.json";
import { GateFailure } from "../gate/failure.ts";
import { messageOf } from "./aws.ts";
import { type Archive, archivesFor } from "./engine-archives.ts";
import type { EngineCache } from "./engine-cache.ts";

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
  /** GitHub's cache, on its own runners. */
  readonly cache?: EngineCache | undefined;
  readonly log: (line: string) => void;
  readonly warn: (message: string) => void;
}

const versions = { aws: awsVersion, pulumi: pulumiVersion };

/** Begins to fetch from GitHub's cache what the tool cache lacks, while it is not known yet whether the run needs it. */
export async function restoreAhead(host: EngineHost): Promise<void> {
  if (host.cache === undefined) return;
  for (const tool of Object.values(archivesFor(host, versions)))
    if (!(await isFile(keptAt(tool, host))))
      void host.cache.restore(tool, cachedAt(tool, host));
}

/** @returns a CLI and a home with the AWS plugin, both of the pinned versions, checked and unpacked for this run alone. */
export async function prepareEngine(host: EngineHost): Promise<Engine> {
  const { cli, plugin } = archivesFor(host, versions);
  const plugins = path.join("plugins", `resource-aws-v${awsVersion}`);
  const made: string[] = [];
  try {
    const unpacked = await provide(cli, { name: "pulumi-", below: "" }, host);
    made.push(unpacked);
    const at = { name: "pulumi-home-", below: plugins };
    const home = await provide(plugin, at, host);
    made.push(home);
    await refuseLogs(home);
    return { command: await commandIn(unpacked, host), home };
  } catch (error) {
    // What is unpacked by then is not run.
    for (const one of made) await remove(one);
    throw fileFailure(error, host);
  }
}

/**
 * The engine writes a log of all it does, encrypted where it knows how, and cannot be told not to: a fifth of its time for a large gate.
 * Where it may not make its directory for that, it goes on without (pkg/logging, `StartLogging`).
 */
const refuseLogs = (home: string): Promise<void> =>
  writeFile(path.join(home, "logs"), "");

/**
 * The CLI's archive has `pulumi/` (`pulumi/bin/` on Windows), and the SDK wants `bin/`. `PulumiCommand.get` would start the CLI for its
 * version, which is that of the archive.
 */
async function commandIn(
  unpacked: string,
  { platform }: EngineHost,
): Promise<PulumiCommand> {
  const inner = path.join(unpacked, "pulumi");
  const root = platform === "win32" ? inner : unpacked;
  if (root === unpacked)
    await rename(inner, path.join(root, "bin")).catch((error: unknown) => {
      throw doesNotRun(error);
    });
  return Reflect.construct(PulumiCommand, [
    path.join(root, "bin", "pulumi"),
    new SemVer(pulumiVersion),
  ]) as PulumiCommand;
}

/** For a command that failed: @throws GateFailure when the reason is that no command of this CLI would do here. */
export async function refuseUnrunnable({ command }: Engine): Promise<void> {
  const env = { PULUMI_SKIP_UPDATE_CHECK: "true" };
  await promisify(execFile)(command.command, ["version"], { env }).catch(
    (error: unknown) => {
      throw doesNotRun(error);
    },
  );
}

const doesNotRun = (cause: unknown): GateFailure =>
  Object.assign(
    new GateFailure(
      "engine",
      `The Pulumi CLI ${pulumiVersion} does not run on this machine: use a Linux, macOS or Windows runner that allows programs in RUNNER_TEMP`,
    ),
    { cause },
  );

const keptAt = ({ archive }: Archive, { toolCache }: EngineHost): string =>
  toolCache && path.join(toolCache, "ai-gate-action", archive);

const cachedAt = ({ archive }: Archive, { temp }: EngineHost): string =>
  path.join(temp, `cached-${archive}`);

interface Place {
  /** What the names of the directories begin with, one for each attempt. */
  readonly name: string;
  /** Where in it the archive is unpacked. */
  readonly below: string;
}

/** What cannot be removed is in RUNNER_TEMP, which the runner empties, and in nobody's way. */
const remove = (at: string): Promise<void> =>
  rm(at, { recursive: true, force: true }).catch(() => undefined);

/**
 * Checks and unpacks a copy of our own: what is kept may be written to by others meanwhile.
 * @returns the new directory.
 */
async function provide(
  tool: Archive,
  place: Place,
  host: EngineHost,
): Promise<string> {
  const archive = path.join(host.temp, tool.archive);
  const kept = keptAt(tool, host);
  if ((await isFile(kept)) && (await copied(kept, archive, host))) {
    const advice = `remove ${kept}, and it is fetched again; find out who changed it`;
    const unpacked = await unpackChecked(
      tool,
      { archive, place },
      advice,
      host,
    );
    await remove(archive);
    return unpacked;
  }
  const cached = cachedAt(tool, host);
  const restored = await fromCache(tool, { archive: cached, place }, host);
  if (restored !== undefined) {
    await keep(cached, kept, host);
    await remove(cached);
    return restored;
  }
  await download(tool, archive, host);
  const advice = `if a proxy alters downloads, let ${new URL(tool.url).host} through, else try again later`;
  const unpacked = await unpackChecked(tool, { archive, place }, advice, host);
  await keep(archive, kept, host);
  if (host.cache) host.cache.save(tool, archive);
  else await remove(archive);
  return unpacked;
}

async function copied(
  kept: string,
  archive: string,
  { log }: EngineHost,
): Promise<boolean> {
  try {
    await copyFile(kept, archive, constants.COPYFILE_FICLONE);
    return true;
  } catch (error) {
    if (hasCode(error, unreadable)) {
      log(`${kept} may not be read (${error.code}): it is fetched anew`);
      return false;
    }
    throw error;
  }
}

interface Unpacking {
  readonly archive: string;
  readonly place: Place;
}

/** An entry that anybody else wrote is no reason to fail, and no reason to run it. */
async function fromCache(
  tool: Archive,
  unpacking: Unpacking,
  { cache, ...host }: EngineHost,
): Promise<string | undefined> {
  if (!(await cache?.restore(tool, unpacking.archive))) return undefined;
  try {
    return await unpackChecked(tool, unpacking, "", host);
  } catch (error) {
    if (!(error instanceof WrongSum)) throw error;
    host.warn(
      `GitHub's cache of this repository has another ${tool.archive} than was released (SHA-256 ${error.actual}): it was not run, and is fetched anew; delete it by \`gh cache delete ${cache?.keyOf(tool)} --all\`, and find out which job wrote it`,
    );
    await remove(unpacking.archive);
    return undefined;
  }
}

class WrongSum extends GateFailure {
  readonly actual: string;
  constructor(actual: string, message: string) {
    super("engine", message);
    this.actual = actual;
  }
}

/**
 * Both read the archive once; what was unpacked is used only where the sum is right, and nothing of it has run by then. A wrong
 * archive may have left what cannot be removed: each attempt has a directory of its own.
 */
async function unpackChecked(
  tool: Archive,
  { archive, place }: Unpacking,
  advice: string,
  host: EngineHost,
): Promise<string> {
  const root = await mkdtemp(path.join(host.temp, place.name));
  const directory = path.join(root, place.below);
  try {
    await unpackWhileChecked(tool, { archive, directory }, advice, host);
    return root;
  } catch (error) {
    await remove(root);
    throw error;
  }
}

async function unpackWhileChecked(
  tool: Archive,
  { archive, directory }: { archive: string; directory: string },
  advice: string,
  host: EngineHost,
): Promise<void> {
  const results = await Promise.allSettled([
    expectedSum(tool, host),
    sumOf(archive),
    unpack(archive, directory, host),
  ]);
  const [expected, actual] = [fulfilled(results[0]), fulfilled(results[1])];
  if (actual !== expected)
    throw new WrongSum(
      actual,
      `${tool.archive} has SHA-256 ${actual}, but its release says ${expected}: it was not run; ${advice}`,
    );
  fulfilled(results[2]);
}

const unreadable = ["EACCES", "EPERM"];
const noRoom = ["ENOSPC", "EDQUOT", "EFBIG"];

const hasCode = (
  error: unknown,
  codes: readonly string[],
): error is NodeJS.ErrnoException & { code: string } =>
  codes.includes((error as NodeJS.ErrnoException).code ?? "");

/** @returns the error, as one sentence where it is one of the file system. */
function fileFailure(error: unknown, { temp }: EngineHost): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof GateFailure || code === undefined) return error;
  return new GateFailure(
    "engine",
    hasCode(error, noRoom)
      ? `The runner's disk is full (${code}): the engine needs about 1 GB in RUNNER_TEMP (${temp}); free it, or use a larger runner`
      : `The engine cannot be put into RUNNER_TEMP (${code} in ${temp}): let the runner's user write there`,
  );
}

function fulfilled<Value>(result: PromiseSettledResult<Value>): Value {
  if (result.status === "rejected") throw result.reason;
  return result.value;
}

async function sumOf(archive: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(archive), hash);
  return hash.digest("hex");
}

const isFile = async (file: string): Promise<boolean> =>
  (await stat(file).catch(() => undefined))?.isFile() ?? false;

async function download(
  { url }: Archive,
  archive: string,
  host: EngineHost,
): Promise<void> {
  host.log(`Fetching ${url}`);
  try {
    await toolCache.downloadTool(url, archive);
  } catch (error) {
    if (hasCode(error, [...noRoom, ...unreadable, "EROFS"])) throw error;
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
  if (kept === "") return;
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

/** The committed sum, else the one GitHub publishes for the release asset of that name. */
async function expectedSum(
  { archive, release }: Archive,
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
