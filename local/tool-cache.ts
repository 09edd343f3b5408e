// Lays the engine and its AWS plugin out as a runner's tool cache does (`<tool>/<version>/<arch>` with a `.complete` file
// beside it), so that the action finds them without a download.

import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { arch, execPath } from "node:process";
import type { Engine } from "./engine.ts";
import { writePluginLauncher } from "./provider/launcher.ts";

export interface ToolCacheContents {
  readonly engine: Engine;
  /** The executable of a plugin to use instead of the stand-in. */
  readonly plugin?: string;
}

const project = join(import.meta.dirname, "..");

/** Fills an existing directory; it refers to the engine and the plugin by links. */
export async function fillToolCache(
  directory: string,
  { engine, plugin }: ToolCacheContents,
): Promise<void> {
  await addTool(
    directory,
    { name: "pulumi", version: engine.version },
    async (place) => {
      await mkdir(join(place, "bin"));
      await symlink(
        join(engine.root, "bin", "pulumi"),
        join(place, "bin", "pulumi"),
      );
    },
  );
  const version = await pluginVersion();
  await addTool(
    directory,
    { name: "pulumi-resource-aws", version },
    async (place) => {
      if (plugin === undefined) await writePluginLauncher(place, execPath);
      else await symlink(plugin, join(place, "pulumi-resource-aws"));
    },
  );
}

/** The version of the AWS SDK package in node_modules, which is the plugin's too. */
async function pluginVersion(): Promise<string> {
  const text = await readFile(
    join(project, "node_modules/@pulumi/aws/package.json"),
    "utf8",
  );
  return (JSON.parse(text) as { version: string }).version;
}

async function addTool(
  directory: string,
  tool: { name: string; version: string },
  fill: (place: string) => Promise<void>,
): Promise<void> {
  const place = join(directory, tool.name, tool.version, arch);
  await mkdir(place, { recursive: true });
  await fill(place);
  await writeFile(`${place}.complete`, "");
}
