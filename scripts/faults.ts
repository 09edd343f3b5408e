// `npm run test:faults [-- POINTS [SEED]]`: runs cut short at so many seeded points of `up` and `destroy`, each by every ending, and what
// came of them as a table. A point is a number of calls to AWS, so a seed means the same on any machine. With `-- aws …`: faults-aws.ts.
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { printedProgress } from "../local/system/progress.ts";
import { prepareTools } from "../local/tools/tools.ts";
import { choiceIn, playAll } from "./faults-aws.ts";

const root = path.join(import.meta.dirname, "..");
const [points = "50", seed = "1", ...some] = process.argv.slice(2);
await prepareTools(printedProgress());
process.exitCode =
  points === "aws"
    ? (await playAll(Number(seed), choiceIn(some)))
      ? 0
      : 1
    : cutRuns();

/** @returns the exit code of the tests. */
function cutRuns(): number {
  const directory = mkdtempSync(path.join(tmpdir(), "ai-gate-faults-"));
  const results = path.join(directory, "results.jsonl");
  const { status } = spawnSync(
    process.execPath,
    [
      "--experimental-vm-modules",
      "--disable-warning=ExperimentalWarning",
      path.join(root, "node_modules/jest/bin/jest.js"),
      "__tests__/e2e/faults.test.ts",
    ],
    {
      cwd: root,
      stdio: "inherit",
      env: {
        ...process.env,
        AI_GATE_FAULT_POINTS: points,
        AI_GATE_FAULT_SEED: seed,
        AI_GATE_FAULT_RESULTS: results,
      },
    },
  );
  for (const cells of tableOf(results)) console.log(`| ${cells.join(" | ")} |`);
  rmSync(directory, { recursive: true });
  return status ?? 1;
}

interface Row {
  readonly point: { readonly command: string; readonly ending: string };
  readonly outcome: {
    readonly isCut: boolean;
    readonly isUnlocked: boolean;
    readonly processes: number;
    readonly up: string;
    readonly resources: Readonly<Record<string, number>>;
    readonly opened: number;
  };
}

function tableOf(file: string): readonly unknown[][] {
  const rows = readFileSync(file, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
  const isOnce = ({ outcome }: Row) =>
    Object.values(outcome.resources).every((count) => count === 1);
  const lines = ["up", "destroy"].flatMap((command) =>
    ["SIGINT", "SIGTERM", "SIGKILL", "engine"].map((ending) => {
      const own = rows.filter(
        ({ point }) => point.command === command && point.ending === ending,
      );
      const count = (holds: (row: Row) => boolean) => own.filter(holds).length;
      return [
        `\`${command}\``,
        ending === "engine" ? "engine alone" : ending,
        own.length,
        count(({ outcome }) => outcome.isCut),
        count(({ outcome }) => outcome.isUnlocked),
        count(({ outcome }) => outcome.processes > 0),
        count((row) => row.outcome.up === "ready" && isOnce(row)),
        own.reduce((sum, { outcome }) => sum + outcome.opened, 0),
      ];
    }),
  );
  const head = [
    "command",
    "ended by",
    "runs",
    "cut short",
    "freed by `unlock`",
    "processes left",
    "next `up` whole, nothing twice",
    "calls let through",
  ];
  return [head, head.map(() => "---"), ...lines];
}
