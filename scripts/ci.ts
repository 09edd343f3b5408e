// What .ci/run runs: every check, each once, all of them even when one fails. The bundle and the tests, which run it, and beside them,
// one after the other, what only reads the sources, then the demo.
import { spawn } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { provideActionlint } from "../local/tools/go-tools.ts";
import { printedProgress } from "../local/system/progress.ts";
import { provideZizmor } from "../local/tools/tools.ts";
import { provideTruthRig } from "../local/tools/truth-rig.ts";

const root = path.join(import.meta.dirname, "..");
const bin = (name: string) => path.join(root, "node_modules/.bin", name);
const say = (line: string) => console.log(line);
const progress = printedProgress();
const scratch = mkdtempSync(path.join(tmpdir(), "ai-gate-ci-"));
const results = path.join(scratch, "jest.json");

interface Step {
  readonly name: string;
  readonly command: string;
  readonly arguments: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

const node = (name: string, ...args: string[]): Step => ({
  name,
  command: process.execPath,
  arguments: [...process.execArgv, ...args],
});
const tool = (name: string, command: string, ...args: string[]): Step => ({
  name,
  command,
  arguments: args,
});

/** Steps that run one after the other; several lanes run side by side. */
type Lane = readonly Step[];

const bundleLane: Lane = [
  node("dist builds", "scripts/build.ts"),
  tool(
    "dist is what was committed",
    "git",
    "diff",
    "--exit-code",
    "--stat",
    "--",
    "dist",
  ),
];

async function sourceLane(): Promise<Lane> {
  const workflows = [
    ".github/workflows/ci.yml",
    ".github/workflows/release.yml",
    ...readdirSync(path.join(root, "examples"))
      .filter((name) => name.endsWith(".yml"))
      .map((name) => `examples/${name}`),
  ];
  const actionlint = await provideActionlint(progress);
  const zizmor = await provideZizmor(progress);
  return [
    node(
      "generated files are what the code says",
      "scripts/generate.ts",
      "--check",
    ),
    tool("formatting", bin("prettier"), "--check", "."),
    tool("lint", bin("eslint"), "."),
    tool("types", bin("tsc")),
    tool("dead code", bin("knip")),
    tool("workflow lint (actionlint)", actionlint, ...workflows),
    tool(
      "workflow lint (zizmor)",
      zizmor,
      "--offline",
      "--quiet",
      ".github/workflows",
      "action.yml",
    ),
  ];
}

const demoLane: Lane = [tool("npm run demo", "npm", "run", "demo")];

const testLane = (): Lane => [
  {
    ...tool(
      "npm test",
      "npm",
      "test",
      "--",
      "--json",
      `--outputFile=${results}`,
    ),
    environment: truthRig(),
  },
];

/** The real Terraform AWS provider behind @pulumi/aws, where this machine can build it. */
function truthRig(): Record<string, string> {
  const rig = provideTruthRig(path.join(root, "../shared/truth-rig"));
  if ("why" in rig) {
    say(`truth rig: SKIPPED, ${rig.why}`);
    return {};
  }
  say(
    "truth rig: the main flows also run with the real Terraform AWS provider",
  );
  return { AI_GATE_TRUTH_RIG: rig.path };
}

/** The step's output is printed when it ends, in one piece; that of a live step as it comes. */
async function run(step: Step, isLive: boolean): Promise<boolean> {
  if (isLive) say(`\n=== ${step.name}`);
  const started = Date.now();
  const child = spawn(step.command, step.arguments, {
    cwd: root,
    stdio: ["ignore", isLive ? "inherit" : "pipe", isLive ? "inherit" : "pipe"],
    env: { ...process.env, ...step.environment },
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding("utf8").on("data", (text: string) => (output += text));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (!isLive) say(`\n=== ${step.name}\n${output.trimEnd()}`);
  say(
    `${status === 0 ? "ok" : "FAILED"}: ${step.name} (${Math.round((Date.now() - started) / 1000)} s)`,
  );
  return status === 0;
}

interface Outcome {
  readonly name: string;
  readonly ok: boolean;
}

async function runLane(steps: Lane, isLive: boolean): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  for (const step of steps)
    outcomes.push({ name: step.name, ok: await run(step, isLive) });
  return outcomes;
}

interface JestResults {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
}

/** Single tests as Jest counted them; the step `npm test` itself is not counted again. */
function testCounts(): JestResults {
  if (!existsSync(results))
    return { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0 };
  return JSON.parse(readFileSync(results, "utf8")) as JestResults;
}

const bundled = runLane(bundleLane, true);
const tested = bundled.then(() => runLane(testLane(), true));
const read = sourceLane().then((lane) => runLane(lane, false));
// The demo runs the bundle, too.
const shown = Promise.all([bundled, read]).then(() => runLane(demoLane, false));
const outcomes = (await Promise.all([bundled, read, tested, shown])).flat();
const tests = testCounts();
rmSync(scratch, { recursive: true, force: true });
const failed = outcomes.filter(({ ok }) => !ok);
for (const { name } of failed) say(`FAILED: ${name}`);
const others = outcomes.filter(({ name }) => name !== "npm test");
const passedCount = tests.numPassedTests + others.filter(({ ok }) => ok).length;
const testsFailed = failed.some(({ name }) => name === "npm test")
  ? Math.max(tests.numFailedTests, 1)
  : 0;
const failedCount = testsFailed + others.filter(({ ok }) => !ok).length;
if (failedCount > 0) process.exitCode = 1;
const skipped =
  tests.numPendingTests > 0 ? `, ${tests.numPendingTests} skipped` : "";
say(`${passedCount} passed, ${failedCount} failed${skipped}`);
