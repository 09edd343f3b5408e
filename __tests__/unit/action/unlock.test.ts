import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import type { RunContext } from "../../../src/action/context.ts";
import { askRunStatus } from "../../../src/action/github/run-state.ts";
import type { Answer, Github } from "../../../src/action/github/client.ts";
import { readInputs } from "../../../src/action/inputs/inputs.ts";
import { readJob } from "../../../src/action/job.ts";
import { unlock } from "../../../src/action/stack/unlock.ts";
import { GateFailure } from "../../../src/gate/failure.ts";
import { hostWith } from "../../fixtures/host.ts";
import { isLivingEngine } from "../../../src/action/stack/lock-owner.ts";

let root: string;
const [locks, notes] = [
  ".pulumi/locks/organization/ai-gate.acme.app/prod",
  ".pulumi/ai-gate/ai-gate.acme.app/prod",
];

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "ai-gate-unlock-"));
  for (const folder of [locks, notes])
    mkdirSync(path.join(root, folder), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const now = Date.parse("2026-08-01T12:05:05Z");
const lock = {
  pid: 4242,
  username: "runner",
  hostname: "runnervm-7",
  timestamp: "2026-08-01T10:00:05.123456789Z",
};
const note = {
  server: "https://github.com",
  repository: "acme/app",
  run: "41",
  attempt: "2",
};
const url = "https://github.com/acme/app/actions/runs/41";

function write(
  name: string,
  holder: object | string = lock,
  about?: object | string,
): void {
  const put = (folder: string, value: object | string) =>
    writeFileSync(
      path.join(root, folder, name),
      typeof value === "string" ? value : JSON.stringify(value),
    );
  put(locks, holder);
  if (about !== undefined) put(notes, about);
}

const left = () => readdirSync(path.join(root, locks)).sort();

/** @param answer what GitHub says of a run; nothing for a job without a token. */
async function run(
  answer?: Answer<string>,
  { force = "false", backend = `file://${root}` } = {},
  cancel = () => Promise.resolve<GateFailure | undefined>(undefined),
) {
  const asked: unknown[] = [];
  const lines: string[] = [];
  const github: Github | undefined = answer && {
    repository: { owner: "acme", repo: "app" },
    isOwn: () => Promise.resolve(false),
    ask: async (_request, work) => {
      if (!answer.ok) return answer;
      const getWorkflowRunAttempt = (which: object) => {
        asked.push(which);
        return Promise.resolve({ data: { status: answer.value } });
      };
      const octokit = { rest: { actions: { getWorkflowRunAttempt } } };
      return { ok: true, value: await work(octokit as never) };
    },
  };
  const environment = {
    GITHUB_SERVER_URL: "https://github.com",
    GITHUB_REPOSITORY: "acme/app",
    GITHUB_RUN_ID: "42",
    GITHUB_RUN_ATTEMPT: "1",
  };
  const context: RunContext = {
    target: {
      command: "unlock",
      stack: "prod",
      region: "eu-west-1",
      gate: undefined,
      removeStack: false,
    },
    inputs: readInputs({
      getInput: (name) => ({ force })[name],
      setSecret: () => undefined,
    }),
    job: readJob(environment),
    host: hostWith({
      log: (line) => lines.push(line),
    }),
    askRunStatus: (note) => askRunStatus(github, note),
  };
  const place = {
    backend,
    project: "ai-gate.acme.app",
    stack: "prod",
    region: "eu-west-1",
  };
  const { failure, unlocked } = await unlock({ place, cancel }, context, now);
  return { asked, lines, unlocked, why: failure?.message };
}

const over: Answer<string> = { ok: true, value: "completed" };

test("no lock, nothing to do", async () => {
  expect(await run(over)).toEqual({ asked: [], lines: [], unlocked: [] });
});

test("the lock of a run that is over goes, with its note", async () => {
  write("a.json", lock, note);
  write("a.json.attrs", "{}");
  expect(await run(over)).toEqual({
    asked: [{ owner: "acme", repo: "app", run_id: 41, attempt_number: 2 }],
    lines: [`Locked by runner@runnervm-7 (process 4242) for 2 h 5 min, ${url}`],
    unlocked: [`runner@runnervm-7 (process 4242) for 2 h 5 min, ${url}`],
  });
  expect(left()).toEqual([]);
  expect(existsSync(path.join(root, notes, "a.json"))).toBe(false);
});

test.each<
  [
    string,
    object | string,
    object | string | undefined,
    Answer<string> | undefined,
    RegExp,
  ]
>([
  [
    "a run that goes on",
    lock,
    note,
    { ok: true, value: "in_progress" },
    /runs\/41, for that run is not over: wait for it, or cancel it/,
  ],
  ["a run that waits", lock, note, { ok: true, value: "queued" }, /not over/],
  [
    "a GitHub that does not say",
    lock,
    note,
    { ok: false, reason: "403" },
    /cannot be found out \(403\)/,
  ],
  [
    "no token",
    lock,
    note,
    undefined,
    /cannot be found out \(there is no `github-token`/,
  ],
  ["no note", lock, undefined, over, /which run it is was not noted/],
  ["a note that is none", lock, "{", over, /which run it is was not noted/],
  [
    "a note with a path for a run",
    lock,
    { ...note, run: "../../other/repo/actions/runs/1" },
    over,
    /not noted/,
  ],
  [
    "a run of another repository",
    lock,
    { ...note, repository: "evil/app" },
    over,
    /the run 41 is not one of this repository/,
  ],
  [
    "a run of another GitHub",
    lock,
    { ...note, server: "https://evil.example.com" },
    over,
    /not one of this repository/,
  ],
  [
    "this run",
    lock,
    { ...note, run: "42", attempt: "1" },
    over,
    /that is this run/,
  ],
  [
    "half a lock",
    '{"pid": 1',
    note,
    { ok: true, value: "in_progress" },
    /by an engine that was killed as it locked it, .*not over/,
  ],
])("%s: the lock stays", async (_, holder, about, answer, why) => {
  write("a.json", holder, about);
  const result = await run(answer);
  expect(result.why).toMatch(why);
  expect(result.why).toMatch(/^The stack prod stays locked by .*`force: true`/);
  expect(result.why).not.toMatch(/evil\.example/);
  expect(left()).toEqual(["a.json"]);
  // Our token asks for no run but our own repository's.
  expect(
    result.asked.every((which) => JSON.stringify(which).includes("acme")),
  ).toBe(true);

  const forced = await run(answer, { force: "true" });
  expect(forced.why).toBeUndefined();
  expect(forced.unlocked).toHaveLength(1);
  expect(left()).toEqual([]);
});

test("an engine that lives on here keeps its lock, though its run is over", async () => {
  // The name of the process is all that is looked at.
  const { spawn } = await import("node:child_process");
  const engine = spawn(
    process.execPath,
    ["-e", 'process.title="pulumi"; setInterval(() => 0, 1000); console.log()'],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  await new Promise((resolve) => engine.stdout.once("data", resolve));
  write("a.json", { ...lock, pid: engine.pid, hostname: hostname() }, note);
  expect((await run(over)).why).toMatch(/still runs on this machine/);
  engine.kill("SIGKILL");
  await new Promise((resolve) => engine.once("close", resolve));
  expect((await run(over)).unlocked).toHaveLength(1);
});

test("one lock in doubt keeps them all", async () => {
  write("a.json", lock, note);
  write("b.json");
  expect((await run(over)).why).toMatch(/not noted/);
  expect(left()).toEqual(["a.json", "b.json"]);
});

test("what a lock says of itself is shown in plain characters", async () => {
  write("a.json", { ...lock, username: "::set-output\n", hostname: "<b>" });
  expect((await run()).lines).toEqual([
    "Locked by ??set-output?@?b? (process 4242) for 2 h 5 min",
  ]);
});

test.each([
  ["gs://bucket", /^The locks in gs:\/\/ cannot be read here: /],
  ["azblob://bucket", /^The locks in azblob:\/\/ cannot be read here: /],
  ["", /^A Pulumi service keeps its own locks/],
  ["https://api.example.com", /^A Pulumi service keeps its own locks/],
])("%p: `pulumi cancel`, and only when forced", async (backend, why) => {
  const cancel = jest.fn(() => Promise.resolve(undefined));
  expect((await run(over, { backend }, cancel)).why).toMatch(why);
  expect(cancel).not.toHaveBeenCalled();
  const forced = await run(over, { backend, force: "true" }, cancel);
  expect(forced.unlocked).toEqual(['"pulumi cancel"']);
  const failure = () => Promise.resolve(new GateFailure("engine", "no"));
  expect((await run(over, { backend, force: "true" }, failure)).why).toBe("no");
});

test.each([
  ["4711 (pulumi) S 1 4711", true],
  ["4711 (pulumi-resource) R 1 4711", true],
  ["4711 (pulumi) Z 1 4711", false],
  ["4711 (pulumi) X 1 4711", false],
  ["4711 (node) S 1 4711", false],
  ["4711 (a (pulumi) S) S 1 4711", false],
])("whether `%s` is an engine that runs: %s", (stat, expected) => {
  expect(isLivingEngine(stat)).toBe(expected);
});
