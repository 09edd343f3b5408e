import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { isEngine } from "../../../src/action/stack/lock-owner.ts";

let directory: string;
const started: ChildProcess[] = [];
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "ai-gate-processes-"));
});
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
  rmSync(directory, { recursive: true, force: true });
});

/** A process of this name. */
async function start(name: string) {
  const file = path.join(directory, name);
  copyFileSync("/bin/sleep", file);
  const child = spawn(file, ["60"], { stdio: "ignore" });
  started.push(child);
  await once(child, "spawn");
  return child as ChildProcess & { pid: number };
}

test.each<[string, NodeJS.Platform, boolean]>([
  ["pulumi", "linux", true],
  // Its id was used again.
  ["another", "linux", false],
  // Names of processes are not looked at there.
  ["another", "darwin", true],
  ["another", "win32", true],
])("%s on %s is an engine while it lives: %s", async (name, platform, is) => {
  const child = await start(name);
  expect(isEngine(child.pid, platform)).toBe(is);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(isEngine(child.pid, platform)).toBe(false);
});

// Linux ends at 4,194,304.
test.each([99_999_999, NaN])("%p is none", (pid) => {
  expect(isEngine(pid)).toBe(false);
});
