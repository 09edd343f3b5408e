// Publishes the engine and its AWS plugin as their makers do: the archives lie in the runner's tool cache, where the action keeps
// them, and GitHub's answer about the releases names their checksums. So the action checks them like any others.

import { createHash } from "node:crypto";
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
import { writePluginLauncher } from "../provider/launcher.ts";

export interface ToolCacheContents {
  readonly engine: Engine;
  /** The executable of a plugin to use instead of the stand-in. */
  readonly plugin?: string;
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
  { engine, plugin }: ToolCacheContents,
): Promise<AnswerReleases> {
  const pluginVersion = await versionOf("@pulumi/aws");
  const pluginArch = arch === "x64" ? "amd64" : arch;
  const place = join(directory, "ai-gate-action");
  await mkdir(place);
  const assets = [
    await pack(
      join(place, `pulumi-v${engine.version}-${platform}-${arch}.tar.gz`),
      async (content) => {
        await mkdir(join(content, "pulumi"));
        const file = join(content, "pulumi", "pulumi");
        await writeStarter(file, join(engine.root, "bin", "pulumi"));
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
