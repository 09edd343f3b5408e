// Provides tools written in Go at fixed versions: the official release where it can be downloaded and its published
// checksum is right, else built through the Go module proxy.

import { join } from "node:path";
import { arch, platform } from "node:process";
import { cacheRoot, madeOnce } from "../system/cache.ts";
import {
  downloadChecked,
  unpack,
  type Fetch,
  type ReleaseArchive,
} from "./download.ts";
import { goVersion, runGo } from "./go.ts";
import type { Progress } from "../system/progress.ts";

interface Tool {
  readonly name: string;
  readonly version: string;
  readonly module: string;
  readonly release: ReleaseArchive;
}

const actVersion = "0.2.89";
const actionlintVersion = "1.7.12";

const actRelease = `https://github.com/nektos/act/releases/download/v${actVersion}`;
const actSystem = `${platform === "darwin" ? "Darwin" : "Linux"}_${arch === "x64" ? "x86_64" : arch}`;
const act: Tool = {
  name: "act",
  version: actVersion,
  module: "github.com/nektos/act",
  release: {
    url: `${actRelease}/act_${actSystem}.tar.gz`,
    checksumsUrl: `${actRelease}/checksums.txt`,
  },
};

const actionlintRelease = `https://github.com/rhysd/actionlint/releases/download/v${actionlintVersion}`;
const actionlintSystem = `${platform}_${arch === "x64" ? "amd64" : arch}`;
const actionlint: Tool = {
  name: "actionlint",
  version: actionlintVersion,
  module: "github.com/rhysd/actionlint/cmd/actionlint",
  release: {
    url: `${actionlintRelease}/actionlint_${actionlintVersion}_${actionlintSystem}.tar.gz`,
    checksumsUrl: `${actionlintRelease}/actionlint_${actionlintVersion}_checksums.txt`,
  },
};

/** Path of act, which runs workflows on this machine. Throws with one clear line when it cannot be had. */
export function provideAct(progress: Progress): Promise<string> {
  return provideTool(act, progress);
}

/** Path of actionlint. Throws with one clear line when it cannot be had. */
export function provideActionlint(progress: Progress): Promise<string> {
  return provideTool(actionlint, progress);
}

async function provideTool(
  tool: Tool,
  progress: Progress,
  get: Fetch = fetch,
  root = cacheRoot(),
): Promise<string> {
  const recipe = {
    name: tool.name,
    key: `${tool.version}-${platform}-${arch}`,
    message: `fetching ${tool.name} ${tool.version} (up to 2 minutes the first time)`,
    make: (directory: string) => make(tool, directory, get),
  };
  return join(await madeOnce(recipe, progress, root), tool.name);
}

async function make(tool: Tool, directory: string, get: Fetch): Promise<void> {
  const archive = await downloadChecked(tool.release, get);
  if (archive !== undefined) {
    await unpack(archive, directory);
    return;
  }
  if ((await goVersion()) === undefined) {
    throw new Error(
      `${tool.name} ${tool.version} cannot be had: github.com is out of reach, and there is no Go to build it with. Allow it or install Go 1.25 or newer.`,
    );
  }
  await runGo(
    directory,
    ["install", "-trimpath", `${tool.module}@v${tool.version}`],
    { GOBIN: directory },
  );
}
