import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  runCommand,
  startCommand,
} from "../../../../local/system/processes.ts";
import { isRunning, eventually, gone } from "../../../fixtures/eventually.ts";

jest.setTimeout(30_000);

const env = { PATH: process.env.PATH ?? "", GIVEN: "yes" };

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "ai-gate-processes-test-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

/** The numbers that the commands of a test have written to files. */
function pids(count: number): Promise<number[]> {
  return eventually(async () => {
    const names = (await readdir(directory)).filter((name) =>
      name.startsWith("pid-"),
    );
    const numbers = await Promise.all(
      names.map(async (name) =>
        Number(await readFile(join(directory, name), "utf8")),
      ),
    );
    return numbers.filter((number) => number > 0).length === count && numbers;
  });
}

// One that ends on SIGTERM, one that ignores it, and one that has left the process group and ignores it.
const stubborn = `trap '' TERM; echo $$ > pid-$1; while :; do sleep 0.2; done`;
const family = `
  (echo 'trap "exit 0" TERM; echo $$ > pid-0; while :; do sleep 0.1; done' | sh) &
  sh -c '${stubborn}' sh 1 &
  setsid sh -c '${stubborn}' sh 2 &
  wait`.replaceAll("'trap '' TERM", `'trap "" TERM`);

test("code, both outputs and exactly the given environment", async () => {
  const { code, stdout, stderr } = await runCommand({
    file: "/bin/sh",
    arguments: [
      "-c",
      "env | cut -d= -f1 | sort | tr '\\n' ' '; echo problem >&2; exit 7",
    ],
    env,
    directory,
  });
  expect([code, stderr]).toEqual([7, "problem\n"]);
  expect(
    stdout.split(" ").filter((name) => !/^(_|PWD|OLDPWD|SHLVL|)$/.test(name)),
  ).toEqual(["AI_GATE_RUN", "GIVEN", "PATH"]);
});

test("a command that does not exist ends with 127", async () => {
  expect(
    (
      await runCommand({
        file: "no-such-command",
        arguments: [],
        env,
        directory,
      })
    ).code,
  ).toBe(127);
});

test("a command reads nothing from this terminal", async () => {
  const { stdout } = await runCommand({
    file: "cat",
    arguments: [],
    env,
    directory,
  });
  expect(stdout).toBe("");
});

test("stop ends the command, those that ignore it and those that left the group", async () => {
  const scratch = await mkdtemp(join(tmpdir(), "ai-gate-scratch-test-"));
  const running = startCommand({
    file: "/bin/sh",
    arguments: ["-c", family],
    env,
    directory,
    scratch,
  });
  const members = await pids(3);
  expect(await Promise.all(members.map(isRunning))).toEqual([true, true, true]);
  await running.stop();
  await gone(members);
  expect(existsSync(scratch)).toBe(false);
});

test("what a command leaves running when it ends by itself is ended", async () => {
  const leave = `${family.replace(/wait$/, "")} while [ "$(cat pid-* 2>/dev/null | wc -l)" -lt 3 ]; do sleep 0.05; done; exit 3`;
  const { code } = await runCommand({
    file: "/bin/sh",
    arguments: ["-c", leave],
    env,
    directory,
  });
  expect(code).toBe(3);
  await gone(await pids(3));
});

test.each(["SIGKILL", "SIGTERM", "SIGINT"] as const)(
  "%s to the process that started it ends all of it",
  async (signal) => {
    const scratch = await mkdtemp(join(tmpdir(), "ai-gate-scratch-test-"));
    const starter = join(directory, "starter.ts");
    const command = {
      file: "/bin/sh",
      arguments: ["-c", family],
      env,
      directory,
      scratch,
    };
    const module = join(
      import.meta.dirname,
      "../../../../local/system/processes.ts",
    );
    await writeFile(
      starter,
      `import { startCommand } from "${module}";\nstartCommand(${JSON.stringify(command)});\n`,
    );
    const parent = spawn(process.execPath, [starter], { stdio: "ignore" });
    const members = await pids(3);
    parent.kill(signal);
    await gone(members);
    await eventually(() => !existsSync(scratch));
  },
);

test("an uncaught error of the process that started it ends all of it", async () => {
  const starter = join(directory, "starter.ts");
  const command = {
    file: "/bin/sh",
    arguments: ["-c", family],
    env,
    directory,
  };
  const module = join(
    import.meta.dirname,
    "../../../../local/system/processes.ts",
  );
  const script = `import { startCommand } from "${module}";\nimport { existsSync } from "node:fs";
    startCommand(${JSON.stringify(command)});
    setInterval(() => { if (existsSync("${directory}/now")) throw new Error("unexpected"); }, 20);\n`;
  await writeFile(starter, script);
  spawn(process.execPath, [starter], { stdio: "ignore" });
  const members = await pids(3);
  await writeFile(join(directory, "now"), "");
  await gone(members);
});
