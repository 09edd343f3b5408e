// What a run of the action pays before it does anything: processes that load its bundle, and others to compare with, in turn.
import { spawnSync } from "node:child_process";
import { tmpdir } from "node:os";
import path from "node:path";
import { median } from "./statistics.ts";

const root = path.join(import.meta.dirname, "..");
const rounds = 11;

/** Milliseconds until a fresh Node has run the code. */
function time(code: string): number {
  const started = process.hrtime.bigint();
  const { status } = spawnSync(process.execPath, ["-e", code], {
    cwd: root,
    stdio: "ignore",
    env: { ...process.env, RUNNER_TEMP: tmpdir() },
  });
  if (status !== 0) throw new Error(`the code under test failed: ${code}`);
  return Number(process.hrtime.bigint() - started) / 1e6;
}

// The bundle starts its main entry when loaded; an input error is the shortest way through it, and its exit code is not asked.
const bundle =
  'process.exitCode = 0; process.on("exit", () => { process.exitCode = 0; }); require("./dist/index.js")';
const cases: readonly [string, string][] = [
  ["an empty script", ""],
  ["dist/index.js, to the report of a missing input", bundle],
  [
    "the Automation API alone, from node_modules",
    'require("@pulumi/pulumi/automation")',
  ],
];

/** Prints medians of fresh processes and how the bundle compares with the unbundled Automation API. */
export function benchLoad(): void {
  const samples = cases.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1) {
    for (const [index, [, code]] of cases.entries())
      samples[index]?.push(time(code));
  }
  const medians = samples.map(median);
  const [empty = 0, bundled = 0, unbundled = 0] = medians;
  for (const [index, [name]] of cases.entries())
    console.log(`${(medians[index] ?? 0).toFixed(0).padStart(6)} ms  ${name}`);
  console.log(
    `loading and running the whole action takes ${((bundled - empty) / (unbundled - empty)).toFixed(2)} times what loading the unbundled Automation API takes`,
  );
}
