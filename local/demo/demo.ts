// `npm run demo [-- --plugin PATH]`: the main job end to end on this machine. Exits 1 if a check at its end fails.
import { access, constants } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { ActLine } from "../tools/act-log.ts";
import type { ActResult } from "../tools/act.ts";
import { printedProgress } from "../system/progress.ts";
import { type Demo, type Phase, type PhaseName, runDemo } from "./demo-flow.ts";
import { styled, toTerminal } from "./terminal-markdown.ts";

interface Check {
  readonly title: string;
  readonly actual: string;
  readonly status: string;
}

const say = (text = "") => console.log(text);

/** Everything the runner and the action log, as well, when DEMO_VERBOSE is set. */
function showLine({ job, text }: ActLine): void {
  if (process.env["DEMO_VERBOSE"]) say(styled("dim", `   ${job}: ${text}`));
}

function showStart({ shows, title }: Phase): void {
  say(`\n${styled("bold", title)}`);
  say(styled("dim", `  ${shows}`));
}

function showEnd(phase: Phase, result: ActResult, seconds: number): void {
  const outputs = outputsOf(phase.name, result);
  const verdict = outputs["verdict"] ?? "no verdict";
  say(`  ${mark(result.code === 0)} ${verdict} (${seconds.toFixed(0)} s)`);
  if (outputs["invoke-url"] && phase.name !== "preview")
    say(`  invoke URL: ${styled("cyan", outputs["invoke-url"])}`);
  for (const check of checksOf(outputs))
    say(
      `    ${mark(check.status === "passed")} ${check.title.padEnd(56)} ${check.actual}`,
    );
  if (result.code !== 0) say(result.output);
  const answer = smokeAnswer(result);
  if (answer !== undefined)
    say(`  a later job asked the model through the gate: "${answer}"`);
}

function showComment(comment: string): void {
  say(styled("dim", "  The pull request's comment:\n"));
  say(toTerminal(comment).replaceAll(/^(?=.)/gm, "  │ "));
}

const mark = (good: boolean): string =>
  good ? styled("green", "✓") : styled("red", "✗");

function outputsOf(
  name: PhaseName,
  { outputs }: ActResult,
): Readonly<Record<string, string>> {
  return outputs[name === "destroy" ? "destroy" : "deploy"]?.["gate"] ?? {};
}

const checksOf = (outputs: Readonly<Record<string, string>>): Check[] =>
  JSON.parse(outputs["proof"] || "[]") as Check[];

/** What the model said to the smoke-test job, if it ran. */
function smokeAnswer({ lines }: ActResult): string | undefined {
  const body = lines.find(
    ({ job, kind, text }) =>
      job === "smoke-test" && kind === "output" && text.includes('"choices"'),
  );
  if (body === undefined) return undefined;
  const answer = JSON.parse(body.text) as {
    choices: { message: { content: string } }[];
  };
  return answer.choices[0]?.message.content;
}

/** What must hold at the end, each with whether it does. */
function findings(demo: Demo): [string, boolean][] {
  const checks = (name: "deploy" | "update") =>
    checksOf(outputsOf(name, demo[name]));
  const count = (operations: RegExp) =>
    Object.entries(demo.writes)
      .filter(([operation]) => operations.test(operation))
      .reduce((total, [, calls]) => total + calls, 0);
  return [
    ["the preview succeeded and created nothing", demo.preview.code === 0],
    ["the pull request has one comment", demo.comments.length === 1],
    [
      "the deploy succeeded and its proof passed",
      demo.deploy.code === 0 &&
        checks("deploy").every(({ status }) => status !== "failed"),
    ],
    [
      "a later job got the model's answer through the gate",
      smokeAnswer(demo.deploy) !== undefined,
    ],
    [
      "the removed route answers no more",
      checks("update").some(
        ({ status, title }) => status === "passed" && title.endsWith("removed"),
      ),
    ],
    [
      "the destroy left no API and deleted all that was created",
      demo.destroy.code === 0 &&
        demo.apisLeft === 0 &&
        count(/^(Create|AddPermission)/) <= count(/^(Delete|RemovePermission)/),
    ],
  ];
}

async function main(args: string[]): Promise<number> {
  let plugin: string | undefined;
  try {
    ({ plugin } = parseArgs({
      args,
      options: { plugin: { type: "string" } },
    }).values);
    if (plugin !== undefined) await access(plugin, constants.X_OK);
  } catch (error) {
    console.error(
      `${String(error)}\nusage: npm run demo [-- --plugin PATH], PATH of an executable pulumi-resource-aws`,
    );
    return 2;
  }
  const demo = await runDemo({
    progress: printedProgress(),
    ...(plugin !== undefined && { plugin }),
    onLine: showLine,
    onStart: showStart,
    onEnd: showEnd,
    onComment: showComment,
  });
  say(`\n${styled("bold", "Checked")}`);
  const found = findings(demo);
  for (const [text, holds] of found) say(`  ${mark(holds)} ${text}`);
  say(`
${styled("bold", "Try next")}
  npm run local                       the local cloud, for runs of your own
  npm run demo -- --plugin PATH       the same with another AWS plugin, such as the official one
  DEMO_VERBOSE=1 npm run demo         every line of the workflow runs
  examples/                           workflows and config files to start from`);
  return found.every(([, holds]) => holds) ? 0 : 1;
}

process.exitCode = await main(process.argv.slice(2));
