// `npm run bench -- run`: a run that changes nothing, beside the engine operation in it: the Pulumi CLI's own time from start to end,
// by a script in its place that notes both. On the local cloud, so without the network's share. Without the proof, which is a phase of
// its own, with calls to the gate. With AI_GATE_TRUTH_RIG also with the real provider, which takes longer for the same operation.
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { printedProgress } from "../local/system/progress.ts";
import { provideEngine } from "../local/tools/engine.ts";
import { fillToolCache } from "../local/tools/tool-cache.ts";
import { type Rig, startRig } from "../__tests__/fixtures/action-rig.ts";
import { bothPlugins } from "../__tests__/fixtures/plugins.ts";
import type { Found, Measure } from "./figures.ts";
import { median } from "./statistics.ts";

const rounds = 7;

interface Sample {
  readonly wall: number;
  readonly operation: number;
  readonly starts: number;
  /** MB. */
  readonly memory: number;
}

/** A CLI that writes a line when it starts and when it ends: nanoseconds, its process, its first argument. */
function timed(directory: string, real: string): { root: string; log: string } {
  const root = path.join(directory, "engine");
  const log = path.join(directory, "starts");
  mkdirSync(path.join(root, "bin"), { recursive: true });
  writeFileSync(
    path.join(root, "bin/pulumi"),
    [
      "#!/bin/sh",
      // The action gives the engine a PATH with nothing but the engine in it.
      "now() { PATH=/usr/bin:/bin date +%s%N; }",
      `echo "$(now) $$ $1" >> '${log}'`,
      `'${path.join(real, "bin/pulumi")}' "$@"`,
      "code=$?",
      `echo "$(now) $$ end" >> '${log}'`,
      "exit $code\n",
    ].join("\n"),
    { mode: 0o755 },
  );
  return { root, log };
}

/** Milliseconds of the longest command, and how many there were. */
function commandsIn(log: string): { operation: number; starts: number } {
  const begun = new Map<string, number>();
  const times: number[] = [];
  for (const line of readFileSync(log, "utf8").trim().split("\n")) {
    const [time = "", process = "", what] = line.split(" ");
    if (what !== "end") begun.set(process, Number(time));
    else times.push((Number(time) - (begun.get(process) ?? 0)) / 1e6);
  }
  return { operation: Math.max(...times), starts: times.length };
}

/** Writes the peak of the action's own process, in KiB, when it ends. */
const memoryHook = (file: string) =>
  `--import=data:text/javascript,${encodeURIComponent(
    `import fs from "node:fs"; if (process.argv[1]?.endsWith("dist/index.js")) process.on("exit", () => fs.writeFileSync(${JSON.stringify(file)}, String(process.resourceUsage().maxRSS)));`,
  )}`;

/** The state in a directory, and in the managed bucket. */
const backends = { "file://": {}, S3: { backend: "" } } as const;

const commands = ["up", "preview"] as const;

type Once = (command: string, where: keyof typeof backends) => Promise<Sample>;

export async function benchRun(): Promise<Found> {
  const measures: Measure[] = [];
  for (const [name, plugin] of bothPlugins) {
    const suffix = plugin === undefined ? "" : `, with ${name}`;
    for (const one of await runsWith(plugin))
      measures.push({ ...one, what: one.what + suffix });
  }
  return { measures };
}

async function runsWith(plugin: string | undefined): Promise<Measure[]> {
  const directory = mkdtempSync(path.join(tmpdir(), "ai-gate-bench-run-"));
  const engine = await provideEngine(printedProgress());
  const { log, root } = timed(directory, engine.root);
  const tools = path.join(directory, "tools");
  mkdirSync(tools);
  const answer = await fillToolCache(tools, {
    engine: { ...engine, root },
    ...(plugin !== undefined && { plugin }),
  });
  const rig = await startRig({
    engine: false,
    hosts: { "api.github.com": answer },
  });
  try {
    return await measure(sampler(rig, { log, directory, tools }));
  } finally {
    await rig.cloud.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function sampler(
  rig: Rig,
  at: { log: string; directory: string; tools: string },
): Once {
  const peak = path.join(at.directory, "peak");
  const environment = {
    RUNNER_TOOL_CACHE: at.tools,
    NODE_OPTIONS: memoryHook(peak),
  };
  return async (command, where) => {
    rmSync(at.log, { force: true });
    const inputs = {
      upstream: "https://api.openai.com/v1",
      tokens: "team=token-of-the-bench-0123456789-0123456789",
      comment: "false",
      proof: "false",
      ...backends[where],
    };
    const stack = where === "S3" ? "bench-bucket" : "bench-file";
    const started = performance.now();
    const { code, stdout } = await rig.run(command, stack, {
      inputs,
      environment,
    });
    const wall = performance.now() - started;
    if (code !== 0) throw new Error(stdout.slice(-3000));
    const memory = (Number(readFileSync(peak, "utf8")) * 1024) / 1e6;
    return { wall, memory, ...commandsIn(at.log) };
  };
}

/** They take turns, so that what else the machine does meets all of them. */
async function measure(once: Once): Promise<Measure[]> {
  const kinds = (["file://", "S3"] as const).flatMap((where) =>
    commands.map((command) => ({ command, where, samples: [] as Sample[] })),
  );
  for (const where of ["file://", "S3"] as const) await once("up", where);
  for (let round = 0; round < rounds; round += 1)
    for (const { command, samples, where } of kinds)
      samples.push(await once(command, where));
  const all = kinds.flatMap(({ samples }) => samples);
  return [
    ...kinds.flatMap(({ command, samples, where }) =>
      measuresOf(`\`${command}\` that changes nothing, ${where}`, samples),
    ),
    {
      what: "starts of the engine's CLI in a run, at most",
      value: Math.max(...all.map(({ starts }) => starts)),
      unit: "starts",
      bound: { most: 3 },
    },
    {
      what: "peak memory of the action's process",
      value: Math.max(...all.map(({ memory }) => memory)),
      unit: "MB",
      bound: { most: 150 },
    },
  ];
}

function measuresOf(what: string, samples: readonly Sample[]): Measure[] {
  const ratio = median(samples.map(({ wall, operation }) => wall / operation));
  const besides = median(
    samples.map(({ wall, operation }) => wall - operation),
  );
  return [
    {
      what: `${what}: over the engine's operation`,
      value: ratio,
      unit: "times",
      bound: { most: 1.5 },
    },
    { what: `${what}: besides that`, value: besides, unit: "ms" },
  ];
}
