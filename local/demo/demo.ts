// `npm run demo`: the main job end to end on this machine, and what it did, printed for a person. Exits 1 if anything in the
// story did not come true.

import type { ActLine } from "../tools/act-log.ts";
import { type Demo, runDemo } from "./demo-flow.ts";
import { printedProgress } from "../tools/progress.ts";

interface ProofLine {
  readonly title: string;
  readonly actual: string;
  readonly status: string;
}

const say = (text = "") => console.log(text);

function heading(text: string): void {
  say(
    `\n\x1b[1m── ${text} ${"─".repeat(Math.max(0, 90 - text.length))}\x1b[0m`,
  );
}

/** Titles of log groups and what later steps print, as they come; the rest only with DEMO_VERBOSE. */
function show(line: ActLine): void {
  const told =
    line.kind === "group" ||
    line.kind === "error" ||
    line.kind === "warning" ||
    line.job === "smoke-test";
  if (
    process.env["DEMO_VERBOSE"] ||
    (told && line.stage !== "Pre" && line.text.trim() !== "")
  )
    say(`   ${line.job}: ${line.text.trim()}`);
}

function outputsOf(
  demo: Demo,
  run: "preview" | "deploy" | "update" | "destroy",
): Readonly<Record<string, string>> {
  const job = run === "destroy" ? "destroy" : "deploy";
  return demo[run].outputs[job]?.["gate"] ?? {};
}

function printProof(json: string | undefined): void {
  for (const { actual, status, title } of JSON.parse(
    json || "[]",
  ) as ProofLine[]) {
    say(`   ${status.padEnd(9)} ${title.padEnd(64)} ${actual}`);
  }
}

function smokeAnswer({ deploy }: Demo): string {
  const printed = deploy.lines
    .filter(({ job, kind }) => job === "smoke-test" && kind === "output")
    .map(({ text }) => text);
  return printed.find((text) => text.includes('"choices"')) ?? "";
}

/** What must have come true; each line is said with its answer. */
function verdicts(demo: Demo): [string, boolean][] {
  const proof = (run: "deploy" | "update") =>
    JSON.parse(outputsOf(demo, run)["proof"] || "[]") as ProofLine[];
  const made = Object.entries(demo.writes).filter(([operation]) =>
    /^(Create|AddPermission)/.test(operation),
  );
  const deleted = Object.entries(demo.writes).filter(([operation]) =>
    /^(Delete|RemovePermission)/.test(operation),
  );
  say(
    `   made:    ${made.map(([operation, count]) => `${operation} ${count}`).join(", ")}`,
  );
  say(
    `   deleted: ${deleted.map(([operation, count]) => `${operation} ${count}`).join(", ")}\n`,
  );
  return [
    ["the preview ran and created nothing", demo.preview.code === 0],
    ["the pull request has one comment", demo.comments.length === 1],
    [
      "the deploy ran and its proof holds",
      demo.deploy.code === 0 &&
        proof("deploy").every(({ status }) => status !== "failed"),
    ],
    [
      "the smoke test got an AI answer through the gate",
      smokeAnswer(demo) !== "",
    ],
    [
      "the old route is proved gone",
      proof("update").some(
        ({ status, title }) => status === "passed" && title.endsWith("removed"),
      ),
    ],
    ["the destroy left no API", demo.destroy.code === 0 && demo.apisLeft === 0],
    ["as many things were deleted as were made", sum(made) <= sum(deleted)],
  ];
}

const sum = (counts: [string, number][]): number =>
  counts.reduce((total, [, count]) => total + count, 0);

const demo = await runDemo({ progress: printedProgress(), onLine: show });
heading("pull request: the comment");
say(demo.comments.join("\n\n"));
heading("deploy");
say(`   invoke URL: ${outputsOf(demo, "deploy")["invoke-url"] ?? "none"}`);
say(`   verdict:    ${outputsOf(demo, "deploy")["verdict"] ?? "none"}\n`);
printProof(outputsOf(demo, "deploy")["proof"]);
heading("smoke test: the AI's answer, through the gate");
say(`   ${smokeAnswer(demo)}`);
heading("update: the route moved");
say(`   verdict:    ${outputsOf(demo, "update")["verdict"] ?? "none"}\n`);
printProof(outputsOf(demo, "update")["proof"]);
heading("destroy");
say(`   verdict: ${outputsOf(demo, "destroy")["verdict"] ?? "none"}`);
heading("what came true");
for (const [text, holds] of verdicts(demo)) {
  say(`   ${holds ? "yes" : "NO "}  ${text}`);
  if (!holds) process.exitCode = 1;
}
