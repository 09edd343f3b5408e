// Finds a Chromium to render reports with and, on Debian as root, installs one; where neither is possible it says why in one line.

import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { longStep, type Progress } from "../system/progress.ts";
import { lastLine, ownEnvironment, runCommand } from "../system/processes.ts";

export type Chromium =
  | { readonly path: string }
  | { readonly path?: never; readonly reason: string };

type Environment = Readonly<Record<string, string | undefined>>;

const names = [
  "chromium",
  "chromium-browser",
  "google-chrome",
  "google-chrome-stable",
];

/** The browser that `CHROME_PATH` names, else the first of the usual names on PATH. A wrong `CHROME_PATH` is an error, not a skip. */
export function findChromium(env: Environment = process.env): Chromium {
  const named = env.CHROME_PATH ?? "";
  if (named !== "") {
    if (executable(named)) return { path: named };
    throw new Error(`CHROME_PATH is ${named}, which is no executable file`);
  }
  for (const directory of (env.PATH ?? "").split(delimiter))
    for (const name of names) {
      const path = join(directory, name);
      if (directory !== "" && executable(path)) return { path };
    }
  return {
    reason: `no browser: none of ${names.join(", ")} is on PATH, and CHROME_PATH is not set`,
  };
}

/**
 * The browser, installed from Debian's own archive where there is none. Never rejects for want of one: `reason` says what is
 * missing, in one line that has been said to `progress` too.
 */
export async function provideChromium(progress: Progress): Promise<Chromium> {
  const found = findChromium();
  if (found.path !== undefined) return found;
  const refusal = whyNotInstall();
  const missing =
    refusal ??
    (await longStep(
      progress,
      "installing Debian's chromium (about a minute the first time)",
      install,
    ));
  if (missing === undefined) return findChromium();
  const reason = `${found.reason}; ${missing}`;
  progress.line(`rendering in a browser is SKIPPED: ${reason}`);
  return { reason };
}

// Other systems have other package names, or (Ubuntu) a snap in its place, which does not work in containers.
function whyNotInstall(): string | undefined {
  if (!existsSync("/etc/debian_version") || !existsSync("/usr/bin/apt-get"))
    return "it is installed by this project on Debian only";
  if (process.getuid?.() !== 0)
    return "installing it takes root: apt-get install chromium";
  return undefined;
}

const packages = ["chromium", "fonts-liberation"];

/** @returns what went wrong, undefined when the browser is there. */
async function install(): Promise<string | undefined> {
  // The lists of a fresh image are empty, and those of an old one name files that are gone.
  const first = await apt("install", ...packages);
  if (first.code !== 0) await apt("update");
  const { code, stderr } =
    first.code === 0 ? first : await apt("install", ...packages);
  if (code !== 0)
    return `apt-get could not install it: ${lastLine(stderr) || `code ${code}`}`;
  return findChromium().path === undefined
    ? "apt-get installed a package without a browser"
    : undefined;
}

function apt(
  verb: string,
  ...rest: readonly string[]
): ReturnType<typeof runCommand> {
  const options = [
    "--yes",
    "--quiet",
    "--no-install-recommends",
    // Another process may be installing it at this moment.
    "-oDPkg::Lock::Timeout=300",
    "-oAcquire::Retries=2",
    "-oAcquire::http::Timeout=20",
  ];
  return runCommand({
    file: "/usr/bin/apt-get",
    arguments: [...options, verb, ...rest],
    env: { ...ownEnvironment(), DEBIAN_FRONTEND: "noninteractive" },
    directory: "/",
  });
}

function executable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
