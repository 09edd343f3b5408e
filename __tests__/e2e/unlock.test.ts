// `command: unlock` through the committed dist/ with the real engine: the lock of a run that was killed with its engine, in a state of
// files and in a bucket, while GitHub says that the run goes on, and once it is over.
import type { ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { type Rig, startRig } from "../fixtures/action-rig.ts";
import type { RunOptions } from "../fixtures/runner.ts";

jest.setTimeout(300_000);

const token = "ghs_reader0123456789abcdefghijklmnopqrst";
const runs = new Map<string, string>();

let rig: Rig;
beforeAll(async () => {
  rig = await startRig({
    github: {
      repository: "acme/app",
      pulls: [],
      runs,
      tokens: {
        [token]: {
          login: "github-actions[bot]",
          type: "Bot",
          permission: { actions: "read" },
        },
      },
    },
  });
});
afterAll(() => rig.cloud.stop());

const inputs = {
  path: "a",
  upstream: "https://upstream.example.com",
  tokens: "team-a=canary.0123456789abcdefghijklmnopqrstuv",
};

function enginesOf(mark: string): number[] {
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

/** The machine goes away in the middle of an `up`: no post step runs. */
async function loseMachine(stack: string, options: RunOptions): Promise<void> {
  const mark = randomUUID();
  rig.cloud.gateway.failNext({
    service: "lambda",
    operation: "CreateFunction",
    status: 429,
    errorType: "TooManyRequestsException",
    times: 100,
  });
  const before = rig.cloud.gateway.ledger.length;
  let main: ChildProcess | undefined;
  const ended = rig.run("up", stack, {
    ...options,
    environment: { ...options.environment, AI_GATE_TEST: mark },
    started: (child) => (main = child),
  });
  const isCaught = () =>
    rig.cloud.gateway.ledger
      .slice(before)
      .some(({ operation }) => operation === "CreateFunction");
  for (let waited = 0; waited < 600 && !isCaught(); waited += 1)
    await sleep(100);
  // The note of the run is written half a second after the lock at the latest.
  await sleep(2000);
  main?.kill("SIGKILL");
  for (const id of enginesOf(mark)) process.kill(id, "SIGKILL");
  await ended;
  rig.cloud.gateway.forgetFaults();
}

test.each<[string, Record<string, string>, Record<string, string>]>([
  ["files", {}, {}],
  [
    "a bucket",
    { backend: "" },
    { PULUMI_CONFIG_PASSPHRASE: "", GITHUB_REPOSITORY_ID: "77" },
  ],
])("a lock in %s", async (where, more, environment) => {
  const stack = where.replaceAll(" ", "-");
  const options = (given: Record<string, string> = {}): RunOptions => ({
    inputs: { ...inputs, ...more, ...given },
    environment,
  });
  const unlock = (given: Record<string, string> = {}) =>
    rig.run("unlock", stack, {
      ...options({ "github-token": token, ...given }),
      environment: { ...environment, GITHUB_RUN_ID: "43" },
    });
  const url = "https://github.com/acme/app/actions/runs/42";
  await loseMachine(stack, options());

  const locked = await rig.run("up", stack, options());
  expect(locked.outputs["failure-reason"]).toBe("locked");

  runs.set("42/1", "in_progress");
  const refused = await unlock();
  expect(refused.outputs["failure-reason"]).toBe("locked");
  expect(refused.annotations.map(({ message }) => message).join()).toMatch(
    new RegExp(`stays locked by .*, ${url}, for that run is not over`),
  );
  expect(refused.writes).toEqual([]);

  runs.set("42/1", "completed");
  const freed = await unlock();
  expect(freed.code).toBe(0);
  expect(freed.outputs["verdict"]).toMatch(
    new RegExp(`^Unlocked: .* \\(process \\d+\\) for \\d+ .*, ${url}$`),
  );
  expect(freed.summary).toContain("Unlocked");
  const nothing = await unlock();
  expect(nothing.outputs["verdict"]).toBe("The stack is not locked");

  // The next up finds what the engine was making, and is whole.
  await rig.up(stack, options());
});

test("a lock whose run may not be asked for goes by force", async () => {
  await loseMachine("forced", { inputs });
  const doubted = await rig.run("unlock", "forced", {
    environment: { GITHUB_RUN_ID: "43" },
  });
  expect(doubted.outputs["failure-reason"]).toBe("locked");
  expect(doubted.outputs["verdict"]).toContain("cannot be found out");
  const forced = await rig.run("unlock", "forced", {
    inputs: { force: "true" },
  });
  expect(forced.outputs["verdict"]).toMatch(/^Unlocked: /);
  await rig.up("forced", { inputs });
});
