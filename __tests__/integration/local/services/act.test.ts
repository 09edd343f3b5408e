import { existsSync, readdirSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  runAct,
  type ActOptions,
  type ActResult,
} from "../../../../local/tools/act.ts";
import { parseActLog } from "../../../../local/tools/act-log.ts";
import { provideAct } from "../../../../local/tools/go-tools.ts";
import { printedProgress } from "../../../../local/system/progress.ts";

// The first run on a machine builds act.
jest.setTimeout(600_000);

const action = `
name: test
inputs: { given: {}, secret: {} }
outputs: { url: {} }
runs: { using: node24, main: dist/index.js, post: dist/index.js }
`;

const code = `
const fs = require("node:fs");
if (process.env.STATE_ran) { console.log("post"); process.exit(0); }
const seen = { version: process.version, given: process.env.INPUT_GIVEN, secret: Buffer.from(process.env.INPUT_SECRET ?? "").toString("hex"),
  tools: fs.readdirSync(process.env.RUNNER_TOOL_CACHE), odd: process.env.ODD, canary: process.env.AI_GATE_TEST_CANARY, region: process.env.AWS_REGION,
  repository: process.env.GITHUB_REPOSITORY, api: process.env.GITHUB_API_URL, file: fs.existsSync("ai-gate.yml") };
console.log("SEEN " + JSON.stringify(seen));
console.log("::add-mask::hidden-value");
console.log("::notice title=Gate,file=ai-gate.yml,line=3::it works");
fs.appendFileSync(process.env.GITHUB_STATE, "ran=1\\n");
fs.appendFileSync(process.env.GITHUB_OUTPUT, "url<<END\\nhttps://gate.example.com/v1\\nEND\\n");
fs.appendFileSync(process.env.GITHUB_STEP_SUMMARY, "# Gate\\n\\n| a | b |\\n");
`;

const workflow = `
name: test
on: [push, pull_request]
jobs:
  deploy:
    runs-on: ubuntu-latest
    permissions: { id-token: write }
    outputs:
      url: \${{ steps.gate.outputs.url }}
    steps:
      - uses: actions/checkout@v4
      - uses: aws-actions/configure-aws-credentials@v5
        with: { role-to-assume: "\${{ vars.ROLE }}", aws-region: eu-west-1 }
      - id: gate
        uses: org/ai-gate-action@v1
        with: { given: "\${{ github.event_name }} \${{ github.event.number }} \${{ vars.ROLE }}", secret: "\${{ secrets.KEY }}" }
  smoke:
    needs: deploy
    runs-on: ubuntu-latest
    steps:
      - id: call
        run: |
          echo "url is \${{ needs.deploy.outputs.url }}"
          exit \${{ github.event.code || 0 }}
`;

const secret = `a"b'c$HOME\\n #d`;

const failingWorkflow = `
name: failing
on: push
jobs:
  deploy:
    runs-on: ubuntu-latest
    steps:
      - run: |
          echo "::error::last words"
          exit 3
`;

let directory: string;
let options: ActOptions;
const { TMPDIR } = process.env;

beforeAll(async () => {
  process.env.AI_GATE_TEST_CANARY = "must not leak";
  directory = await mkdtemp(join(tmpdir(), "ai-gate-test-"));
  for (const name of ["scratch", "action/dist", "repository", "tools/a-tool"])
    await mkdir(join(directory, name), { recursive: true });
  await writeFile(join(directory, "action/action.yml"), action);
  await writeFile(join(directory, "action/dist/index.js"), code);
  await writeFile(join(directory, "repository/ai-gate.yml"), "");
  await writeFile(join(directory, "workflow.yml"), workflow);
  const act = await provideAct(printedProgress());
  process.env.TMPDIR = join(directory, "scratch");
  options = {
    act,
    workflow: join(directory, "workflow.yml"),
    event: "push",
    repository: join(directory, "repository"),
    actionDirectory: join(directory, "action"),
    env: {
      RUNNER_TOOL_CACHE: join(directory, "tools"),
      GITHUB_API_URL: "http://127.0.0.1:1",
      ODD: `x"y $z`,
    },
    vars: { ROLE: "arn:aws:iam::1:role/x" },
    secrets: { GITHUB_TOKEN: "token-of-the-run", KEY: secret },
  };
});
afterAll(async () => {
  delete process.env.AI_GATE_TEST_CANARY;
  if (TMPDIR === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = TMPDIR;
  await rm(directory, { recursive: true, force: true });
});

function seenBy({ lines }: ActResult): Record<string, unknown> {
  const line =
    lines.find(({ text }) => text.startsWith("SEEN "))?.text.slice(5) ?? "{}";
  return JSON.parse(line) as Record<string, unknown>;
}

test("a workflow of two jobs runs with the action of the work tree", async () => {
  const streamed: string[] = [];
  const result = await runAct({
    ...options,
    onLine: (line) => streamed.push(line.text),
  });
  expect([result.code, result.jobs]).toEqual([
    0,
    { deploy: "success", smoke: "success" },
  ]);
  expect(result.outputs.deploy?.gate).toEqual({
    url: "https://gate.example.com/v1",
  });
  expect(result.lines).toContainEqual({
    job: "smoke",
    step: "call",
    stage: "Main",
    kind: "output",
    text: "url is https://gate.example.com/v1",
  });
  expect(result.lines).toContainEqual({
    job: "deploy",
    step: "gate",
    stage: "Post",
    kind: "output",
    text: "post",
  });
  expect(result.summaries).toEqual([
    { job: "deploy", step: "gate", text: "# Gate\n\n| a | b |\n" },
  ]);
  expect(result.annotations).toEqual([
    {
      job: "deploy",
      step: "gate",
      level: "notice",
      message: "it works",
      properties: { title: "Gate", file: "ai-gate.yml", line: "3" },
    },
  ]);
  expect(result.masked).toEqual(["hidden-value"]);
  expect(streamed).toEqual(result.lines.map(({ text }) => text));
});

test("steps see what was given, secrets to the letter, and nothing of this machine", async () => {
  expect(seenBy(await runAct(options))).toEqual({
    version: process.version,
    given: "push  arn:aws:iam::1:role/x",
    secret: Buffer.from(secret).toString("hex"),
    tools: ["a-tool"],
    odd: `x"y $z`,
    region: "eu-west-1",
    repository: "acme/app",
    api: "http://127.0.0.1:1",
    file: true,
  });
});

test("an event brings its payload, and a failed job is a result", async () => {
  const result = await runAct({
    ...options,
    event: "pull_request",
    eventPayload: { number: 7, code: 3 },
  });
  expect(seenBy(result)).toMatchObject({
    given: "pull_request 7 arn:aws:iam::1:role/x",
  });
  expect([result.code === 0, result.jobs]).toEqual([
    false,
    { deploy: "success", smoke: "failure" },
  ]);
});

test("what a step prints before it fails is there, however many runs are made at once", async () => {
  const failing = join(directory, "failing.yml");
  await writeFile(failing, failingWorkflow);
  const runs = await Promise.all(
    Array.from({ length: 12 }, () => runAct({ ...options, workflow: failing })),
  );
  for (const { annotations, jobs } of runs) {
    expect(annotations.map(({ message }) => message)).toEqual(["last words"]);
    expect(jobs).toEqual({ deploy: "failure" });
  }
});

test("one job may be picked", async () => {
  expect((await runAct({ ...options, job: "deploy" })).jobs).toEqual({
    deploy: "success",
  });
});

test("no scratch directory is left", () => {
  expect(readdirSync(join(directory, "scratch"))).toEqual([]);
  expect(existsSync(join(directory, "tools/a-tool"))).toBe(true);
});

test("lines that are no JSON are ignored in results", () => {
  expect(parseActLog("plain text\n\n")).toEqual({
    lines: [],
    jobs: {},
    outputs: {},
    summaries: [],
    annotations: [],
    masked: [],
  });
});
