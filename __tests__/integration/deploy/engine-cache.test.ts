// GitHub's cache as the place of the engine's archives, against a stand-in of its service. What it gives is a stranger's until its sum
// is right, and whatever it does the run goes on.
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import {
  type CacheFault,
  type CacheService,
  startCacheService,
} from "../../../local/github/github-cache.ts";
import {
  createEngineCache,
  type EngineCache,
} from "../../../src/deploy/engine-cache.ts";
import {
  type Engine,
  prepareEngine,
  restoreAhead,
} from "../../../src/deploy/engine.ts";
import {
  archives,
  asAnotherUser,
  type EngineMachine,
  engineMachine,
  pack,
  sumOf,
} from "../../fixtures/engine-host.ts";

let service: CacheService;
let machine: EngineMachine;
beforeEach(async () => {
  service = await startCacheService();
  machine = engineMachine();
});
afterEach(async () => {
  machine.remove();
  await service.stop();
});

const hosted = () => ({
  RUNNER_ENVIRONMENT: "github-hosted",
  GITHUB_SERVER_URL: "https://github.com",
  GITHUB_REF: "refs/heads/main",
  ACTIONS_CACHE_SERVICE_V2: "true",
  ACTIONS_RESULTS_URL: service.url,
  ACTIONS_RUNTIME_TOKEN: service.token,
});

const cacheWith = (
  environment: Readonly<Record<string, string>> = {},
  limits = { restore: 1000, save: 1000 },
  signal = new AbortController().signal,
): EngineCache | undefined =>
  createEngineCache({
    environment: { ...hosted(), ...environment },
    limits,
    log: machine.host.log,
    signal,
  });

/** A job on a machine of its own, with what the one before left in GitHub's cache. */
async function runJob(cache: EngineCache | undefined): Promise<Engine> {
  for (const name of ["temp", "tools"])
    rmSync(path.join(machine.home, name), { recursive: true, force: true });

  mkdirSync(machine.host.temp);
  const host = { ...machine.host, cache };
  await restoreAhead(host);
  const engine = await prepareEngine(host);
  await cache?.settled();
  return engine;
}

const calls = () =>
  service.requests.map(
    ({ method, path: at }) =>
      `${method} ${at.replace(/^\/twirp\/.*\//, "").replace(/^\/blobs\/.*/, "blob")}`,
  );
const names = Object.values(archives);
const keys = () => [...service.entries.keys()];

test("the second job downloads nothing, and what it has is checked", async () => {
  await runJob(cacheWith());
  expect(machine.downloads).toHaveLength(2);
  expect(keys()).toEqual(
    names.map(
      (name) =>
        expect.stringMatching(
          `^ai-gate-engine-${name}-[0-9a-f]{16}$`,
        ) as string,
    ),
  );
  machine.downloads.length = 0;
  service.requests.length = 0;
  const { command } = await runJob(cacheWith());
  expect(path.relative(machine.host.temp, command.command)).toMatch(
    /^pulumi-\w{6}\/bin\/pulumi$/,
  );
  expect(machine.downloads).toEqual([]);
  expect(calls().sort()).toEqual([
    "GET blob",
    "GET blob",
    "POST GetCacheEntryDownloadURL",
    "POST GetCacheEntryDownloadURL",
  ]);
  // For the next use of the action in the job.
  for (const name of names) expect(existsSync(machine.kept(name))).toBe(true);
  expect({ logged: machine.logged.slice(2), warned: machine.warned }).toEqual({
    logged: [],
    warned: [],
  });
});

test("the requests are those of @actions/cache 6.3.0, as it made them to this stand-in", async () => {
  await runJob(cacheWith());
  await runJob(cacheWith());
  const seen = (call: string) => {
    const {
      body,
      headers,
      method,
      path: at,
    } = service.requests.find((one) =>
      `${one.method} ${one.path}`.includes(call),
    )!;
    const isBlob = at.startsWith("/blobs/");
    return {
      method,
      authorization: headers.authorization,
      type: headers["content-type"],
      blobType: headers["x-ms-blob-type"],
      keys: isBlob
        ? undefined
        : Object.keys(JSON.parse(body.toString()) as object).sort(),
    };
  };
  const json = {
    method: "POST",
    authorization: "Bearer runtime-token-of-the-job",
    type: expect.stringMatching(/^application\/json/) as string,
    blobType: undefined,
  };
  expect(seen("CacheService/GetCacheEntryDownloadURL")).toEqual({
    ...json,
    keys: ["key", "version"],
  });
  expect(seen("CacheService/CreateCacheEntry")).toEqual({
    ...json,
    keys: ["key", "version"],
  });
  expect(seen("CacheService/FinalizeCacheEntryUpload")).toEqual({
    ...json,
    keys: ["key", "size_bytes", "version"],
  });
  expect(seen("PUT /blobs")).toEqual({
    method: "PUT",
    authorization: undefined,
    type: "application/octet-stream",
    blobType: "BlockBlob",
    keys: undefined,
  });
  expect(seen("GET /blobs").authorization).toBeUndefined();
});

test.each(names)(
  "an entry for %s that somebody else wrote is not run",
  async (name) => {
    await runJob(cacheWith());
    const mark = path.join(machine.home, "was-run");
    const program =
      name === archives.cli ? "pulumi/pulumi" : "pulumi-resource-aws";
    const content = pack(
      path.join(machine.home, "content"),
      program,
      `echo > ${mark}`,
    );
    const key = keys().find((one) => one.includes(name))!;
    service.entries.set(key, { ...service.entries.get(key)!, content });
    machine.downloads.length = 0;
    const { home } = await runJob(cacheWith());
    expect(existsSync(mark)).toBe(false);
    expect(machine.downloads.map((url) => path.basename(url))).toEqual([name]);
    expect(machine.warned).toEqual([
      `GitHub's cache of this repository has another ${name} than was released (SHA-256 ${sumOf(content)}): it was not run, and is fetched anew; delete it by \`gh cache delete ${key} --all\`, and find out which job wrote it`,
    ]);
    expect(sumOf(readFileSync(machine.kept(name)))).toBe(
      sumOf(machine.released[name]!),
    );
    expect(existsSync(path.join(home, "plugins"))).toBe(true);
  },
);

test.each(names)(
  "an entry for %s that cannot be removed again is no reason to fail",
  async (name) => {
    await runJob(cacheWith());
    const content = packLocked(path.join(machine.home, "content"));
    const key = keys().find((one) => one.includes(name))!;
    service.entries.set(key, { ...service.entries.get(key)!, content });
    machine.downloads.length = 0;
    const { command, home } = await asAnotherUser(machine, [], () =>
      runJob(cacheWith()),
    );
    expect(machine.warned).toHaveLength(1);
    expect(machine.downloads.map((url) => path.basename(url))).toEqual([name]);
    // It could not be removed, and nothing of it is in what is run.
    const left = readdirSync(machine.host.temp, { recursive: true }).map(
      (one) => path.join(machine.host.temp, String(one)),
    );
    const locked = left.filter((one) => path.basename(one) === "locked");
    expect(locked).toHaveLength(1);
    for (const own of [path.dirname(path.dirname(command.command)), home])
      expect(locked[0]?.startsWith(own + path.sep)).toBe(false);
  },
);

/** An archive with a directory that nothing can be removed from. */
function packLocked(scratch: string): Buffer {
  const content = mkdtempSync(path.join(scratch, "archive-"));
  const locked = path.join(content, "locked");
  mkdirSync(locked);
  writeFileSync(path.join(locked, "file"), "");
  chmodSync(locked, 0o555);
  return spawnSync("tar", ["-czf", "-", "-C", content, "."]).stdout;
}

test.each<[CacheFault, RegExp]>([
  ["down", /does not give .*\(HTTP 503\); the run goes on/],
  ["broken", /^Fetching/],
  ["silent", /does not give .*\(too slow\); the run goes on/],
  ["dripping", /does not give .*\(too slow\); the run goes on/],
  ["cut", /does not give .*\(ECONNRESET\); the run goes on/],
])(
  "a cache that is %s is no reason to fail, or to wait",
  async (fault, said) => {
    await runJob(cacheWith());
    service.fault = fault;
    machine.downloads.length = 0;
    machine.logged.length = 0;
    const begun = Date.now();
    await runJob(cacheWith({}, { restore: 300, save: 300 }));
    expect(Date.now() - begun).toBeLessThan(4000);
    expect(machine.downloads).toHaveLength(2);
    expect(machine.logged.join("\n")).toMatch(said);
    expect(machine.logged.join("\n")).not.toContain("signature");
    expect(machine.warned).toEqual([]);
  },
);

test("one that may not be written to", async () => {
  service.fault = "denied";
  await runJob(cacheWith());
  expect(keys()).toEqual([]);
  expect(machine.logged.join("\n")).toMatch(/does not take .*\(HTTP 403\)/);
});

test("a cancelled run ends what is under way", async () => {
  service.fault = "silent";
  const cancel = new AbortController();
  const cache = cacheWith({}, { restore: 60_000, save: 60_000 }, cancel.signal);
  setTimeout(() => {
    cancel.abort();
  }, 100);
  const begun = Date.now();
  await runJob(cache);
  expect(Date.now() - begun).toBeLessThan(4000);
});

test.each<[string, Record<string, string>, string[]]>([
  ["a runner of one's own", { RUNNER_ENVIRONMENT: "self-hosted" }, []],
  [
    "an Enterprise Server",
    { GITHUB_SERVER_URL: "https://github.acme.com" },
    [],
  ],
  [
    "a name like GitHub's",
    { GITHUB_SERVER_URL: "https://github.com.acme.com" },
    [],
  ],
  ["the former service", { ACTIONS_CACHE_SERVICE_V2: "" }, []],
  ["no service", { ACTIONS_RESULTS_URL: "" }, []],
  ["no token", { ACTIONS_RUNTIME_TOKEN: "" }, []],
  ["a cache that is switched off", { ACTIONS_CACHE_MODE: "none" }, []],
  [
    "a cache to write only",
    { ACTIONS_CACHE_MODE: "write-only" },
    ["CreateCacheEntry"],
  ],
  [
    "a cache to read only",
    { ACTIONS_CACHE_MODE: "read" },
    ["GetCacheEntryDownloadURL"],
  ],
  [
    "a pull request",
    { GITHUB_REF: "refs/pull/7/merge" },
    ["GetCacheEntryDownloadURL"],
  ],
  [
    "GitHub with data residency",
    { GITHUB_SERVER_URL: "https://acme.ghe.com" },
    ["GetCacheEntryDownloadURL", "CreateCacheEntry"],
  ],
])("%s", async (_, environment, asked) => {
  await runJob(cacheWith(environment));
  const said = calls().filter((call) => call.startsWith("POST"));
  for (const call of ["GetCacheEntryDownloadURL", "CreateCacheEntry"])
    expect(said.filter((one) => one.endsWith(call))).toHaveLength(
      asked.includes(call) ? 2 : 0,
    );
});

test("what the tool cache has is not asked for", async () => {
  machine.keepAll();
  const host = { ...machine.host, cache: cacheWith() };
  await restoreAhead(host);
  await prepareEngine(host);
  expect(service.requests).toEqual([]);
  writeFileSync(machine.kept(archives.cli), "changed");
  await expect(prepareEngine(host)).rejects.toThrow(/it was not run; remove/);
});
