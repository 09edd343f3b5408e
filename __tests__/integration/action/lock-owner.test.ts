import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { hostname, tmpdir } from "node:os";
import path from "node:path";
import { spawn } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "../../../src/action/inputs/contract.ts";
import { recordingLock } from "../../../src/action/stack/lock-owner.ts";
import type { HeldLock } from "../../../src/deploy/lock.ts";
import { fakeAws } from "../../fixtures/fake-aws.ts";

let root: string;
let locks: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "ai-gate-lock-"));
  locks = path.join(root, ".pulumi/locks/organization/ai-gate.acme.app/prod");
  mkdirSync(locks, { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** Runs an "engine" that takes a lock as the real one does. @returns what was noted, in its order. */
async function run(
  command: Command,
  { fail = false, locks: names = ["a.json"] } = {},
) {
  const notes: (string | undefined)[] = [];
  const engine = spawn("sleep", ["60"]);
  const content = {
    pid: engine.pid,
    hostname: hostname(),
    timestamp: new Date().toISOString(),
  };
  const operation = {
    backend: `file://${root}`,
    project: "ai-gate.acme.app",
    stack: "prod",
    region: "eu-west-1",
    since: new Date().toISOString(),
  };
  const saveLock = (held: HeldLock | undefined) =>
    void notes.push(held && path.basename(held.name));
  const work = async () => {
    for (const name of names) {
      const file = path.join(locks, name);
      writeFileSync(file, JSON.stringify(content));
      await sleep(800);
      rmSync(file);
    }
    if (fail) throw new Error("a bug");
    return { failure: undefined };
  };
  const result = await recordingLock(
    operation,
    command,
    { aws: fakeAws().aws, host: { saveLock } },
    work,
  ).catch(String);
  engine.kill();
  return { notes, result };
}

test.each<Command>(["up", "refresh", "destroy"])(
  "%s notes its lock while it runs",
  async (command) => {
    expect(await run(command)).toEqual({
      notes: ["a.json", undefined],
      result: { failure: undefined },
    });
  },
);

test("each lock is noted of an `up` that reads everything anew", async () => {
  const taken = { locks: ["a.json", "b.json", "c.json"] };
  expect((await run("up", taken)).notes).toEqual([...taken.locks, undefined]);
});

test("an engine that was killed alone leaves no lock behind", async () => {
  const engine = spawn("sleep", ["60"]);
  const file = path.join(locks, "b.json");
  const timestamp = new Date().toISOString();
  const content = { pid: engine.pid, hostname: hostname(), timestamp };
  const place = {
    backend: `file://${root}`,
    project: "ai-gate.acme.app",
    stack: "prod",
    region: "eu-west-1",
  };
  const result = await recordingLock(
    { ...place, since: timestamp },
    "up",
    { aws: fakeAws().aws, host: { saveLock: () => undefined }, note: "{}" },
    async () => {
      writeFileSync(file, JSON.stringify(content));
      await sleep(800);
      engine.kill("SIGKILL");
      await new Promise((resolve) => engine.once("close", resolve));
      return { failure: "the engine is gone" };
    },
  );
  expect(result.failure).toBeDefined();
  expect(readdirSync(locks)).toEqual([]);
});

test("the note goes when the operation throws", async () => {
  expect(await run("up", { fail: true })).toEqual({
    notes: ["a.json", undefined],
    result: "Error: a bug",
  });
});

test.each<Command>(["preview", "drift", "output"])(
  "%s takes no lock",
  async (command) => {
    expect(await run(command)).toEqual({
      notes: [],
      result: { failure: undefined },
    });
  },
);
