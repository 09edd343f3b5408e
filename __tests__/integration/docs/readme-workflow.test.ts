// The workflow of the README, run as it stands there, with an action in the place of ours that only says that it was reached.
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { type ActResult, runAct } from "../../../local/tools/act.ts";
import { provideAct } from "../../../local/tools/go-tools.ts";
import { printedProgress } from "../../../local/system/progress.ts";

// The first run on a machine builds act.
jest.setTimeout(300_000);

const root = path.join(import.meta.dirname, "../../..");
const guard = /\n +(#.*\n +)?if: github\.event_name == 'push' .*/;

let act: string;
let directory: string;
let workflow: string;

beforeAll(async () => {
  act = await provideAct(printedProgress());
  directory = await mkdtemp(path.join(tmpdir(), "ai-gate-readme-"));
  await mkdir(path.join(directory, "dist"));
  await writeFile(
    path.join(directory, "action.yml"),
    "{ name: reached, runs: { using: node24, main: dist/index.js } }",
  );
  await writeFile(
    path.join(directory, "dist/index.js"),
    'console.log("reached, region " + process.env.AWS_REGION)',
  );
  const readme = await readFile(path.join(root, "README.md"), "utf8");
  workflow = /```yaml\n(.*?)```/s.exec(readme)?.[1] ?? "";
});
afterAll(() => rm(directory, { recursive: true, force: true }));

/** @param from the repository that a pull request comes from; a push to main without one. */
async function run(text: string, from?: string): Promise<ActResult> {
  const file = path.join(directory, "workflow.yml");
  await writeFile(file, text);
  const pull = { head: { ref: "gate", repo: { full_name: from } } };
  return runAct({
    act,
    workflow: file,
    event: from === undefined ? "push" : "pull_request",
    eventPayload: {
      repository: { full_name: "acme/app", default_branch: "main" },
      ...(from !== undefined && { number: 7, pull_request: pull }),
    },
    repositoryName: "acme/app",
    actionDirectory: directory,
    env: {},
    vars: { AWS_ROLE: "arn:aws:iam::111122223333:role/deploy" },
    secrets: { GATE_TOKENS: "team-a=token" },
  });
}

const errors = ({ annotations }: ActResult): string[] =>
  annotations
    .filter(({ level }) => level === "error")
    .map(({ message }) => message);

/** What the action printed: the region is there when the step before it was run. */
const printed = ({ lines }: ActResult): string[] =>
  lines.map(({ text }) => text.trim()).filter((t) => t.startsWith("reached"));

const noCredentials =
  "Credentials could not be loaded, please check your action inputs: Could not load credentials from any providers";

test.each([
  { what: "a push", from: undefined },
  { what: "a pull request of the repository", from: "acme/app" },
])("$what gets credentials", async ({ from }) => {
  const result = await run(workflow, from);
  expect(errors(result)).toEqual([]);
  expect(result.jobs).toEqual({ deploy: "success" });
  expect(printed(result)).toEqual(["reached, region eu-west-1"]);
});

test("a fork's pull request reaches the action without credentials", async () => {
  const result = await run(workflow, "mallory/app");
  expect(errors(result)).toEqual([]);
  expect(printed(result)).toEqual(["reached, region undefined"]);
});

test("without the guard a fork's pull request fails before the action", async () => {
  expect(workflow).toMatch(guard);
  const result = await run(workflow.replace(guard, ""), "mallory/app");
  expect(errors(result)).toEqual([noCredentials]);
  expect(printed(result)).toEqual([]);
});

test("without `id-token: write` a push fails before the action, with a hint", async () => {
  const result = await run(workflow.replace(/\n +id-token: write.*/, ""));
  expect(errors(result)).toEqual([noCredentials]);
  expect(result.output).toContain("Did you mean to set the `id-token`");
  expect(printed(result)).toEqual([]);
});
