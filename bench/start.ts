// `npm run bench -- start`: from the start of the process to the report of a bad input, beside pulumi/actions' dependencies.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import project from "../package.json" with { type: "json" };
import { bundle } from "../scripts/bundle.ts";
import type { Found } from "./figures.ts";
import { median } from "./statistics.ts";

const { dependencies } = project;
const action = path.join(import.meta.dirname, "../dist/index.js");
const rounds = 21;

/** What pulumi/actions' package.json lists as its dependencies, in our versions where we have them too. */
const packages = {
  "@actions/core": dependencies["@actions/core"],
  "@actions/exec": "^3.0.0",
  "@actions/github": dependencies["@actions/github"],
  "@actions/io": "^3.0.2",
  "@actions/tool-cache": dependencies["@actions/tool-cache"],
  "@pulumi/pulumi": dependencies["@pulumi/pulumi"],
  dedent: "^1.7.2",
  envalid: "^8.2.0",
  "js-yaml": "^5.4.0",
  runtypes: "^7.0.5",
  semver: "^7.6.1",
};

/** As pulumi/actions' main.ts does, it loads all of them before it reads the first input. */
const entry = `
import * as core from "@actions/core";
import * as exec from "@actions/exec";
import { context, getOctokit } from "@actions/github";
import * as io from "@actions/io";
import * as toolCache from "@actions/tool-cache";
import { LocalWorkspace } from "@pulumi/pulumi/automation";
import dedent from "dedent";
import * as envalid from "envalid";
import * as yaml from "js-yaml";
import * as runtypes from "runtypes";
import * as semver from "semver";

try {
  core.getInput("command", { required: true });
  // Not reached: keeps the bundler from dropping the imports.
  console.log(exec, context, getOctokit, io, toolCache, LocalWorkspace, dedent, envalid, yaml, runtypes, semver);
} catch (error) {
  core.setFailed(error.message);
}
`;

/** @returns the baseline's bundle, outside the work tree: ncc, unminified. */
async function buildBaseline(): Promise<string> {
  const directory = path.join(tmpdir(), "ai-gate-bench-start");
  const inside = (name: string) => path.join(directory, name);
  mkdirSync(inside("dist"), { recursive: true });
  writeFileSync(
    inside("package.json"),
    JSON.stringify({ private: true, dependencies: packages }),
  );
  writeFileSync(inside("main.js"), entry);
  const install = ["--no-audit", "--no-fund", "--ignore-scripts"];
  execFileSync("npm", ["install", "--prefer-offline", ...install], {
    cwd: directory,
    stdio: ["ignore", "ignore", "inherit"],
  });
  const { scripts } = await bundle(inside("main.js"));
  for (const [name, code] of Object.entries(scripts))
    writeFileSync(path.join(inside("dist"), name), code);
  return inside("dist/index.js");
}

/** Milliseconds until a fresh process has refused the missing inputs. */
function time(script: string): number {
  const started = process.hrtime.bigint();
  const { status, stdout } = spawnSync(process.execPath, [script], {
    encoding: "utf8",
    env: { RUNNER_TEMP: tmpdir() },
  });
  const milliseconds = Number(process.hrtime.bigint() - started) / 1e6;
  if (status !== 1 || !stdout.includes("::error::"))
    throw new Error(`${script} does not refuse a missing input: ${stdout}`);
  return milliseconds;
}

/** The two take turns. */
export async function benchStart(): Promise<Found> {
  const scripts = [action, await buildBaseline()];
  const samples = scripts.map((): number[] => []);
  for (let round = 0; round < rounds; round += 1)
    for (const [index, script] of scripts.entries())
      samples[index]?.push(time(script));
  const [own = NaN, baseline = NaN] = samples.map(median);
  return {
    measures: [
      {
        what: "the report of a bad input, over that of a bundle of pulumi/actions' dependencies",
        value: own / baseline,
        unit: "times",
        bound: { most: 0.8 },
      },
    ],
  };
}
