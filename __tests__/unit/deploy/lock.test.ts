import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  type HeldLock,
  releaseLock,
  type Releasing,
  watchOwnLock,
} from "../../../src/deploy/lock.ts";
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
  const release = (host: Releasing, timeout?: number) => {
    const held = { ...placeOf(`file://${root}`), name: at("a.json") };
    return releaseLock(held, unused.aws, host, timeout);
  };

  /** Watches for so many looks, at each of which `before` may change what is there. */
  async function watch(
    looks: number,
    more: {
      ours?: readonly number[];
      before?: (look: number) => void;
      note?: string;
    } = {},
  ) {
    const { note, before = () => undefined, ours = [own.pid] } = more;
    const ended = new AbortController();
    const seen: HeldLock[] = [];
    let look = 1;
    before(look);
    await watchOwnLock(
      { ...placeOf(`file://${root}`), since },
      {
        aws: unused.aws,
        hostname: "here",
        isOurs: (pid) => ours.includes(pid),
        sleep: () => {
          look += 1;
          before(look);
          if (look > looks) ended.abort();
          return Promise.resolve();
        },
        ended: ended.signal,
        note,
      },
      (held) => seen.push(held),
    );
    return { seen: seen.map(({ name }) => path.basename(name)), look };
  }

  test.each<[string, Holder, readonly string[]]>([
    ["of our engine", own, ["a.json"]],
    [
      "taken within the clock's tolerance",
      { ...own, timestamp: "2026-08-01T09:59:59.5Z" },
      ["a.json"],
    ],
    // Hosted runners share host names, and any number may be a process there.
    ["of a process that is not ours", { ...own, pid: 101 }, []],
    ["of another machine", { ...own, hostname: "there" }, []],
    [
      "from before the operation",
      { ...own, timestamp: "2026-08-01T09:59:58Z" },
      [],
    ],
  ])("a lock %s", async (_, holder, names) => {
    write("a.json", holder);
    write("half.json", '{"pid": 1');
    expect((await watch(2)).seen).toEqual(names);
  });

  test("the lock is waited for, and reported once", async () => {
    const before = (look: number) => {
      if (look === 3) write("a.json", own);
    };
    expect(await watch(10, { before })).toEqual({ seen: ["a.json"], look: 11 });
  });

  test("which run holds the lock is noted beside it, not among the locks, for as long as it runs", async () => {
    write("a.json", own);
    const whileHeld: string[] = [];
    const before = (look: number) => {
      if (look > 1) whileHeld.push(readdirSync(path.join(root, notes)).join());
    };
    const note = '{"run":"42"}';
    expect((await watch(2, { note, before })).seen).toEqual(["a.json"]);
    expect(whileHeld).toEqual(["a.json", "a.json"]);
    expect(left()).toEqual(["a.json"]);
    expect(readdirSync(path.join(root, notes))).toEqual([]);
  });

  test("a note that cannot be written holds nothing up", async () => {
    write("a.json", own);
    writeFileSync(path.join(root, ".pulumi/ai-gate"), "no directory");
    expect((await watch(2, { note: "{}" })).seen).toEqual(["a.json"]);
  });

  test("a second lock is told, as of an `up` that reads everything anew, and noted", async () => {
    const whileHeld: string[] = [];
    const before = (look: number) => {
      if (look === 1) write("a.json", own);
      if (look === 3) rmSync(at("a.json"));
      if (look === 5) write("b.json", { ...own, pid: 200 });
      if (look === 7)
        whileHeld.push(readdirSync(path.join(root, notes)).join());
    };
    const more = { ours: [own.pid, 200], before, note: "{}" };
    expect(await watch(7, more)).toEqual({
      seen: ["a.json", "b.json"],
      look: 8,
    });
    expect(whileHeld).toEqual(["a.json,b.json"]);
    expect(readdirSync(path.join(root, notes))).toEqual([]);
  });

  test.each<[string, Holder | undefined, boolean]>([
    ["of a process that is gone", own, true],
    ["that is gone by now", undefined, false],
  ])("the noted lock %s", async (_, holder, released) => {
    if (holder) write("a.json", holder);
    write("a.json.attrs", "{}");
    const { host, logged } = machine();
    expect(await release(host)).toBe(released);
    expect(left()).toEqual(released ? [] : ["a.json.attrs"]);
    expect(logged).toEqual([]);
  });

  test("the lock of another run on a machine of the same name stays", async () => {
    write("a.json", own);
    write("b.json", own);
    expect(await release(machine().host)).toBe(true);
    expect(await release(machine().host)).toBe(false);
    expect(left()).toEqual(["b.json"]);
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

  test("an engine that lets its lock go itself", async () => {
    write("a.json", own);
    const { host } = machine({ [own.pid]: 100 });
    const sleep = () => {
      rmSync(at("a.json"), { force: true });
      return Promise.resolve();
    };
    expect(await release({ ...host, sleep })).toBe(false);
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

  test("no directory", async () => {
    rmSync(root, { recursive: true });
    expect(await release(machine().host)).toBe(false);
    expect((await watch(1)).seen).toEqual([]);
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
    name = `${folder}b.json`,
  ) => releaseLock({ ...placeOf(backend), name }, aws, machine().host);

  test("only its own is seen, and only that one goes", async () => {
    const { aws, asked, requests } = fakeAws({
      [list()]: listing(`${folder}a.json`, `${folder}b.json`),
      [`s3 GET /bucket/${folder}a.json`]: lock({ ...own, pid: 7 }),
      [`s3 GET /bucket/${folder}b.json`]: lock(own),
    });
    const seen: HeldLock[] = [];
    const ended = new AbortController();
    await watchOwnLock(
      { ...placeOf("s3://bucket"), since },
      {
        aws,
        hostname: "here",
        isOurs: (pid) => pid === own.pid,
        sleep: () => Promise.resolve(),
        ended: ended.signal,
      },
      (held) => {
        seen.push(held);
        ended.abort();
      },
    );
    expect(seen.map(({ name }) => name)).toEqual([`${folder}b.json`]);
    expect(await releaseLock(seen[0]!, aws, machine().host)).toBe(true);
    expect(asked.filter((name) => name.startsWith("s3 DELETE"))).toEqual([
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
    const seen: HeldLock[] = [];
    const ended = new AbortController();
    await watchOwnLock(
      { ...place, since },
      {
        aws,
        hostname: "here",
        isOurs: () => true,
        sleep: () => Promise.resolve(),
        ended: ended.signal,
        note: "{}",
      },
      (held) => {
        seen.push(held);
        ended.abort();
      },
    );
    // The post step has it from the state of the run.
    const held = JSON.parse(JSON.stringify(seen[0])) as HeldLock;
    expect(await releaseLock(held, aws, machine().host)).toBe(true);
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
    expect(await release(aws, backend, key)).toBe(true);
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
      name: "AccessDenied",
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
      name: "AccessDenied",
    });
  });
});

test.each(["", "https://api.pulumi.com", "gs://bucket", "azblob://bucket"])(
  "the backend %p keeps its locks to itself",
  async (backend) => {
    const { aws, asked } = fakeAws();
    const held = { ...placeOf(backend), name: "a.json" };
    expect(await releaseLock(held, aws, machine().host)).toBe(false);
    let looked = false;
    await watchOwnLock(
      { ...placeOf(backend), since },
      {
        aws,
        hostname: "here",
        isOurs: () => (looked = true),
        sleep: () => Promise.reject(new Error("waits for nothing")),
        ended: new AbortController().signal,
      },
      () => (looked = true),
    );
    expect({ asked, looked }).toEqual({ asked: [], looked: false });
  },
);
