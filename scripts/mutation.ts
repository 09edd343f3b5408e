// `npm run mutation [-- authorizer|diff|report [FILE…]]`: changes the code in every small way Stryker knows, and fails when the tests of the
// room let too many of the changes live. Takes long, so it is no part of `npm test`; the sandbox lies outside the work tree.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

interface Suite {
  /** Globs of the code that is changed. */
  readonly mutate: readonly string[];
  /** One file that imports all tests of the room: one start of Jest for each change instead of a dozen. */
  readonly tests: string;
  /** The least score, in per cent. */
  readonly least: number;
  /** Whether tables and patterns, made once at load, are left as they are. */
  readonly ignoreStatic: boolean;
}

const suites: Readonly<Record<string, Suite>> = {
  authorizer: {
    // The entry only wires things up at start; the tests of the bundle run it.
    mutate: ["authorizer/**/*.ts", "!authorizer/index.ts"],
    tests: "__tests__/fixtures/mutation/authorizer.ts",
    least: 95,
    ignoreStatic: false,
  },
  diff: {
    mutate: ["src/diff/*.ts"],
    tests: "__tests__/fixtures/mutation/diff.ts",
    least: 90,
    ignoreStatic: true,
  },
  report: {
    mutate: ["src/report/*.ts"],
    tests: "__tests__/fixtures/mutation/report.ts",
    least: 90,
    ignoreStatic: true,
  },
};

const root = path.join(import.meta.dirname, "..");
const [given, ...only] = process.argv.slice(2);
for (const name of given === undefined ? Object.keys(suites) : [given]) {
  const suite = suites[name];
  if (suite === undefined)
    throw new Error(`no room "${name}": ${Object.keys(suites).join(", ")}`);
  mutate(only.length === 0 ? suite : { ...suite, mutate: only });
}

function mutate(suite: Suite): void {
  const scratch = mkdtempSync(path.join(tmpdir(), "ai-gate-mutation-"));
  const config = path.join(scratch, "stryker.json");
  writeFileSync(config, JSON.stringify(configuration(suite, scratch)));
  const stryker = path.join(
    root,
    "node_modules/@stryker-mutator/core/bin/stryker.js",
  );
  const { status } = spawnSync(process.execPath, [stryker, "run", config], {
    cwd: root,
    stdio: "inherit",
    // A change to a parser is found by its tables, or by few random texts.
    // In CI Jest writes no snapshots, but the one file that imports all tests has none of its own before the first run.
    env: { FUZZ_RUNS: "50", ...process.env, CI: "false" },
  });
  rmSync(scratch, { recursive: true, force: true });
  if (status !== 0) process.exitCode = 1;
}

function configuration(suite: Suite, scratch: string): object {
  return {
    testRunner: "jest",
    jest: {
      configFile: "jest.config.cjs",
      config: {
        testMatch: [`<rootDir>/${suite.tests}`],
        testEnvironment: path.join(
          root,
          "__tests__/fixtures/mutation/environment.cjs",
        ),
      },
      enableFindRelatedTests: false,
    },
    testRunnerNodeArgs: [
      "--experimental-vm-modules",
      "--disable-warning=ExperimentalWarning",
    ],
    plugins: ["@stryker-mutator/jest-runner"],
    mutate: suite.mutate,
    coverageAnalysis: "perTest",
    concurrency: 2,
    timeoutMS: 10_000,
    tempDirName: path.join(scratch, "sandbox"),
    // Code that runs once at load would be changed for every test anew, at ten times the cost; the type system has most of it.
    ignoreStatic: suite.ignoreStatic,
    ignorePatterns: ["dist", "docs", "local", "bench"],
    reporters: ["clear-text", "progress-append-only"],
    clearTextReporter: {
      logTests: false,
      reportTests: false,
      allowColor: false,
    },
    thresholds: { break: suite.least },
  };
}
