// Runs a script of this project on a clean machine: installs what package-lock.json says if that has not happened yet,
// finds a Node that runs TypeScript directly, and hands over to it. Usage: node scripts/bootstrap.mjs FILE [ARGUMENT...]
// Plain JavaScript, because it runs on whatever Node (20 or newer) is there.

import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { constants, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const project = join(dirname(fileURLToPath(import.meta.url)), "..");
const stamp = join(project, "node_modules", ".installed-from");
const neededMajor = 24;

/** Runs a command to its end, with this terminal and this process's signals; its exit code, 128 + n for signal n. */
function run(file, args, env, stdout = "inherit") {
  // The open channel tells the child when this process is gone, even by SIGKILL (its "disconnect" event).
  const child = spawn(file, args, {
    stdio: ["inherit", stdout, "inherit", "ipc"],
    env,
    cwd: project,
  });
  const forward = (signal) => child.kill(signal);
  const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
  for (const signal of signals) process.on(signal, forward);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => {
      for (const name of signals) process.off(name, forward);
      resolve(code ?? 128 + (constants.signals[signal] ?? 0));
    });
  });
}

/** Installs the packages unless they are there from this very lock file. The stamp is written last, so an interrupted install has none. */
async function install() {
  const lock = createHash("sha256")
    .update(readFileSync(join(project, "package-lock.json")))
    .digest("hex");
  const done = () => existsSync(stamp) && readFileSync(stamp, "utf8") === lock;
  if (done()) return 0;
  const release = await onlyOne();
  try {
    // Another process may have installed while this one waited.
    return done() ? 0 : await installPackages(lock);
  } finally {
    release();
  }
}

/** Two `npm ci` in one tree delete each other's work: waits until no other process of this project installs. */
async function onlyOne() {
  const key = createHash("sha256").update(project).digest("hex").slice(0, 16);
  const holder = join(tmpdir(), `ai-gate-install-${key}`);
  for (;;) {
    try {
      writeFileSync(holder, String(process.pid), { flag: "wx" });
      return () => rmSync(holder, { force: true });
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (!isRunning(holder)) rmSync(holder, { force: true });
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

function isRunning(holder) {
  try {
    process.kill(Number(readFileSync(holder, "utf8")), 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}

async function installPackages(lock) {
  process.stderr.write(
    "installing packages with npm ci (about a minute the first time)\n",
  );
  const code = await run(
    "npm",
    ["ci", "--prefer-offline", "--no-audit", "--no-fund", "--loglevel=error"],
    process.env,
    process.stderr,
  );
  if (code !== 0) return code;
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, lock);
  return 0;
}

function findNode() {
  if (Number(process.versions.node.split(".")[0]) >= neededMajor)
    return process.execPath;
  const packaged = join(
    project,
    "node_modules",
    `node-${process.platform}-${process.arch}`,
    "bin",
    "node",
  );
  return existsSync(packaged) ? packaged : undefined;
}

/** This environment with the right Node first on PATH, and with the machine's proxy for downloads but never for loopback. */
function environment(node) {
  const { PATH = "", NO_PROXY, no_proxy: lowerCase } = process.env;
  const proxied = process.env.HTTPS_PROXY ?? process.env.https_proxy;
  const direct = [NO_PROXY ?? lowerCase, "127.0.0.1", "localhost"]
    .filter(Boolean)
    .join(",");
  return {
    ...process.env,
    PATH: [dirname(node), PATH].join(delimiter),
    ...(proxied && {
      NODE_USE_ENV_PROXY: "1",
      NO_PROXY: direct,
      no_proxy: direct,
    }),
  };
}

async function main([file, ...args]) {
  if (file === undefined) {
    process.stderr.write(
      "usage: node scripts/bootstrap.mjs FILE [ARGUMENT...]\n",
    );
    return 2;
  }
  const installed = await install();
  if (installed !== 0) {
    process.stderr.write(
      "npm ci failed; run the same command again once its cause is gone\n",
    );
    return installed;
  }
  const node = findNode();
  if (node === undefined) {
    process.stderr.write(
      `This needs Node ${neededMajor} or newer (this is ${process.version}) and has no packaged one for ${process.platform}-${process.arch}: install Node ${neededMajor}.\n`,
    );
    return 1;
  }
  return run(
    node,
    [
      "--disable-warning=ExperimentalWarning",
      // src/ has no "type" of its own, because ncc takes it from package.json to choose CommonJS.
      "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON",
      file,
      ...args,
    ],
    environment(node),
  );
}

process.exitCode = await main(process.argv.slice(2));
