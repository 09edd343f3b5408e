// Publishes the engine and its AWS plugin as their makers do: the archives lie in the runner's tool cache, where the action keeps
// them, and GitHub's answer about the releases names their checksums. So the action checks them like any others.

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import {
  chmod,
  mkdir,
  mkdtemp,
  readFile,
  rm,
  writeFile,
} from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { join } from "node:path";
import { arch, execPath, platform } from "node:process";
import type { Engine } from "./engine.ts";
import { runCommand } from "../system/processes.ts";
import { writeLauncher, writePluginLauncher } from "../provider/launcher.ts";

export interface ToolCacheContents {
  readonly engine: Engine;
  /** The executable of a plugin to use instead of the stand-in. */
  readonly plugin?: string;
  /** Whether the engine finds the plugin that starts policy packs, which it has only where its release could be downloaded. */
  readonly startsPolicyPacks?: boolean;
}

/** Answers as api.github.com does about releases of pulumi/pulumi and pulumi/pulumi-aws. */
export type AnswerReleases = (
  request: IncomingMessage,
  response: ServerResponse,
) => void;

const project = join(import.meta.dirname, "../..");

/** Fills an existing directory. The archives hold scripts that start what lies elsewhere, so that each is unpacked in no time. */
export async function fillToolCache(
  directory: string,
  { engine, plugin, startsPolicyPacks = false }: ToolCacheContents,
): Promise<AnswerReleases> {
  const pluginVersion = await versionOf("@pulumi/aws");
  const pluginArch = arch === "x64" ? "amd64" : arch;
  const place = join(directory, "ai-gate-action");
  await mkdir(place);
  const assets = [
    await pack(
      join(place, `pulumi-v${engine.version}-${platform}-${arch}.tar.gz`),
      async (content) => {
        const place = join(content, "pulumi");
        const program = join(engine.root, "bin", "pulumi");
        await mkdir(place);
        if (startsPolicyPacks && !existsSync(`${program}-language-nodejs`))
          await writeWithLanguage(place, program);
        else await writeStarter(join(place, "pulumi"), program);
      },
    ),
    await pack(
      join(
        place,
        `pulumi-resource-aws-v${pluginVersion}-${platform}-${pluginArch}.tar.gz`,
      ),
      async (content) => {
        const file = join(content, "pulumi-resource-aws");
        if (plugin === undefined) await writePluginLauncher(content, execPath);
        else await writeStarter(file, plugin);
      },
    ),
  ];
  const answer = JSON.stringify({ assets });
  return (_request, response) => {
    response.writeHead(200, { "content-type": "application/json" }).end(answer);
  };
}

/** The version of a package in node_modules. */
async function versionOf(name: string): Promise<string> {
  const file = join(project, "node_modules", name, "package.json");
  return (JSON.parse(await readFile(file, "utf8")) as { version: string })
    .version;
}

async function writeStarter(file: string, program: string): Promise<void> {
  await writeFile(file, `#!/bin/sh\nexec '${program}' "$@"\n`);
  await chmod(file, 0o755);
}

/** The engine looks for the plugin beside its own file: the script gives it one there. */
async function writeWithLanguage(
  directory: string,
  program: string,
): Promise<void> {
  const file = join(directory, "pulumi");
  const lines = [
    "#!/bin/sh",
    'own="${0%/*}/engine"',
    `[ -e "$own" ] || /bin/ln '${program}' "$own" 2>/dev/null || /bin/cp '${program}' "$own" || exit 1`,
    'exec "$own" "$@"',
  ];
  await writeFile(file, `${lines.join("\n")}\n`, { mode: 0o755 });
  await writeLauncher(join(directory, "pulumi-language-nodejs"), {
    nodePath: execPath,
    main: join(project, "local/language/main.ts"),
  });
}

/** @returns the asset as GitHub describes it. */
async function pack(
  archive: string,
  fill: (content: string) => Promise<void>,
): Promise<{ name: string; digest: string }> {
  const content = await mkdtemp(`${archive}-`);
  await fill(content);
  const { code, stderr } = await runCommand({
    file: "tar",
    arguments: ["-czf", archive, "-C", content, "."],
    env: { PATH: process.env.PATH ?? "" },
    directory: content,
  });
  if (code !== 0) throw new Error(`cannot pack ${archive}: ${stderr}`);
  await rm(content, { recursive: true });
  const sum = createHash("sha256").update(await readFile(archive));
  return {
    name: archive.slice(archive.lastIndexOf("/") + 1),
    digest: `sha256:${sum.digest("hex")}`,
  };
}
