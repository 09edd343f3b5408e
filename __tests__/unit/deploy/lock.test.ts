import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  noteOwnLocks,
  releaseLocks,
  type Releasing,
  type StartedEngines,
} from "../../../src/deploy/lock.ts";
import type { StatePlace } from "../../../src/deploy/state-store.ts";
import { fakeAws } from "../../fixtures/fake-aws.ts";

const folder = ".pulumi/locks/organization/ai-gate.acme.app/prod/";
const notes = ".pulumi/ai-gate/ai-gate.acme.app/prod/";

interface Holder {
  readonly pid: number;
  readonly hostname: string;
  readonly timestamp: string;
}

const since = "2026-08-01T10:00:00.000Z";
const own: Holder = {
  pid: 100,
  hostname: "here",
  timestamp: "2026-08-01T10:00:05.123456789Z",
};

/** A machine on which the given processes live for the given number of looks. */
function machine(lives: Record<number, number> = {}) {
  const logged: string[] = [];
  let slept = 0;
  const host: Releasing = {
    hostname: "here",
    alive: (pid) => (lives[pid] ?? 0) > slept,
    sleep: () => {
      slept += 1;
      return Promise.resolve();
    },
    log: (line) => logged.push(line),
  };
  return { host, logged, slept: () => slept };
}

const placeOf = (backend: string) => ({
  backend,
  project: "ai-gate.acme.app",
  stack: "prod",
  region: "eu-west-1",
});

const startedAt = (
  backend: string,
  engines: readonly number[] = [own.pid],
): StartedEngines => ({ ...placeOf(backend), since, engines });

describe("in a directory", () => {
  let root: string;
  const unused = fakeAws();

  beforeEach(() => {
    root = mkdtempSync(path.join(tmpdir(), "ai-gate-lock-"));
    mkdirSync(path.join(root, folder), { recursive: true });
  });

  afterEach(() => rmSync(root, { recursive: true, force: true }));

  const write = (name: string, text: string | Holder) =>
    writeFileSync(
      path.join(root, folder, name),
      typeof text === "string" ? text : JSON.stringify(text),
    );
  const left = () => readdirSync(path.join(root, folder)).sort();
  const at = (name: string) => path.join(root, folder, name);
  const noteOf = (name: string) => path.join(root, notes, name);
  const release = (host: Releasing, timeout?: number) =>
    releaseLocks(startedAt(`file://${root}`), unused.aws, host, timeout);
  const noted = () => {
    const place = path.join(root, notes);
    return existsSync(place) ? readdirSync(place).sort() : [];
  };

  /** Notes for so many looks, before each of which `before` may change what is there. @returns what is noted after each. */
  async function note(
    looks: number,
    {
      before = () => undefined,
      engines,
    }: {
      engines?: readonly number[];
      before?: (look: number) => void;
    } = {},
  ) {
    const ended = new AbortController();
    const after: string[] = [];
    before(1);
    await noteOwnLocks(() => startedAt(`file://${root}`, engines), {
      aws: unused.aws,
      hostname: "here",
      sleep: () => {
        after.push(noted().join());
        before(after.length + 1);
        if (after.length === looks) ended.abort();
        return Promise.resolve();
      },
      ended: ended.signal,
      note: '{"run":"42"}',
    });
    return after;
  }

  const holders: readonly [string, Holder, boolean][] = [
    ["of our engine", own, true],
    [
      "taken within the clock's tolerance",
      { ...own, timestamp: "2026-08-01T09:59:59.5Z" },
      true,
    ],
    // Hosted runners share host names, and any number may be a process there.
    ["of a process that is not ours", { ...own, pid: 101 }, false],
    ["of another machine", { ...own, hostname: "there" }, false],
    [
      "from before the operation",
      { ...own, timestamp: "2026-08-01T09:59:58Z" },
      false,
    ],
  ];

  test.each(holders)("a lock %s", async (_, holder, isOurs) => {
    write("a.json", holder);
    write("half.json", '{"pid": 1');
    expect(await note(2)).toEqual(isOurs ? ["a.json", "a.json"] : ["", ""]);
    expect(await release(machine().host)).toBe(isOurs);
    expect(left()).toEqual(isOurs ? ["half.json"] : ["a.json", "half.json"]);
  });

  test("the lock is waited for; its note is not among the locks, and goes with the operation", async () => {
    const texts: string[] = [];
    const before = (look: number) => {
      if (look === 3) write("a.json", own);
      if (look > 3) texts.push(readFileSync(noteOf("a.json"), "utf8"));
    };
    expect(await note(4, { before })).toEqual(["", "", "a.json", "a.json"]);
    expect(texts).toEqual(['{"run":"42"}', '{"run":"42"}']);
    expect(left()).toEqual(["a.json"]);
    expect(noted()).toEqual([]);
  });

  test("a note that cannot be written holds nothing up", async () => {
    write("a.json", own);
    writeFileSync(path.join(root, ".pulumi/ai-gate"), "no directory");
    expect(await note(2)).toEqual(["", ""]);
  });

  test("each lock is noted of an `up` that reads everything anew", async () => {
    const before = (look: number) => {
      if (look === 1) write("a.json", own);
      if (look === 3) rmSync(at("a.json"));
      if (look === 4) write("b.json", { ...own, pid: 200 });
    };
    const engines = [own.pid, 200];
    expect((await note(4, { before, engines })).at(-1)).toBe("a.json,b.json");
    expect(noted()).toEqual([]);
  });

  test("what the engine's file store keeps beside a lock goes with it", async () => {
    write("a.json", own);
    write("a.json.attrs", "{}");
    const { host, logged } = machine();
    expect(await release(host)).toBe(true);
    expect(left()).toEqual([]);
    expect(logged).toEqual([]);
  });

  test("a living engine is waited for, said once, and its lock is its own matter until it ends", async () => {
    write("a.json", own);
    const { host, logged, slept } = machine({ [own.pid]: 3 });
    expect(await release(host)).toBe(true);
    expect(slept()).toBe(3);
    expect(logged).toEqual([
      "The engine of the cancelled run is still finishing its last call; waiting for it",
    ]);
    expect(left()).toEqual([]);
  });

  // The first is what a run leaves that is killed just after it has started its engine.
  test.each<[string, () => void, readonly string[], boolean]>([
    [
      "takes its lock only then, and dies",
      () => write("a.json", own),
      [],
      true,
    ],
    [
      "lets its lock go itself",
      () => rmSync(at("a.json"), { force: true }),
      ["a.json"],
      false,
    ],
  ])("an engine that %s", async (_, act, before, released) => {
    for (const name of before) write(name, own);
    const { host } = machine({ [own.pid]: 2 });
    const sleep = (milliseconds: number) => {
      act();
      return host.sleep(milliseconds);
    };
    expect(await release({ ...host, sleep })).toBe(released);
    expect(left()).toEqual([]);
  });

  test("the time to wait ends, and the lock of a living engine stays", async () => {
    write("a.json", own);
    const { host, logged, slept } = machine({ [own.pid]: 100 });
    expect(await release(host, 5)).toBe(false);
    expect(slept()).toBe(6);
    expect(left()).toEqual(["a.json"]);
    expect(logged.at(-1)).toBe(
      "The engine of the cancelled run has not ended within 5 seconds: it keeps its lock until it does",
    );
  });

  test("a process that does not end keeps no other's lock", async () => {
    write("a.json", own);
    write("b.json", { ...own, pid: 200 });
    const { host } = machine({ [own.pid]: 100 });
    const started = startedAt(`file://${root}`, [own.pid, 200]);
    expect(await releaseLocks(started, unused.aws, host, 5)).toBe(true);
    expect(left()).toEqual(["a.json"]);
  });

  test("no directory", async () => {
    rmSync(root, { recursive: true });
    expect(await release(machine().host)).toBe(false);
    expect(await note(1)).toEqual([""]);
    expect(unused.asked).toEqual([]);
  });
});

describe("in a bucket", () => {
  const list = (prefix = "") =>
    `s3 GET /bucket?list-type=2&prefix=${encodeURIComponent(prefix + folder)}`;
  const listing = (...keys: string[]) => ({
    body: `<ListBucketResult>${keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join("")}</ListBucketResult>`,
  });
  const lock = (holder: Holder) => ({ body: JSON.stringify(holder) });
  const release = (
    aws: ReturnType<typeof fakeAws>["aws"],
    backend = "s3://bucket",
  ) => releaseLocks(startedAt(backend), aws, machine().host);

  /** One look. */
  async function note(
    place: StatePlace,
    aws: ReturnType<typeof fakeAws>["aws"],
  ): Promise<void> {
    const ended = new AbortController();
    await noteOwnLocks(() => ({ ...startedAt(""), ...place }), {
      aws,
      hostname: "here",
      sleep: () => {
        ended.abort();
        return Promise.resolve();
      },
      ended: ended.signal,
      note: "{}",
    });
  }

  test("only its own is seen, and only that one goes", async () => {
    const { aws, asked, requests } = fakeAws({
      [list()]: listing(`${folder}a.json`, `${folder}b.json`),
      [`s3 GET /bucket/${folder}a.json`]: lock({ ...own, pid: 7 }),
      [`s3 GET /bucket/${folder}b.json`]: lock(own),
    });
    await note(placeOf("s3://bucket"), aws);
    expect(await release(aws)).toBe(true);
    expect(asked.filter((name) => !name.startsWith("s3 GET"))).toEqual([
      `s3 PUT /bucket/${notes}b.json`,
      `s3 DELETE /bucket/${notes}b.json`,
      `s3 DELETE /bucket/${folder}b.json`,
      `s3 DELETE /bucket/${notes}b.json`,
    ]);
    expect(requests.every(({ region }) => region === "eu-west-1")).toBe(true);
  });

  const owner = "111122223333";
  test.each<[string, string | undefined, object]>([
    ["says whose its bucket is", owner, { owner }],
    ["does not know whose the user's bucket is", undefined, {}],
  ])("every call %s", async (_, expected, known) => {
    const { aws, requests } = fakeAws({
      [list()]: listing(`${folder}b.json`),
      [`s3 GET /bucket/${folder}b.json`]: lock(own),
    });
    const place = { ...placeOf("s3://bucket"), ...known };
    await note(place, aws);
    // The post step has it from the state of the run.
    const state = JSON.stringify({ ...startedAt(""), ...place });
    const started = JSON.parse(state) as StartedEngines;
    expect(await releaseLocks(started, aws, machine().host)).toBe(true);
    const methods = new Set(requests.map(({ method }) => method));
    expect(methods).toEqual(new Set(["GET", "PUT", "DELETE"]));
    const owners = requests.map(
      ({ headers }) => headers["x-amz-expected-bucket-owner"],
    );
    expect(new Set(owners)).toEqual(new Set([expected]));
  });

  test("below a prefix, and in the bucket's own region", async () => {
    const key = `some/place/${folder}a.json`;
    const { aws, asked, requests } = fakeAws({
      [list("some/place/")]: listing(key),
      [`s3 GET /bucket/${key}`]: lock(own),
    });
    const backend = "s3://bucket/some/place/?region=us-east-1";
    expect(await release(aws, backend)).toBe(true);
    expect(asked.slice(-2)).toEqual([
      `s3 DELETE /bucket/${key}`,
      `s3 DELETE /bucket/some/place/${notes}a.json`,
    ]);
    expect(requests.every(({ region }) => region === "us-east-1")).toBe(true);
  });

  test("a lock that is gone by now", async () => {
    const { aws } = fakeAws({
      [list()]: listing(`${folder}b.json`),
      [`s3 GET /bucket/${folder}b.json`]: {
        status: 404,
        errorCode: "NoSuchKey",
      },
    });
    expect(await release(aws)).toBe(false);
  });

  test("a bucket that cannot be listed is said, not taken for one without locks", async () => {
    const { aws } = fakeAws({
      [list()]: { status: 403, errorCode: "AccessDenied" },
    });
    await expect(release(aws)).rejects.toMatchObject({
      reason: "aws-denied",
      message: expect.stringContaining("s3:ListBucket"),
    });
  });

  test("a lock that may not be removed is said, not taken for removed", async () => {
    const { aws } = fakeAws({
      [list()]: listing(`${folder}b.json`),
      [`s3 GET /bucket/${folder}b.json`]: lock(own),
      [`s3 DELETE /bucket/${folder}b.json`]: {
        status: 403,
        errorCode: "AccessDenied",
      },
    });
    await expect(release(aws)).rejects.toMatchObject({
      reason: "aws-denied",
      message: expect.stringContaining("s3:DeleteObject"),
    });
  });
});

test.each(["", "https://api.pulumi.com", "gs://bucket", "azblob://bucket"])(
  "the backend %p keeps its locks to itself",
  async (backend) => {
    const { aws, asked } = fakeAws();
    const started = startedAt(backend);
    expect(await releaseLocks(started, aws, machine().host)).toBe(false);
    await noteOwnLocks(() => started, {
      aws,
      hostname: "here",
      sleep: () => Promise.reject(new Error("waits for nothing")),
      ended: new AbortController().signal,
      note: "{}",
    });
    expect(asked).toEqual([]);
  },
);
