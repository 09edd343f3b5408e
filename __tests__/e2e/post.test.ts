// What is left of a run that was cut short, through the committed dist/: SIGINT, SIGKILL in the middle of an up, and the post
// step that releases this run's lock and no other. The local cloud throttles one call, so that the up is caught in it.
import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Cloud, startCloud } from "../../local/cloud/cloud.ts";
import {
  runAction,
  type RunOptions,
  type RunResult,
} from "../fixtures/runner.ts";

jest.setTimeout(180_000);

const writer = "ghs_writer0123456789abcdefghijklmnopqrst";

let cloud: Cloud;
let scratch: string;
let locks: string;
/** In the environment of every process of one test, so that none is overlooked. */
let mark: string;

beforeAll(async () => {
  cloud = await startCloud({
    region: "eu-west-1",
    github: {
      repository: "acme/app",
      pulls: [{ number: 31 }, { number: 32 }],
      tokens: {
        [writer]: {
          login: "github-actions[bot]",
          type: "Bot",
          permission: "write",
        },
      },
    },
  });
});

afterAll(() => cloud.stop());

beforeEach(() => {
  mark = randomUUID();
  scratch = mkdtempSync(path.join(tmpdir(), "ai-gate-post-"));
  locks = path.join(
    scratch,
    "state/.pulumi/locks/organization/ai-gate.acme.app",
  );
  mkdirSync(path.join(scratch, "temp"));
});

afterEach(async () => {
  // The engine's plugin may outlive an engine that was killed, as on a runner, which then ends the orphans.
  const left = processesOfTest();
  for (const id of left) process.kill(id, "SIGKILL");
  await until("no process is left", () => processesOfTest().length === 0);
  rmSync(scratch, { recursive: true, force: true });
});

/** Ids of the living processes with this test's mark. */
function processesOfTest(): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((id) => {
      try {
        return readFileSync(`/proc/${id}/environ`, "utf8").includes(mark);
      } catch {
        return false; // gone, or another process's
      }
    })
    .map(Number);
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (let attempt = 0; attempt < 600; attempt++) {
    if (holds()) return;
    await sleep(100);
  }
  throw new Error(`it never came to this: ${what}`);
}

const run = (
  stack: string,
  options: Omit<RunOptions, "environment"> = {},
): Promise<RunResult> =>
  runAction({
    ...options,
    inputs: {
      stack,
      region: "eu-west-1",
      backend: `file://${path.join(scratch, "state")}`,
      path: "a",
      upstream: "https://upstream.example.com",
      tokens: "team-a=canary.0123456789abcdefghijklmnopqrstuv",
      ...options.inputs,
    },
    environment: {
      ...cloud.env,
      // Its own directory, which stays: the engine may outlive the main step.
      RUNNER_TEMP: path.join(scratch, "temp"),
      TMPDIR: path.join(scratch, "temp"),
      PULUMI_CONFIG_PASSPHRASE: "canary-passphrase",
      AI_GATE_TEST: mark,
    },
  });

/** Lets the next `times` calls fail in the way that the plugin asks again. */
const throttle = (times: number): void =>
  cloud.gateway.failNext({
    service: "lambda",
    operation: "CreateFunction",
    status: 429,
    errorType: "TooManyRequestsException",
    times,
  });

const created = (since: number) =>
  cloud.gateway.ledger
    .slice(since)
    .filter(({ operation }) => operation === "CreateFunction");

/** Starts an up and returns once it is caught in the throttled call. */
async function caught(stack: string, times: number, options: RunOptions = {}) {
  const before = cloud.gateway.ledger.length;
  throttle(times);
  let main: ChildProcess | undefined;
  const started = (child: ChildProcess) => (main = child);
  const ended = run(stack, { ...options, started });
  await until("the up is in the call", () => created(before).length > 0);
  return { main: main!, ended };
}

/** The lock first, then what the engine's file store keeps beside it. */
const lockFiles = (stack: string): string[] =>
  existsSync(path.join(locks, stack))
    ? readdirSync(path.join(locks, stack))
        .sort()
        .map((name) => path.join(locks, stack, name))
    : [];

const readLock = (file: string) =>
  JSON.parse(readFileSync(file, "utf8")) as { pid: number; hostname: string };

test("SIGINT: the call in flight is finished, the lock let go, and the next up continues", async () => {
  const { main, ended } = await caught("interrupted", 5);
  main.kill("SIGINT");
  await sleep(500);
  main.kill("SIGTERM"); // 7.5 seconds later on a runner; it must not end the call either
  const result = await ended;
  expect(result.code).toBe(1);
  expect(result.outputs).toMatchObject({
    "failure-reason": "cancelled",
    ready: "false",
  });
  expect(result.annotations.map(({ message }) => message)).toEqual([
    "Cancelled: the engine finishes the call in flight and stops",
    expect.stringMatching(/^The run was cancelled: /),
  ]);
  expect(lockFiles("interrupted")).toEqual([]);
  expect(result.state["engines"]).toBe("");
  expect(processesOfTest()).toEqual([]);

  const before = cloud.gateway.ledger.length;
  const next = await run("interrupted");
  expect(next.outputs).toMatchObject({ "failure-reason": "", ready: "true" });
  // The function of the first run is in the state: it is not made a second time.
  expect(created(before)).toEqual([]);
});

test("an engine that lives on is waited for, and lets its lock go itself", async () => {
  const { main, ended } = await caught("orphaned", 5);
  main.kill("SIGKILL");
  const { state } = await ended;
  expect(lockFiles("orphaned")).not.toEqual([]);
  const post = await run("orphaned", { state });
  expect(post.stdout).toContain(
    "The engine of the cancelled run is still finishing its last call; waiting for it",
  );
  expect(post.code).toBe(0);
  expect(post.annotations).toEqual([]);
  expect(lockFiles("orphaned")).toEqual([]);
});

test("a run that is killed as its engine starts: the lock, there by then or not, goes too", async () => {
  let main: ChildProcess | undefined;
  const started = (child: ChildProcess) => (main = child);
  const ended = run("early", { started });
  await until("the engine was started", () => processesOfTest().some(isUp));
  // It is there some moments before the run, which may have to wait for a processor, hears of it.
  await sleep(300);
  main!.kill("SIGKILL");
  const post = await run("early", { state: (await ended).state });
  expect(post.annotations).toEqual([]);
  await until("the engine is gone", () => processesOfTest().length === 0);
  expect(lockFiles("early")).toEqual([]);
  const next = await run("early");
  expect(next.outputs).toMatchObject({ "failure-reason": "", ready: "true" });
});

function isUp(id: number): boolean {
  try {
    const words = readFileSync(`/proc/${id}/cmdline`, "utf8").split("\0");
    return path.basename(words[0] ?? "") === "pulumi" && words[1] === "up";
  } catch {
    return false; // gone
  }
}

/** The gate of a pull request, with a deployment. */
const onPull = (number: number) => ({
  event: "pull_request",
  payload: {
    action: "opened",
    pull_request: {
      number,
      head: { sha: "c".repeat(40), repo: { full_name: "acme/app" } },
    },
  },
  inputs: {
    ephemeral: "true",
    environment: `pr-${number}`,
    "github-token": writer,
  },
});

const toldOn = (number: number) => ({
  comments: cloud.github!.comments(number).map(({ body }) => body),
  deployments: cloud
    .github!.deployments()
    .filter(({ environment }) => environment === `pr-${number}`)
    .map(({ statuses }) => statuses.map(({ state }) => state).join(" ")),
});

test("SIGINT: the pull request and its deployment hear of it", async () => {
  const { main, ended } = await caught("pr-31", 5, onPull(31));
  main.kill("SIGINT");
  const { outputs, state } = await ended;
  expect(outputs["failure-reason"]).toBe("cancelled");
  expect(toldOn(31)).toEqual({
    comments: [expect.stringContaining("Cancelled&#58; The run was cancelled")],
    deployments: ["in_progress failure"],
  });
  expect(state).toMatchObject({ engines: "", run: "" });
});

test("SIGKILL: the post step tells them", async () => {
  const { main, ended } = await caught("pr-32", 5, onPull(32));
  main.kill("SIGKILL");
  const { state } = await ended;
  expect(toldOn(32)).toEqual({ comments: [], deployments: ["in_progress"] });
  const post = await run("pr-32", { ...onPull(32), state });
  expect({ code: post.code, annotations: post.annotations }).toEqual({
    code: 0,
    annotations: [],
  });
  expect(toldOn(32)).toEqual({
    comments: [expect.stringContaining("Cancelled&#58; The run was killed")],
    deployments: ["in_progress failure"],
  });
  expect(lockFiles("pr-32")).toEqual([]);
});

// Comes last of those that throttle: what is left of it would meet the next up.
test("SIGKILL of main and engine leaves a lock, which the post step releases", async () => {
  const { main, ended } = await caught("killed", 5);
  const [lock = ""] = lockFiles("killed");
  const holder = readLock(lock);
  expect(holder.hostname).toBe(hostname());
  main.kill("SIGKILL");
  process.kill(holder.pid, "SIGKILL");
  const { code, state } = await ended;
  expect(code).toBe(null);
  expect(state["started"]).toBe("true");
  expect(lockFiles("killed")).toContain(lock);

  const post = await run("killed", { state });
  expect(post.code).toBe(0);
  expect(post.stdout).toContain(
    "Released the stack's lock that the cancelled run still held",
  );
  expect(lockFiles("killed")).toEqual([]);
});

describe("without an engine", () => {
  const since = "2026-08-01T10:00:00Z";
  const later = "2026-08-01T10:00:05Z";
  // No process has an id this high: Linux ends at 4,194,304.
  const pid = 99_999_999;

  function writeLock(holder: { timestamp: string; pid?: number }): string {
    const file = path.join(locks, "prod", `${randomUUID()}.json`);
    mkdirSync(path.dirname(file), { recursive: true });
    const lock = { pid, username: "runner", hostname: hostname(), ...holder };
    writeFileSync(file, JSON.stringify(lock));
    return file;
  }

  const started = (backend = `file://${path.join(scratch, "state")}`) =>
    JSON.stringify({
      backend,
      project: "ai-gate.acme.app",
      stack: "prod",
      region: "eu-west-1",
      since,
      engines: [pid],
    });

  test("another run's lock is left alone, on a machine of the same name too", async () => {
    const foreign = writeLock({ timestamp: later, pid: pid - 1 });
    writeLock({ timestamp: later });
    const state = { started: "true", engines: started() };
    const { code, annotations } = await run("prod", { state });
    expect({ code, annotations }).toEqual({ code: 0, annotations: [] });
    expect(lockFiles("prod")).toEqual([foreign]);
  });

  test("after an operation that ended by itself there is nothing to do", async () => {
    const lock = writeLock({ timestamp: later });
    const before = cloud.gateway.ledger.length;
    const state = { started: "true", engines: "" };
    const { code, stdout } = await run("prod", { state });
    expect({ code, stdout }).toEqual({ code: 0, stdout: "" });
    expect(lockFiles("prod")).toEqual([lock]);
    expect(cloud.gateway.ledger.length).toBe(before);
  });

  test("a state that cannot be looked at is one warning and no red job", async () => {
    const state = { started: "true", engines: started("s3://no-such") };
    const { code, annotations, stderr } = await run("prod", { state });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
    expect(annotations).toEqual([
      {
        level: "warning",
        properties: "",
        message:
          "The stack's lock could not be checked (The state's bucket no-such cannot be used (NoSuchBucket): The specified bucket does not exist): if the next run says it is locked, run `command: unlock`",
      },
    ]);
  });
});
