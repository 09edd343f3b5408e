// `npm run fuzz [-- CASES [RUNS]]`: so many texts (100,000 unless told) in the inputs and the config file, each within two seconds and 300 MB, and the
// property tests of authorizer and gate with many cases (50,000 of each property unless told; 0 leaves them out).
import { fork, spawnSync } from "node:child_process";
import path from "node:path";
import { bounds, caseOf, type Said } from "./fuzz/worker.ts";

const root = path.join(import.meta.dirname, "..");
const cases = Number(process.argv[2] ?? 100_000);
const runs = process.argv[3] ?? "50000";
/** Of a process, whose memory is measured; the next one begins anew. */
const batch = 1000;
const silence = 30_000;

const total = { cases: 0, gates: 0, slowest: 0, memory: 0 };
const faults = new Map<number, string>();

/** @returns the seed to go on with. */
function runBatch(from: number, to: number): Promise<number> {
  const worker = path.join(import.meta.dirname, "fuzz/worker.ts");
  const child = fork(worker, [String(from), String(to)], {
    execArgv: [
      "--disable-warning=ExperimentalWarning",
      "--disable-warning=MODULE_TYPELESS_PACKAGE_JSON",
      // Of what is no garbage; a case that needs more ends the process.
      "--max-old-space-size=128",
      "--max-semi-space-size=8",
    ],
  });
  return new Promise((resolve) => {
    let begun = from;
    let isDone = false;
    let fault = "ended the process";
    const hang = setTimeout(() => {
      fault = `hangs: nothing for ${silence / 1000} s`;
      child.kill("SIGKILL");
    }, silence);
    child.on("message", (said: Said) => {
      hang.refresh();
      if ("begun" in said) begun = said.begun;
      else if ("fault" in said) faults.set(said.seed, said.fault);
      else {
        isDone = true;
        total.gates += said.gates;
        total.slowest = Math.max(total.slowest, said.slowest);
        total.memory = Math.max(total.memory, said.memory);
      }
    });
    child.once("exit", () => {
      clearTimeout(hang);
      if (!isDone) faults.set(begun, fault);
      resolve(isDone ? to : begun + 1);
    });
  });
}

const started = Date.now();
for (let at = 0; at < cases && faults.size < 50;) {
  at = await runBatch(at, Math.min(cases, at + batch));
  total.cases = at;
  if (at % (5 * batch) === 0) console.log(`${at} cases`);
}
for (const [seed, fault] of faults) {
  const { kind, one } = caseOf(seed);
  console.log(`\ncase ${seed} (${kind}): ${fault}`);
  console.log(JSON.stringify(one).slice(0, 2000));
}
const isLarge = total.memory > bounds.memory;
console.log(
  [
    `${total.cases} cases in ${Math.round((Date.now() - started) / 1000)} s`,
    `${total.gates} gates, the others refused by name`,
    `${faults.size} faults`,
    `slowest ${Math.round(total.slowest)} ms`,
    `at most ${Math.round(total.memory)} MB${isLarge ? `: more than ${bounds.memory}` : ""}`,
  ].join("; "),
);
if (faults.size > 0 || isLarge) process.exitCode = 1;

if (runs !== "0") {
  const { status } = spawnSync(
    process.execPath,
    [
      "--experimental-vm-modules",
      "--disable-warning=ExperimentalWarning",
      path.join(root, "node_modules/jest/bin/jest.js"),
      "__tests__/unit/authorizer/fuzz",
      "__tests__/integration/gate/gate-property",
    ],
    {
      cwd: root,
      stdio: "inherit",
      env: { ...process.env, FUZZ_RUNS: runs },
    },
  );
  process.exitCode ||= status ?? 1;
}
