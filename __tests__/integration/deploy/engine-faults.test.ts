// What can go wrong with the engine on a machine: each is one sentence that says what to do, nothing unchecked has run, and what another
// user of the machine left is no hindrance.
import dns from "node:dns";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { prepareEngine } from "../../../src/deploy/engine.ts";
import { archivesFor } from "../../../src/deploy/engine-archives.ts";
import { GateFailure } from "../../../src/gate/failure.ts";
import {
  archives,
  asAnotherUser,
  type DownloadFault,
  type EngineMachine,
  engineMachine,
  pack,
} from "../../fixtures/engine-host.ts";

let machine: EngineMachine;
beforeEach(() => {
  machine = engineMachine();
});
afterEach(() => {
  machine.remove();
});

const temp = () => readdirSync(machine.host.temp);
const prepare = (host = machine.host) => prepareEngine(host);

async function failure(host = machine.host): Promise<string> {
  const error: unknown = await prepare(host).then(
    () => "nothing failed",
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(GateFailure);
  const { message, reason } = error as GateFailure;
  expect(reason).toBe("engine");
  expect(message).not.toContain("\n");
  expect(temp().filter((name) => /^pulumi-(home-)?\w{6}$/.test(name))).toEqual(
    [],
  );
  return message;
}

test.each<[string, DownloadFault, RegExp, number]>([
  [
    "a download that is cut",
    "cut",
    /^The engine could not be fetched from https:\/\/get\.pulumi\.com\/\S+ \(ECONNRESET: said the system\): allow that host, or put the archive into the directory ai-gate-action of the runner's tool cache$/,
    3,
  ],
  [
    "no network",
    "ENOTFOUND",
    /^The engine could not be fetched from \S+ \(ENOTFOUND: said the system\): allow that host, or put/,
    3,
  ],
  ["a server that fails", 503, /could not be fetched from \S+ \(.*503.*\)/, 3],
  [
    "another archive than was released",
    "altered",
    /^pulumi-v\S+ has SHA-256 [0-9a-f]{64}, but its release says [0-9a-f]{64}: it was not run; if a proxy alters downloads, let get\.pulumi\.com through, else try again later$/,
    1,
  ],
  [
    "a full disk",
    "ENOSPC",
    /^The runner's disk is full \(ENOSPC\): the engine needs about 1 GB in RUNNER_TEMP \(\/.*temp\); free it, or use a larger runner$/,
    3,
  ],
])("%s", async (_, fault, said, attempts) => {
  machine.fault = fault;
  expect(await failure()).toMatch(said);
  expect(machine.downloads).toHaveLength(attempts);
  expect(existsSync(machine.kept(archives.cli))).toBe(false);
});

test("an archive whose program does not run", async () => {
  // The lock has the sum of what was released, so it is the release itself that does not fit.
  const content = pack(path.join(machine.home, "content"), "other/pulumi", "");
  writeFileSync(machine.kept(archives.cli), content);
  const { cli } = archives;
  const lock = await import("../../../engine.lock.json");
  const { createHash } = await import("node:crypto");
  (lock.default as Record<string, string>)[cli] = createHash("sha256")
    .update(content)
    .digest("hex");
  machine.keepAll();
  writeFileSync(machine.kept(cli), content);
  await expect(prepare()).rejects.toThrow(
    /^The Pulumi CLI \S+ does not run on this machine: use a Linux, macOS or Windows runner that allows programs in RUNNER_TEMP$/,
  );
});

describe("the tool cache", () => {
  test("of another user that may not be written to: the run does without", async () => {
    const tools = path.join(machine.host.toolCache, "ai-gate-action");
    await asAnotherUser(machine, [tools], async () => prepare());
    expect(machine.downloads).toHaveLength(2);
    expect(machine.logged.join("\n")).toMatch(/cannot be kept: .*EACCES/);
    expect(readdirSync(tools)).toEqual([]);
  });

  test("with archives that may not be read: they are fetched anew", async () => {
    machine.keepAll();
    const foreign = Object.values(archives).map((name) => machine.kept(name));
    await asAnotherUser(machine, foreign, async () => prepare());
    expect(machine.downloads).toHaveLength(2);
    expect(machine.logged.join("\n")).toMatch(
      /may not be read \(EACCES\): it is fetched anew/,
    );
  });

  test("with another user's archive, which is as good as its sum", async () => {
    machine.keepAll();
    writeFileSync(machine.kept(archives.plugin), "another program");
    expect(await failure()).toMatch(
      /it was not run; remove .*, and it is fetched again; find out who changed it$/,
    );
    expect(machine.downloads).toEqual([]);
  });

  test.each(["pipe", "directory", "dangling link"])(
    "with a %s in place of an archive: it is not waited for",
    async (what) => {
      const kept = machine.kept(archives.cli);
      if (what === "directory") mkdirSync(kept);
      else if (what === "pipe") {
        const { spawnSync } = await import("node:child_process");
        spawnSync("mkfifo", [kept]);
      } else symlinkSync(path.join(machine.home, "nothing"), kept);
      await prepare();
      expect(machine.downloads).toHaveLength(2);
    },
  );

  test("that the machine does not have", async () => {
    await prepare({ ...machine.host, toolCache: "" });
    expect(temp()).toHaveLength(2);
    expect(machine.logged).toHaveLength(2);
  });
});

test("a RUNNER_TEMP that may not be written to", async () => {
  const { temp: directory } = machine.host;
  await asAnotherUser(machine, [directory], async () => {
    expect(await failure()).toMatch(
      /^The engine cannot be put into RUNNER_TEMP \(EACCES in \/.*temp\): let the runner's user write there$/,
    );
  });
});

test("a home that may not be written to, or is not there, is not needed", async () => {
  const { HOME } = process.env;
  const home = path.join(machine.home, "home");
  mkdirSync(home);
  process.env["HOME"] = home;
  try {
    await asAnotherUser(machine, [home], async () => prepare());
    expect(readdirSync(home)).toEqual([]);
    rmSync(home, { recursive: true });
    for (const name of temp())
      rmSync(path.join(machine.host.temp, name), { recursive: true });
    await prepare();
    expect(existsSync(home)).toBe(false);
  } finally {
    process.env["HOME"] = HOME;
  }
});

describe("each machine's archives, by the names of their releases", () => {
  test.each<[NodeJS.Platform, string, string, string]>([
    ["linux", "x64", "linux-x64.tar.gz", "linux-amd64.tar.gz"],
    ["linux", "arm64", "linux-arm64.tar.gz", "linux-arm64.tar.gz"],
    ["darwin", "x64", "darwin-x64.tar.gz", "darwin-amd64.tar.gz"],
    ["darwin", "arm64", "darwin-arm64.tar.gz", "darwin-arm64.tar.gz"],
    ["win32", "x64", "windows-x64.zip", "windows-amd64.tar.gz"],
    ["win32", "arm64", "windows-arm64.zip", "windows-arm64.tar.gz"],
  ])("%s-%s", (platform, arch, cli, plugin) => {
    const found = archivesFor(
      { platform, arch },
      { pulumi: "3.1.0", aws: "7.1.0" },
    );
    expect(found.cli.archive).toBe(`pulumi-v3.1.0-${cli}`);
    expect(found.plugin.archive).toBe(`pulumi-resource-aws-v7.1.0-${plugin}`);
    expect(found.cli.url).toBe(
      `https://get.pulumi.com/releases/sdk/pulumi-v3.1.0-${cli}`,
    );
  });

  test("macOS: its own tar, and the same place for the program", async () => {
    const { cli, plugin } = archivesFor(
      { platform: "darwin", arch: "arm64" },
      {
        pulumi: /pulumi-v([\d.]+)-/.exec(archives.cli)![1]!,
        aws: /aws-v([\d.]+)-/.exec(archives.plugin)![1]!,
      },
    );
    const lock = (await import("../../../engine.lock.json")).default as Record<
      string,
      string
    >;
    for (const [own, other] of [
      [cli.archive, archives.cli],
      [plugin.archive, archives.plugin],
    ] as const) {
      writeFileSync(machine.kept(own), machine.released[other]!);
      lock[own] = lock[other]!;
    }
    const host = {
      ...machine.host,
      platform: "darwin" as const,
      arch: "arm64",
    };
    const { command } = await prepare(host);
    expect(path.relative(machine.host.temp, command.command)).toMatch(
      /^pulumi-\w{6}\/bin\/pulumi$/,
    );
    for (const one of [cli, plugin]) Reflect.deleteProperty(lock, one.archive);
  });
});

test("no link is made: Windows may not allow it", () => {
  const room = path.join(import.meta.dirname, "../../../src/deploy");
  // `linkNode` copies there, which its own test shows.
  const own = ["policy-packs.ts"];
  const names = readdirSync(room).filter(
    (one) => one.endsWith(".ts") && !own.includes(one),
  );
  for (const name of names)
    expect(readFileSync(path.join(room, name), "utf8")).not.toMatch(
      /\b(sym)?link(Sync)?\(/,
    );
});

describe("a proxy", () => {
  let proxy: Server;
  let asked: string[];
  const variables = ["HTTPS_PROXY", "https_proxy", "NO_PROXY", "no_proxy"];
  const saved = variables.map((name) => [name, process.env[name]] as const);

  beforeEach(async () => {
    jest.restoreAllMocks();
    // The machine knows no host but the proxy: what does not go there meets a closed port.
    jest.spyOn(dns, "lookup").mockImplementation(((
      _name: string,
      options: { all?: boolean },
      done: (...answer: unknown[]) => void,
    ) => {
      if (options.all) done(null, [{ address: "127.0.0.1", family: 4 }]);
      else done(null, "127.0.0.1", 4);
    }) as never);
    asked = [];
    proxy = createServer();
    proxy.on("connect", ({ url }, socket) => {
      asked.push(url ?? "");
      socket.end("HTTP/1.1 403 Forbidden\r\n\r\n");
    });
    await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
    for (const name of variables) Reflect.deleteProperty(process.env, name);
    process.env["HTTPS_PROXY"] =
      `http://user:hunter2@127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    proxy.close();
    for (const [name, value] of saved)
      if (value === undefined) Reflect.deleteProperty(process.env, name);
      else process.env[name] = value;
  });

  test("of HTTPS_PROXY is asked, and its refusal is one line without its password", async () => {
    const message = await failure();
    expect(asked).toEqual(
      Array.from({ length: 3 }, () => "get.pulumi.com:443"),
    );
    expect(message).toMatch(/could not be fetched from .*: allow that host/);
    expect(message).not.toContain("hunter2");
  });

  test.each(["get.pulumi.com", ".pulumi.com", "example.com,get.pulumi.com"])(
    "is not asked for what NO_PROXY names: %s",
    async (names) => {
      process.env["NO_PROXY"] = names;
      expect(await failure()).toMatch(/could not be fetched from/);
      expect(asked).toEqual([]);
    },
  );
});
