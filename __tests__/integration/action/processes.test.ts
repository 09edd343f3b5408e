import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { isOurs, isRunning } from "../../../src/action/stack/lock-owner.ts";

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill("SIGKILL");
});

function start(script: string): ChildProcess & { pid: number } {
  const child = spawn("sh", ["-c", script], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  started.push(child);
  return child as ChildProcess & { pid: number };
}

test("a child is ours while it lives", async () => {
  const child = start("exec sleep 60");
  expect([isRunning(child.pid), isOurs(child.pid)]).toEqual([true, true]);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect([isRunning(child.pid), isOurs(child.pid)]).toEqual([false, false]);
});

test("so is what a child started", async () => {
  const child = start("sleep 60 & echo $!; wait");
  const [line] = (await once(child.stdout!, "data")) as [Buffer];
  const grandchild = Number(line.toString());
  expect(isOurs(grandchild)).toBe(true);
  process.kill(grandchild, "SIGKILL");
});

// Linux ends at 4,194,304.
test.each([process.ppid, process.pid, 1, 0, -1, 99_999_999, NaN])(
  "%p is not",
  (pid) => {
    expect(isOurs(pid)).toBe(false);
  },
);
