// `npm run test:soak [-- CYCLES [FILE]]`: so many pull requests, two at a time, on one local cloud: each gets a gate of its own, a preview of a change,
// and is closed. What is left after each two is measured, and must not grow. FILE takes the measurements as JSON.
import type { ChildProcess } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  commit,
  pullEvent,
  runStep,
  startRepository,
  type Step,
} from "../__tests__/fixtures/pull-requests.ts";
import { printedProgress } from "../local/system/progress.ts";
import { prepareTools } from "../local/tools/tools.ts";
import { renderTrends, type Sample, trendsOf } from "./soak/growth.ts";
import {
  allowed,
  descriptorKinds,
  expireVersions,
  filesIn,
  measure,
  type Measure,
  type Places,
  stateFilesOf,
} from "./soak/measure.ts";

const cycles = Number(process.argv[2] ?? 300);
const atOnce = 2;
const tableEvery = 25;

const interruption = new AbortController();
const running = new Set<ChildProcess>();

/** As a runner ends a step; what it has begun is finished and its lock let go. */
function interrupt(): void {
  interruption.abort();
  for (const child of running) child.kill("SIGINT");
}

/** Main and post step, as a runner starts them. */
async function step({ cloud, mark, runner }: Places, given: Step) {
  const at = (name: string) => path.join(runner, name);
  interruption.signal.throwIfAborted();
  const options = {
    ...given,
    started: (child: ChildProcess) => {
      running.add(child);
      child.once("close", () => running.delete(child));
    },
    environment: {
      ...given.environment,
      AI_GATE_SOAK: mark,
      HOME: at("home"),
      TMPDIR: at("tmp"),
      RUNNER_TEMP: at("temp"),
    },
  };
  const main = await runStep(cloud, options);
  const post = await runStep(cloud, { ...options, state: main.state });
  if (main.code !== 0 || post.code !== 0)
    throw new Error(`${main.stdout}${main.stderr}${post.stdout}`.slice(-5000));
  return main;
}

/** Half of them with the state in a directory, half with it in the gate's own bucket. */
async function cycle(places: Places, number: number): Promise<void> {
  const { cloud } = places;
  const pull = { number, headSha: commit("1") };
  cloud.github?.setPull(pull);
  const stack = `pr-${number}`;
  const inputs = {
    ephemeral: "true",
    environment: stack,
    ...(number % 2 === 0 && { backend: "" }),
  };
  const opened = await step(places, { ...pullEvent(pull), stack, inputs });
  if (opened.outputs["ready"] !== "true") throw new Error(opened.stdout);
  await step(places, {
    ...pullEvent({ ...pull, action: "synchronize" }),
    stack,
    inputs: { ...inputs, command: "preview" },
    routes: ["/score", "/rank"],
  });
  cloud.github?.setPull({ ...pull, state: "closed" });
  const closed = { ...pull, action: "closed", state: "closed" as const };
  await step(places, { ...pullEvent(closed), stack, inputs });
}

/** Rejects for one of them only when each has ended: none is left behind. */
async function all(cyclesAtOnce: readonly Promise<void>[]): Promise<void> {
  await Promise.allSettled(cyclesAtOnce);
  await Promise.all(cyclesAtOnce);
}

process.env["TMPDIR"] = mkdtempSync(path.join(tmpdir(), "ai-gate-soak-"));
await prepareTools(printedProgress());
const cloud = await startRepository();
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.on(signal, interrupt);
// scripts/bootstrap.mjs, which holds the other end of the channel, was killed.
process.once("disconnect", interrupt);
const places = {
  cloud,
  runner: path.join(tmpdir(), "runner"),
  mark: `soak-${process.pid}`,
};
for (const name of ["home", "tmp", "temp"])
  mkdirSync(path.join(places.runner, name), { recursive: true });
const samples: Sample<Measure>[] = [];
const started = Date.now();
try {
  for (let number = atOnce; number <= cycles; number += atOnce) {
    await all([cycle(places, number - 1), cycle(places, number)]);
    cloud.gateway.forgetCalls();
    cloud.github?.forgetCalls();
    cloud.upstream.clear();
    await expireVersions(cloud);
    samples.push(await measure(places));
    console.log(number, JSON.stringify(samples.at(-1)));
    if (number % tableEvery < atOnce || number + atOnce > cycles) {
      const seconds = Math.round((Date.now() - started) / 1000);
      console.log(`\n${number} cycles in ${seconds} s\n`);
      console.log(`${renderTrends(trendsOf(samples, allowed))}\n`);
    }
  }
  const trends = trendsOf(samples, allowed);
  if (trends.some(({ isFlat }) => !isFlat)) {
    process.exitCode = 1;
    console.log(JSON.stringify(descriptorKinds(), undefined, 1));
    console.log(filesIn(places.runner).slice(-50).join("\n"));
    console.log((await stateFilesOf(cloud)).slice(-50).join("\n"));
  }
} catch (error) {
  if (!interruption.signal.aborted) throw error;
  console.error("interrupted: the local cloud is ended");
  process.exitCode = 1;
} finally {
  await cloud.stop();
  const results = process.argv[3];
  if (results !== undefined) writeFileSync(results, JSON.stringify(samples));
  rmSync(tmpdir(), { recursive: true, force: true });
  if (process.connected) process.disconnect();
}
