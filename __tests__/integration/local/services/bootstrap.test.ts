import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import {
  copyFile,
  mkdir,
  mkdtemp,
  rm,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  runCommand,
  type CommandResult,
} from "../../../../local/system/processes.ts";
import { eventually, gone } from "../../../fixtures/eventually.ts";

const lock = {
  name: "x",
  version: "1.0.0",
  lockfileVersion: 3,
  requires: true,
  packages: { "": { name: "x", version: "1.0.0" } },
};

// npm ci takes its time on a busy machine.
jest.setTimeout(60_000);

let project: string;

beforeEach(async () => {
  project = await mkdtemp(join(tmpdir(), "ai-gate-bootstrap-test-"));
  await mkdir(join(project, "scripts"));
  await copyFile(
    join(import.meta.dirname, "../../../../scripts/bootstrap.mjs"),
    join(project, "scripts/bootstrap.mjs"),
  );
  await writeFile(
    join(project, "package.json"),
    JSON.stringify({ name: "x", version: "1.0.0" }),
  );
  await writeFile(join(project, "package-lock.json"), JSON.stringify(lock));
});
afterEach(() => rm(project, { recursive: true, force: true }));

const env = { PATH: process.env.PATH ?? "", HOME: tmpdir() };

const bootstrap = (...args: string[]): Promise<CommandResult> =>
  runCommand({
    file: process.execPath,
    arguments: ["scripts/bootstrap.mjs", ...args],
    env,
    directory: project,
  });

async function script(text: string): Promise<void> {
  await writeFile(join(project, "script.ts"), text);
}

test("installs once, runs TypeScript with its arguments, passes the exit code on", async () => {
  await script(
    "const code: number = 7; console.log(process.argv.slice(2).join('|')); process.exitCode = code;",
  );
  const first = await bootstrap("script.ts", "a b", "--c");
  expect(first).toMatchObject({ code: 7, stdout: "a b|--c\n" });
  expect(first.stderr).toMatch(/installing packages with npm ci/);
  expect(await bootstrap("script.ts")).toMatchObject({ code: 7, stderr: "" });
});

test.each([
  [
    "another lock",
    () =>
      writeFile(
        join(project, "package-lock.json"),
        JSON.stringify({ ...lock, requires: false }),
      ),
  ],
  [
    "an interrupted install",
    () => rm(join(project, "node_modules/.installed-from")),
  ],
  [
    "no node_modules",
    () => rm(join(project, "node_modules"), { recursive: true }),
  ],
])("installs again after %s", async (_name, change) => {
  await script("console.log('ran')");
  await bootstrap("script.ts");
  await change();
  const { stderr, stdout } = await bootstrap("script.ts");
  expect(stderr).toMatch(/npm ci/);
  expect(stdout).toMatch(/ran/);
  const sum = createHash("sha256")
    .update(readFileSync(join(project, "package-lock.json")))
    .digest("hex");
  expect(
    readFileSync(join(project, "node_modules/.installed-from"), "utf8"),
  ).toBe(sum);
});

test("a failed install is said, and nothing runs", async () => {
  await script("console.log('ran')");
  await writeFile(join(project, "package-lock.json"), "{");
  const { code, stdout, stderr } = await bootstrap("script.ts");
  expect([code === 0, stdout]).toEqual([false, ""]);
  expect(stderr).toMatch(/npm ci failed; run the same command again/);
  expect(existsSync(join(project, "node_modules/.installed-from"))).toBe(false);
});

test("the Node that runs the script is first on PATH", async () => {
  await script(
    "console.log(process.env.PATH?.split(':')[0] + '/node' === process.execPath)",
  );
  expect((await bootstrap("script.ts")).stdout).toMatch(/true/);
});

test("without a script there is a line of usage", async () => {
  expect(await bootstrap()).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/^usage: /),
  });
});

// A Node that is too old is played by a script that says so: the real one is asked for the rest.
describe("on a Node that is too old", () => {
  const old =
    "data:text/javascript,Object.defineProperty(process.versions,'node',{value:'20.20.2'})";
  const bootstrapOnOld = (...args: string[]): Promise<CommandResult> =>
    runCommand({
      file: process.execPath,
      arguments: ["--import", old, "scripts/bootstrap.mjs", ...args],
      env,
      directory: project,
    });

  beforeEach(async () => {
    await script("console.log(process.execPath)");
    await bootstrap("script.ts");
  });

  test("the packaged one is taken", async () => {
    const bin = join(
      project,
      "node_modules",
      `node-${process.platform}-${process.arch}`,
      "bin",
    );
    await mkdir(bin, { recursive: true });
    await symlink(process.execPath, join(bin, "node"));
    expect(await bootstrapOnOld("script.ts")).toMatchObject({
      code: 0,
      stdout: `${process.execPath}\n`,
    });
  });

  test("without a packaged one, one line says what to install", async () => {
    const { code, stdout, stderr } = await bootstrapOnOld("script.ts");
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(
      /^This needs Node 24 or newer .*: install Node 24\.\n$/,
    );
  });
});

describe("signals", () => {
  const waiting = `
    process.on("SIGINT", () => { console.log("SIGINT"); process.exit(5); });
    process.on("SIGTERM", () => { console.log("SIGTERM"); process.exit(6); });
    process.on("disconnect", () => process.exit(0));
    setInterval(() => undefined, 1000);
    console.log("pid " + process.pid);`;

  async function started(): Promise<{
    child: ChildProcess;
    output: () => string;
    pid: number;
  }> {
    await script(waiting);
    const child = spawn(
      process.execPath,
      ["scripts/bootstrap.mjs", "script.ts"],
      { cwd: project, env, stdio: ["ignore", "pipe", "ignore"] },
    );
    let output = "";
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const pid = await eventually(() => /pid (\d+)/.exec(output)?.[1]);
    return { child, output: () => output, pid: Number(pid) };
  }

  test.each([
    ["SIGINT", 5],
    ["SIGTERM", 6],
  ] as const)("%s reaches the script", async (signal, expected) => {
    const { child, output } = await started();
    const code = new Promise((resolve) => child.once("close", resolve));
    child.kill(signal);
    expect(await code).toBe(expected);
    expect(output()).toContain(signal);
  });

  test("the script learns that its starter was killed", async () => {
    const { child, pid } = await started();
    child.kill("SIGKILL");
    await gone([pid]);
  });
});
