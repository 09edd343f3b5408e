// Provides Python virtual environments with exactly the packages of a requirements file, checked by hash.

import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { contentKey, madeOnce } from "../system/cache.ts";
import type { Progress } from "../system/progress.ts";
import { lastLine, ownEnvironment, runCommand } from "../system/processes.ts";

// The plain name first: it is the one that is most often there. The others are for systems whose own is older.
const candidates = [
  "python3",
  "python3.13",
  "python3.12",
  "python3.11",
  "python3.14",
];

// Says version and real place, and fails where `venv` or `ensurepip` is missing (Debian packs them apart).
const probe =
  "import sys, venv, ensurepip; assert sys.version_info >= (3, 11); print(sys.version, sys.executable)";

interface Python {
  readonly command: string;
  readonly description: string;
}

/**
 * The `python` of a virtual environment with the given requirements (a file with `--hash` lines), made on first use.
 * Throws with one clear line when there is no usable Python, and with pip's last line when it fails.
 */
export async function providePython(
  name: string,
  requirements: string,
  progress: Progress,
): Promise<string> {
  const [python, wanted] = await Promise.all([
    findPython(),
    readFile(requirements, "utf8"),
  ]);
  const directory = await madeOnce(
    {
      name,
      key: contentKey(python.description, wanted),
      message: `installing ${name} (about 20 seconds the first time)`,
      make: (target) => install(python, requirements, target),
    },
    progress,
  );
  return join(directory, "bin", "python");
}

async function findPython(): Promise<Python> {
  for (const command of candidates) {
    const { code, stdout } = await python(command, ["-c", probe]);
    if (code === 0) return { command, description: stdout.trim() };
  }
  throw new Error(
    "The local cloud needs Python 3.11 or newer with the venv module: install python3 and python3-venv.",
  );
}

async function install(
  found: Python,
  requirements: string,
  directory: string,
): Promise<void> {
  await orThrow(python(found.command, ["-m", "venv", directory]));
  const own = join(directory, "bin", "python");
  if (!existsSync(own))
    throw new Error(`${found.command} -m venv made no bin/python`);
  // Wheels only: nothing from a package runs while it is installed.
  const options = [
    "--require-hashes",
    "--only-binary=:all:",
    "--no-input",
    "--quiet",
    "--disable-pip-version-check",
  ];
  await orThrow(
    python(own, ["-m", "pip", "install", ...options, "-r", requirements]),
  );
}

const python = (
  file: string,
  args: readonly string[],
): ReturnType<typeof runCommand> =>
  runCommand({ file, arguments: args, env: ownEnvironment(), directory: "/" });

async function orThrow(command: ReturnType<typeof runCommand>): Promise<void> {
  const { code, stderr } = await command;
  if (code !== 0)
    throw new Error(`setting up Python failed: ${lastLine(stderr)}`);
}
