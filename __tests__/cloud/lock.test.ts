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
  type Host,
  type OperationMark,
  releaseOwnLock,
} from "../../src/cloud/lock.ts";
import { fakeAws } from "./fake-aws.ts";

const folder = ".pulumi/locks/organization/ai-gate.acme.app/prod/";

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
const foreign = { ...own, hostname: "there" };
const older = { ...own, timestamp: "2026-08-01T09:59:58Z" };
const sameSecond = { ...own, timestamp: "2026-08-01T09:59:59.5Z" };

/** A machine on which the given processes live for the given number of looks. */
function machine(lives: Record<number, number> = {}) {
  const logged: string[] = [];
  let slept = 0;
  const host: Host = {
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

const markOf = (backend: string): OperationMark => ({
  backend,
  project: "ai-gate.acme.app",
  stack: "prod",
  region: "eu-west-1",
  since,
});

describe("in a directory", () => {
  let root: string;
  const nobody = fakeAws();

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
  const release = (host: Host, patience?: number) =>
    releaseOwnLock(markOf(`file://${root}`), nobody.aws, host, patience);

  test.each<[string, Holder, number]>([
    ["its own, of a process that is gone", own, 1],
    ["its own, taken within the clock's tolerance", sameSecond, 1],
    ["of another machine", foreign, 0],
    ["from before the operation", older, 0],
  ])("a lock %s", async (_, holder, released) => {
    write("a.json", holder);
    write("a.json.attrs", "{}");
    const { host, logged } = machine();
    expect(await release(host)).toBe(released);
    expect(left()).toEqual(released === 1 ? [] : ["a.json", "a.json.attrs"]);
    expect(logged).toEqual([]);
  });

  test("among several, only its own goes", async () => {
    write("a.json", foreign);
    write("b.json", own);
    write("c.json", older);
    expect(await release(machine().host)).toBe(1);
    expect(left()).toEqual(["a.json", "c.json"]);
  });

  test("a living engine is waited for, said once, and its lock is its own matter until it ends", async () => {
    write("a.json", own);
    const { host, logged, slept } = machine({ [own.pid]: 3 });
    expect(await release(host)).toBe(1);
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
      rmSync(path.join(root, folder, "a.json"), { force: true });
      return Promise.resolve();
    };
    expect(await release({ ...host, sleep })).toBe(0);
  });

  test("patience ends, and the lock of a living engine stays", async () => {
    write("a.json", own);
    write("b.json", { ...own, pid: 200 });
    const { host, slept } = machine({ [own.pid]: 100 });
    expect(await release(host, 5)).toBe(1);
    expect(slept()).toBe(5);
    expect(left()).toEqual(["a.json"]);
  });

  test("a half-written lock and other files are left alone", async () => {
    write("a.json", '{"pid": 1');
    write("b.txt", "x");
    expect(await release(machine().host)).toBe(0);
    expect(left()).toEqual(["a.json", "b.txt"]);
  });

  test("no locks at all, and no directory", async () => {
    expect(await release(machine().host)).toBe(0);
    rmSync(root, { recursive: true });
    expect(await release(machine().host)).toBe(0);
    expect(nobody.asked).toEqual([]);
  });
});

describe("in a bucket", () => {
  const list = (prefix = "") =>
    `s3 GET /bucket?list-type=2&prefix=${encodeURIComponent(prefix + folder)}`;
  const listing = (...keys: string[]) => ({
    body: `<ListBucketResult>${keys.map((key) => `<Contents><Key>${key}</Key></Contents>`).join("")}</ListBucketResult>`,
  });
  const lock = (holder: Holder) => ({ body: JSON.stringify(holder) });

  test("only its own goes", async () => {
    const { aws, asked, requests } = fakeAws({
      [list()]: listing(`${folder}a.json`, `${folder}b.json`),
      [`s3 GET /bucket/${folder}a.json`]: lock(foreign),
      [`s3 GET /bucket/${folder}b.json`]: lock(own),
    });
    const mark = markOf("s3://bucket");
    expect(await releaseOwnLock(mark, aws, machine().host)).toBe(1);
    expect(asked.filter((name) => name.startsWith("s3 DELETE"))).toEqual([
      `s3 DELETE /bucket/${folder}b.json`,
    ]);
    expect(requests.every(({ region }) => region === "eu-west-1")).toBe(true);
  });

  test("below a prefix, and in the bucket's own region", async () => {
    const { aws, asked, requests } = fakeAws({
      [list("some/place/")]: listing(`some/place/${folder}a.json`),
      [`s3 GET /bucket/some/place/${folder}a.json`]: lock(own),
    });
    const mark = markOf("s3://bucket/some/place/?region=us-east-1");
    expect(await releaseOwnLock(mark, aws, machine().host)).toBe(1);
    expect(asked.at(-1)).toBe(`s3 DELETE /bucket/some/place/${folder}a.json`);
    expect(requests.every(({ region }) => region === "us-east-1")).toBe(true);
  });

  test("a lock that is gone by now", async () => {
    const { aws } = fakeAws({
      [list()]: listing(`${folder}a.json`),
      [`s3 GET /bucket/${folder}a.json`]: {
        status: 404,
        body: "<Code>NoSuchKey</Code>",
      },
    });
    const mark = markOf("s3://bucket");
    expect(await releaseOwnLock(mark, aws, machine().host)).toBe(0);
  });

  test("a bucket that cannot be listed is said, not taken for one without locks", async () => {
    const { aws } = fakeAws({
      [list()]: { status: 403, errorCode: "AccessDenied" },
    });
    const released = releaseOwnLock(markOf("s3://bucket"), aws, machine().host);
    await expect(released).rejects.toThrow("S3 answered AccessDenied");
  });
});

test.each(["", "https://api.pulumi.com", "gs://bucket", "azblob://bucket"])(
  "the backend %p keeps its locks to itself",
  async (backend) => {
    const { aws, asked } = fakeAws();
    const mark = markOf(backend);
    expect(await releaseOwnLock(mark, aws, machine().host)).toBe(0);
    expect(asked).toEqual([]);
  },
);
