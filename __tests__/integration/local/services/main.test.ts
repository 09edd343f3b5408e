import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheRoot } from "../../../../local/system/cache.ts";
import { provideEngine } from "../../../../local/tools/engine.ts";
import { provideMinistack } from "../../../../local/ministack/ministack.ts";
import { runCommand } from "../../../../local/system/processes.ts";
import { printedProgress } from "../../../../local/system/progress.ts";
import { eventually } from "../../../fixtures/eventually.ts";

jest.setTimeout(60_000);

const project = join(import.meta.dirname, "../../../..");

/** What `npm run local` starts. */
const command = ["scripts/bootstrap.mjs", "local/main.ts"];

let cache: string;
let scratch: string;
let env: Record<string, string>;

// A cache of its own for what is running, with the real one's tools.
beforeAll(async () => {
  await provideEngine(printedProgress());
  await provideMinistack(printedProgress());
}, 900_000);

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), "ai-gate-main-test-"));
  scratch = await mkdtemp(join(tmpdir(), "ai-gate-main-scratch-"));
  await rm(join(cache, "ai-gate-action"), { force: true, recursive: true });
  await runCommand({
    file: "mkdir",
    arguments: ["ai-gate-action"],
    env: { PATH: process.env.PATH ?? "" },
    directory: cache,
  });
  for (const tool of ["engine", "ministack"])
    await symlink(join(cacheRoot(), tool), join(cache, "ai-gate-action", tool));
  env = {
    PATH: process.env.PATH ?? "",
    HOME: cache,
    XDG_CACHE_HOME: cache,
    TMPDIR: scratch,
  };
});
afterEach(async () => {
  await rm(cache, { recursive: true, force: true });
  await rm(scratch, { recursive: true, force: true });
});

interface Local {
  child: ChildProcess;
  output: () => string;
  /** The environment it printed. */
  variables: Record<string, string>;
  exited: Promise<unknown>;
}

async function started(): Promise<Local> {
  const child = spawn(process.execPath, command, {
    cwd: project,
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
  const exited = new Promise((resolve) => child.once("close", resolve));
  await eventually(() => output.includes("The local cloud is up"));
  const pairs = [...output.matchAll(/^export (\w+)='([^']*)'$/gm)].map(
    ([, name = "", value = ""]) => [name, value],
  );
  return {
    child,
    output: () => output,
    variables: Object.fromEntries(pairs) as Record<string, string>,
    exited,
  };
}

async function left(): Promise<string[]> {
  const { stdout } = await runCommand({
    file: "ls",
    arguments: [scratch],
    env,
    directory: "/",
  });
  return stdout.split("\n").filter((name) => name.startsWith("ai-gate"));
}

async function runLocal(
  ...args: string[]
): Promise<{ code: number; stdout: string; stderr: string }> {
  return runCommand({
    file: process.execPath,
    arguments: [...command, ...args],
    env,
    directory: project,
  });
}

test("prints an environment that works, as a file too, and ends on stop from another terminal", async () => {
  const { variables, exited } = await started();
  const file = join(cache, "ai-gate-action/local/environment.sh");
  expect(readFileSync(file, "utf8")).toContain(
    `export AWS_ENDPOINT_URL='${variables.AWS_ENDPOINT_URL ?? ""}'`,
  );
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const script = `. ${file}; curl -sS --fail https://api.openai.com/v1/models; curl -sS -o /dev/null -w '%{http_code}' "$GITHUB_API_URL/repos/acme/app" -H "Authorization: token $GITHUB_TOKEN"; node --version`;
  const used = await runCommand({
    file: "/bin/sh",
    arguments: ["-c", script],
    env,
    directory: cache,
  });
  expect(used.stdout).toMatch(
    new RegExp(`^\\{"object":"list".*\\}200${process.version}\n$`),
  );
  expect(await runLocal()).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/running already/),
  });
  expect(await runLocal("stop")).toMatchObject({
    code: 0,
    stdout: "The local cloud has ended.\n",
  });
  expect(await exited).toBe(0);
  expect(await left()).toEqual([]);
  expect(await runLocal("stop")).toMatchObject({
    code: 0,
    stdout: "No local cloud is running.\n",
  });
});

test.each(["SIGINT", "SIGTERM"] as const)(
  "%s ends it cleanly, even twice",
  async (signal) => {
    const { child, exited } = await started();
    child.kill(signal);
    child.kill(signal);
    expect(await exited).toBe(0);
    expect(await left()).toEqual([]);
  },
);

test("after a kill nothing is left, and it starts again", async () => {
  const { child, exited } = await started();
  child.kill("SIGKILL");
  await exited;
  await eventually(async () => (await left()).length === 0);
  const again = await started();
  expect(await runLocal("stop")).toMatchObject({
    stdout: "The local cloud has ended.\n",
  });
  await again.exited;
});

test("an unknown word is answered with the usage, and starts nothing", async () => {
  expect(await runLocal("halt")).toMatchObject({
    code: 2,
    stderr: "usage: npm run local [-- stop]\n",
  });
  expect(existsSync(join(cache, "ai-gate-action/local/environment.sh"))).toBe(
    false,
  );
});
