// What a runner provides, and does not always: the event, the files that a step writes to, and a place for temporary files.
// Each fault is one line, without a stack trace, and no fault hangs.
import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  runAction,
  type RunOptions,
  type RunResult,
} from "../fixtures/runner.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "ai-gate-runner-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const at = (name: string) => path.join(directory, name);

/** A run that does all it can do without AWS: a fork's pull request. */
const run = (
  environment: Record<string, string>,
  more: RunOptions = {},
): Promise<RunResult> =>
  runAction({
    event: "pull_request",
    payload: {
      action: "opened",
      pull_request: {
        number: 7,
        head: { sha: "a".repeat(40), repo: { full_name: "mallory/app" } },
      },
    },
    inputs: {
      stack: "prod",
      region: "eu-west-1",
      path: "a",
      upstream: "https://upstream.example.com",
    },
    ...more,
    environment,
  });

function linesOf({ annotations, stdout, stderr }: RunResult): string[] {
  expect(stdout + stderr).not.toMatch(/^\s+at /m);
  expect(stderr).toBe("");
  return annotations.map(({ level, message }) => `${level}: ${message}`);
}

const green =
  "warning: Nothing was asked of AWS: a pull request from a fork or of Dependabot gets no AWS credentials. The files are valid, and the summary says what they describe";

test("with all of it, the run is green", async () => {
  const result = await run({});
  expect(linesOf(result)).toEqual([green]);
  expect(result.code).toBe(0);
});

/** What is there instead of a file that can be written. */
const places: [string, (file: string) => void][] = [
  ["nothing", () => undefined],
  ["a directory", (file) => mkdirSync(file)],
  ["a named pipe", (file) => execFileSync("mkfifo", [file])],
];

describe.each(["GITHUB_OUTPUT", "GITHUB_STATE"])("%s that names", (name) => {
  test.each(places)("%s", async (_, make) => {
    make(at("file"));
    const result = await run({ [name]: at("file") });
    expect(linesOf(result)).toEqual([
      `error: ${name} is not a writable file ("${at("file")}"): leave the variable as the runner sets it`,
    ]);
    expect(result.code).toBe(1);
  });
});

test.each(places)(
  "GITHUB_STEP_SUMMARY that names %s is a warning",
  async (_, make) => {
    make(at("file"));
    const result = await run({ GITHUB_STEP_SUMMARY: at("file") });
    expect(linesOf(result)).toEqual([
      `warning: The job has no summary: GITHUB_STEP_SUMMARY is not a writable file ("${at("file")}"): leave the variable as the runner sets it`,
      green,
    ]);
    expect(result.code).toBe(0);
    expect(result.outputs["summary-path"]).not.toBe("");
  },
);

test.each([
  ["no JSON", "{"],
  ["null", "null"],
  ["a number", "7"],
])("an event file that is %s", async (_, text) => {
  writeFileSync(at("event.json"), text);
  const result = await run({ GITHUB_EVENT_PATH: at("event.json") });
  expect(linesOf(result)).toEqual([
    `error: GITHUB_EVENT_PATH: the event file "${at("event.json")}" is not a JSON object that can be read: leave the variable as the runner sets it`,
    // Without the event it is not known that it is a fork's, which could not have any.
    expect.stringMatching(/^error: tokens: /),
    "error: the job's environment is not usable, and the gate as described cannot be deployed",
  ]);
  expect(result.code).toBe(1);
  expect(result.outputs["failure-reason"]).toBe("invalid-input");
});

test("without RUNNER_TEMP nothing lands in the workspace", async () => {
  mkdirSync(at("workspace"));
  mkdirSync(at("tmp"));
  const result = await run({
    RUNNER_TEMP: "",
    TMPDIR: at("tmp"),
    GITHUB_WORKSPACE: at("workspace"),
  });
  expect(linesOf(result)).toEqual([green]);
  expect(readdirSync(at("workspace"))).toEqual([]);
  const summary = result.outputs["summary-path"] ?? "";
  expect(summary).toMatch(/\/tmp\/ai-gate-[^/]+\/ai-gate-summary\.md$/);
  expect(existsSync(summary)).toBe(true);
});

test("a RUNNER_TEMP that is a file", async () => {
  writeFileSync(at("file"), "");
  const result = await run({ RUNNER_TEMP: at("file") });
  expect(linesOf(result)).toEqual([
    expect.stringMatching(
      /^error: RUNNER_TEMP is not a writable directory \(".*"\): leave the variable as the runner sets it \(.+\)$/,
    ),
  ]);
  expect(result.code).toBe(1);
});

test("a config that is a named pipe is not waited for", async () => {
  mkdirSync(at("workspace"));
  execFileSync("mkfifo", [at("workspace/ai-gate.yml")]);
  const result = await run({ GITHUB_WORKSPACE: at("workspace") });
  expect(linesOf(result)).toEqual([
    'error: config: "ai-gate.yml" is no regular file (a named pipe, a socket or a device): give a regular file',
    "error: there is no gate to deploy",
  ]);
});
