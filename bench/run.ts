// `npm run bench -- run`: a run that changes nothing, beside the engine operation in it: the Pulumi CLI's own time from start to end,
// by a script in its place that notes both. On the local cloud, so without the network's share.
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
import { startRig } from "../__tests__/fixtures/action-rig.ts";
import { median } from "./statistics.ts";

const rounds = 7;
const stack = "bench";

interface Sample {
  readonly wall: number;
  readonly operation: number;
  readonly starts: number;
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
      `echo "$(date +%s%N) $$ $1" >> '${log}'`,
      `'${path.join(real, "bin/pulumi")}' "$@"`,
      "code=$?",
      `echo "$(date +%s%N) $$ end" >> '${log}'`,
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

/** Prints one line for each kind of run and backend. */
export async function benchRun(): Promise<void> {
  const directory = mkdtempSync(path.join(tmpdir(), "ai-gate-bench-run-"));
  const engine = await provideEngine(printedProgress());
  const { log, root } = timed(directory, engine.root);
  const tools = path.join(directory, "tools");
  mkdirSync(tools);
  const answer = await fillToolCache(tools, { engine: { ...engine, root } });
  const rig = await startRig({
    engine: false,
    hosts: { "api.github.com": answer },
  });
  const peak = path.join(directory, "peak");
  const inputs = {
    upstream: "https://api.openai.com/v1",
    tokens: "team=token-of-the-bench-0123456789-0123456789",
    comment: "false",
  };
  const environment = {
    RUNNER_TOOL_CACHE: tools,
    NODE_OPTIONS: memoryHook(peak),
  };
  const once = async (command: string, extra: object): Promise<Sample> => {
    rmSync(log, { force: true });
    const started = performance.now();
    const options = { inputs: { ...inputs, ...extra }, environment };
    const { code, stdout } = await rig.run(command, stack, options);
    const wall = performance.now() - started;
    if (code !== 0) throw new Error(stdout.slice(-3000));
    const memory = Number(readFileSync(peak, "utf8")) / 1024;
    return { wall, memory, ...commandsIn(log) };
  };
  try {
    for (const [where, backend] of [
      ["file://", undefined],
      ["bucket", ""],
    ] as const) {
      const state = backend === undefined ? {} : { backend };
      await once("up", state);
      for (const [command, proof] of [
        ["up", "false"],
        ["preview", "false"],
      ] as const) {
        const samples: Sample[] = [];
        for (let round = 0; round < rounds; round += 1)
          samples.push(await once(command, { ...state, proof }));
        print(`${command}, ${where}`, samples);
      }
    }
  } finally {
    await rig.cloud.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

function print(name: string, samples: readonly Sample[]): void {
  const of = (key: keyof Sample) => median(samples.map((one) => one[key]));
  const ratio = median(samples.map(({ wall, operation }) => wall / operation));
  console.log(
    `${ratio.toFixed(2)} times the operation  ${name}: ${of("wall").toFixed(0)} ms, of which ${of("operation").toFixed(0)} ms are the operation; the CLI starts ${of("starts")} times; peak ${of("memory").toFixed(0)} MiB`,
  );
}
