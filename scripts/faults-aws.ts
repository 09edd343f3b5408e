// `npm run test:faults -- aws [SEED [KIND [GATE [COUNT]]]]`: faults of AWS and of the state on every operation that a run makes, and what
// came of them as a table. The seed chooses the command in which an operation that several make meets a fault that stays. KIND is
// `passing`, `deleted`, `special` or `staying`, GATE `plain` or `every`, and COUNT how many cases of the last two; all of them unless given.
// With AI_GATE_TRUTH_RIG, the path of that plugin, the provider is the real Terraform one.
import { appendFileSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  playPassing,
  playStaying,
  record,
  type Recording,
  specialCases,
  type Standing,
  stayingCases,
} from "../__tests__/fixtures/aws-faults.ts";
import { playDeletions } from "../__tests__/fixtures/deleted-by-hand.ts";
import {
  faultNames,
  passing,
  type Result,
} from "../__tests__/fixtures/fault-results.ts";
import type { FlowName } from "../__tests__/fixtures/fault-gates.ts";
import { generator } from "../__tests__/fixtures/faults.ts";
import type { Cloud } from "../local/cloud/cloud.ts";
import { startCloud } from "../local/cloud/cloud.ts";
import { printedProgress } from "../local/system/progress.ts";

/** Side by side. */
const lanes = 3;

const kinds = ["passing", "deleted", "special", "staying"] as const;

interface Choice {
  readonly kinds: readonly (typeof kinds)[number][];
  readonly flows: readonly FlowName[];
  readonly count: number;
}

/** What of everything is played. */
export function choiceIn([kind, gate, count]: readonly string[]): Choice {
  const flows: readonly FlowName[] = ["plain", "every feature"];
  const choice = {
    kinds: kinds.filter((one) => kind === undefined || one === kind),
    flows: flows.filter((one) => one.startsWith(gate ?? "")),
    count: Number(count ?? Infinity),
  };
  if (choice.kinds.length === 0)
    throw new Error(`Unknown kind "${kind}": use ${kinds.join(", ")}`);
  if (choice.flows.length === 0)
    throw new Error(`Unknown gate "${gate}": use plain or every`);
  return choice;
}

export async function playAll(seed: number, choice: Choice): Promise<boolean> {
  const file = path.join(
    mkdtempSync(path.join(tmpdir(), "ai-gate-faults-")),
    "results.jsonl",
  );
  console.log(`every result: ${file}`);
  const plugin = process.env["AI_GATE_TRUTH_RIG"];
  const cloud = await startCloud({
    region: "eu-west-1",
    progress: printedProgress(),
    ...(plugin !== undefined && { plugin }),
  });
  const results: Result[] = [];
  const keep = (more: readonly Result[]) => {
    results.push(...more);
    for (const one of more) {
      appendFileSync(file, `${JSON.stringify(one)}\n`);
      if (one.wrong.length > 0) console.log(lineOf(one));
    }
  };
  try {
    await play(cloud, seed, choice, keep);
  } finally {
    await cloud.stop();
  }
  for (const line of tableOf(results)) console.log(line);
  return results.every(({ wrong }) => wrong.length === 0);
}

async function play(
  cloud: Cloud,
  seed: number,
  { count, flows, kinds: chosen }: Choice,
  keep: (more: readonly Result[]) => void,
): Promise<void> {
  const recordings = await Promise.all(
    flows.map((flow) => record(cloud, flow)),
  );
  const works: ((standing: Standing) => Promise<void>)[] = [];
  const has = (kind: (typeof kinds)[number]) => chosen.includes(kind);
  for (const recording of has("passing") ? recordings : [])
    for (const fault of passing)
      works.push(async () => keep(await playPassing(cloud, recording, fault)));
  for (const recording of has("deleted") ? recordings : [])
    works.push(() => playDeletions(cloud, recording, (one) => keep([one])));
  const of = new Map(recordings.map((one) => [one.flow, one]));
  const cases = [
    ...(has("special") ? specialCases(recordings) : []),
    ...(has("staying") ? stayingCases(recordings, generator(seed)) : []),
  ];
  for (const one of cases.slice(0, count))
    works.push(async (standing) =>
      keep([
        await playStaying(cloud, of.get(one.flow) as Recording, one, standing),
      ]),
    );
  await Promise.all(
    Array.from({ length: lanes }, async () => {
      const standing: Standing = new Map();
      for (let work = works.shift(); work; work = works.shift())
        await work(standing);
    }),
  );
}

const lineOf = ({
  by,
  ending,
  fault,
  flow,
  message,
  operation,
  reason,
  service,
  step,
  wrong,
}: Result): string =>
  `WRONG ${flow}, ${step}: ${service} ${operation} by the ${by}, ${fault}: ${ending} ${reason}: ${wrong.join("; ")}: ${message}`;

const classOf = ({ by, service }: Result): string => {
  if (service === "s3")
    return by === "engine" ? "state, by the engine" : "state, by the action";
  return `${service}, by the ${by}`;
};

function tableOf(results: readonly Result[]): string[] {
  const classes = [...new Set(results.map(classOf))].sort();
  const rows = classes.flatMap((name) =>
    faultNames.flatMap((fault) => {
      const own = results.filter(
        (one) => classOf(one) === name && one.fault === fault,
      );
      if (own.length === 0) return [];
      const count = (holds: (one: Result) => boolean) =>
        own.filter(holds).length;
      return [
        [
          name,
          fault,
          own.length,
          count(({ ending }) => ending === "done"),
          count(({ ending }) => ending === "one line"),
          count(({ wrong }) => wrong.length === 0),
          Math.round(Math.max(...own.map(({ seconds }) => seconds))),
        ],
      ];
    }),
  );
  const head = [
    "operations of",
    "fault",
    "cases",
    "done all the same",
    "one line",
    "as it should be, next `up` whole",
    "longest run, s",
  ];
  return [head, head.map(() => "---"), ...rows].map(
    (cells) => `| ${cells.join(" | ")} |`,
  );
}
