// Provides the Pulumi engine (its CLI) in exactly the version of the SDK this project uses: the official release where it
// can be downloaded, else built from source through the Go module proxy, and kept in the cache.

import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { arch, platform } from "node:process";
import { cached, cacheRoot, madeOnce } from "../system/cache.ts";
import { downloadChecked, unpack, type Fetch } from "./download.ts";
import { goVersion, runGo } from "./go.ts";
import type { Progress } from "../system/progress.ts";

export interface Engine {
  /** `bin/pulumi` is below it. */
  readonly root: string;
  readonly version: string;
  /** `cache` when it was there already, else how it was made. */
  readonly origin: "cache" | "download" | "go";
}

const project = join(import.meta.dirname, "../..");

/** The version of the SDK in node_modules, which the engine must have too. */
export async function engineVersion(): Promise<string> {
  const text = await readFile(
    join(project, "node_modules/@pulumi/pulumi/package.json"),
    "utf8",
  );
  return (JSON.parse(text) as { version: string }).version;
}

/** Throws with one clear line when the engine can neither be downloaded nor built. */
export async function provideEngine(
  progress: Progress,
  get: Fetch = fetch,
  root = cacheRoot(),
): Promise<Engine> {
  const version = await engineVersion();
  const place = { name: "engine", key: `${version}-${platform}-${arch}` };
  const present = cached(place, root);
  if (present !== undefined) return { root: present, version, origin: "cache" };
  const message = `fetching the Pulumi engine ${version}`;
  const directory = await madeOnce(
    {
      ...place,
      message,
      make: (target) => make(version, target, progress, get),
    },
    progress,
    root,
  );
  const origin = await readFile(join(directory, "origin"), "utf8");
  return {
    root: directory,
    version,
    origin: origin === "go" ? "go" : "download",
  };
}

/** Where Pulumi publishes a version: the archive on its own server, the checksums with the GitHub release. */
export function engineRelease(version: string): {
  url: string;
  checksumsUrl: string;
} {
  return {
    url: `https://get.pulumi.com/releases/sdk/pulumi-v${version}-${platform}-${arch}.tar.gz`,
    checksumsUrl: `https://github.com/pulumi/pulumi/releases/download/v${version}/pulumi-${version}-checksums.txt`,
  };
}

async function make(
  version: string,
  directory: string,
  progress: Progress,
  get: Fetch,
): Promise<void> {
  const binaries = join(directory, "bin");
  await mkdir(binaries);
  const archive = await downloadChecked(engineRelease(version), get);
  if (archive === undefined) await build(version, directory, progress);
  else await unpack(archive, binaries, 1);
  await writeFile(
    join(directory, "origin"),
    archive === undefined ? "go" : "download",
  );
}

// A tools module, because `go install …@version` refuses a main module with replace directives.
async function build(
  version: string,
  directory: string,
  progress: Progress,
): Promise<void> {
  if ((await goVersion()) === undefined) {
    throw new Error(
      `The Pulumi engine ${version} cannot be had: get.pulumi.com and github.com are out of reach, and there is no Go to build it with. Allow one of them or install Go 1.25 or newer.`,
    );
  }
  progress.line(
    "  the official download is out of reach: building it with Go (about 6 minutes the first time)",
  );
  const source = join(directory, "source");
  await mkdir(source);
  for (const file of ["go.mod", "go.sum"])
    await copyFile(
      join(import.meta.dirname, "engine", file),
      join(source, file),
    );
  const setVersion = `-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${version}`;
  await runGo(source, [
    ...[
      "build",
      "-mod=mod",
      "-trimpath",
      "-tags",
      "osusergo,grpcnotrace",
      "-ldflags",
      `-s -w ${setVersion}`,
    ],
    ...[
      "-o",
      join(directory, "bin", "pulumi"),
      "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
    ],
  ]);
  await rm(source, { recursive: true });
}
