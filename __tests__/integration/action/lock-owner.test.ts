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
import { spawn } from "node:child_process";
import { once } from "node:events";
import type { Command } from "../../../src/action/inputs/contract.ts";
import {
  recordingLocks,
  releaseOwnLocks,
} from "../../../src/action/stack/lock-owner.ts";
import type { StartedEngines } from "../../../src/deploy/lock.ts";
import { eventually } from "../../fixtures/eventually.ts";
import { fakeAws } from "../../fixtures/fake-aws.ts";

let root: string;
let locks: string;
beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), "ai-gate-lock-"));
  locks = path.join(root, ".pulumi/locks/organization/ai-gate.acme.app/prod");
  mkdirSync(locks, { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const place = () => ({
  backend: `file://${root}`,
  project: "ai-gate.acme.app",
  stack: "prod",
  region: "eu-west-1",
});

/** An "engine" that takes a lock as the real one does; it ends as it is told to on its input. */
async function startEngine(lock = "a.json") {
  const engine = spawn("sh", ["-c", "read code; exit $code"], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  await once(engine, "spawn");
  const file = path.join(locks, lock);
  const content = {
    pid: engine.pid,
    hostname: hostname(),
    timestamp: new Date().toISOString(),
  };
  writeFileSync(file, JSON.stringify(content));
  const end = async (how: number | "killed") => {
    if (how === "killed") engine.kill("SIGKILL");
    else engine.stdin.end(`${how}\n`);
    await once(engine, "close");
  };
  return { pid: engine.pid!, file, end };
}

async function record<Result>(
  command: Command,
  work: () => Promise<Result>,
  note?: string,
) {
  const saved: (StartedEngines | undefined)[] = [];
  const saveEngines = (started: StartedEngines | undefined) =>
    void saved.push(started);
  const result = await recordingLocks(
    place(),
    command,
    { aws: fakeAws().aws, host: { saveEngines }, note },
    work,
  ).catch(String);
  return { saved, result };
}

test.each<Command>(["up", "refresh", "destroy"])(
  "%s tells the post step of each engine, as long as it runs",
  async (command) => {
    const pids: number[] = [];
    const before = new Date().toISOString();
    const { saved, result } = await record(command, async () => {
      for (let engines = 0; engines < 2; engines += 1) {
        const { end, file, pid } = await startEngine();
        pids.push(pid);
        rmSync(file);
        await end(0);
      }
      return "done";
    });
    expect(result).toBe("done");
    const [first, second] = pids;
    const expected = [[first], [], [second], []];
    expect(saved).toEqual([
      ...expected.map((engines) =>
        expect.objectContaining({ ...place(), engines }),
      ),
      undefined,
    ]);
    expect(saved[0]!.since >= before).toBe(true);
    // Afterwards it hears of none.
    const { end, file } = await startEngine();
    rmSync(file);
    await end(0);
    expect(saved).toHaveLength(5);
  },
);

const failed = { failure: "the engine's" };

test.each<[string, number | "killed", () => object, readonly string[]]>([
  ["was killed alone leaves no lock behind", "killed", () => failed, []],
  ["failed, and could not let it go, leaves none", 255, () => failed, []],
  ["ended well is not asked after", 0, () => failed, ["a.json"]],
  // As that which says that there is no such stack yet.
  ["failed as it was expected to is not either", 255, () => ({}), ["a.json"]],
  [
    "was killed, when a bug ends the run",
    "killed",
    () => {
      throw new Error("a bug");
    },
    [],
  ],
])("an engine that %s", async (_, how, end, left) => {
  await record("up", async () => {
    await (await startEngine()).end(how);
    return end();
  });
  expect(readdirSync(locks)).toEqual(left);
});

test("a lock that an engine of this run left is removed, and no other", async () => {
  const { end, pid } = await startEngine("own.json");
  await end(0);
  const now = Date.now();
  const others = {
    "another process": { pid: pid + 1, at: now },
    "another machine": { hostname: "another", at: now },
    "the same process id before": { at: now - 60_000 },
    "the same process id after": { at: now + 60_000 },
  };
  for (const [name, { at, ...more }] of Object.entries(others))
    writeFileSync(
      path.join(locks, `${name}.json`),
      JSON.stringify({
        pid,
        hostname: hostname(),
        timestamp: new Date(at).toISOString(),
        ...more,
      }),
    );
  expect(await releaseOwnLocks(place(), fakeAws().aws)).toBe(true);
  expect(readdirSync(locks).sort()).toEqual(
    Object.keys(others)
      .map((name) => `${name}.json`)
      .sort(),
  );
  expect(await releaseOwnLocks(place(), fakeAws().aws)).toBe(false);
});

test("of an engine that still runs the lock is not touched", async () => {
  const { end } = await startEngine();
  expect(await releaseOwnLocks(place(), fakeAws().aws)).toBe(false);
  await end(0);
});

test("a process that outlives the operation is not told of any more", async () => {
  const late = await record("up", () => startEngine());
  const { end, file } = late.result as Awaited<ReturnType<typeof startEngine>>;
  rmSync(file);
  await end(0);
  expect(late.saved).toEqual([
    expect.objectContaining({ engines: [expect.any(Number)] }),
    undefined,
  ]);
});

test("the note of a lock goes, and the post step is told, when the operation throws", async () => {
  const notes = path.join(root, ".pulumi/ai-gate/ai-gate.acme.app/prod");
  const noted: string[][] = [];
  const work = async () => {
    const { end } = await startEngine("b.json");
    await eventually(() => existsSync(path.join(notes, "b.json")));
    noted.push(readdirSync(notes));
    await end(255);
    throw new Error("a bug");
  };
  const { result, saved } = await record("up", work, "{}");
  expect(result).toBe("Error: a bug");
  expect(noted).toEqual([["b.json"]]);
  expect(readdirSync(notes)).toEqual([]);
  expect(saved.at(-1)).toBeUndefined();
});

test.each<Command>(["preview", "drift", "output"])(
  "%s takes no lock",
  async (command) => {
    const { saved } = await record(command, async () => {
      const { end, file } = await startEngine();
      rmSync(file);
      await end(0);
    });
    expect(saved).toEqual([]);
  },
);
