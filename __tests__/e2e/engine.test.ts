// How the action comes by its engine, through the committed dist/: nothing that was not checked is ever unpacked or run, and
// what was checked once is found again. The servers of the releases are stand-ins behind the local cloud's proxy.
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
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
import type { IncomingMessage, ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { type Cloud, startCloud } from "../../local/cloud/cloud.ts";
import { provideEngine } from "../../local/tools/engine.ts";
import { silentProgress } from "../../local/system/progress.ts";
import { writePluginLauncher } from "../../local/provider/launcher.ts";
import { runAction, type RunResult } from "../fixtures/runner.ts";

jest.setTimeout(120_000);

const versionOf = (name: string): string =>
  (
    JSON.parse(
      readFileSync(
        path.join(
          import.meta.dirname,
          "../../node_modules",
          name,
          "package.json",
        ),
        "utf8",
      ),
    ) as { version: string }
  ).version;

const { platform, arch } = process;
const cli = {
  version: versionOf("@pulumi/pulumi"),
  archive: `pulumi-v${versionOf("@pulumi/pulumi")}-${platform}-${arch}.tar.gz`,
};
const plugin = {
  version: versionOf("@pulumi/aws"),
  archive: `pulumi-resource-aws-v${versionOf("@pulumi/aws")}-${platform}-${arch === "x64" ? "amd64" : arch}.tar.gz`,
};
const githubToken = "ghs_canary0123456789";

/** What the two servers answer, and what they were asked. */
interface Releases {
  /** By archive name; 404 for others. */
  archives: Record<string, Buffer>;
  /** By archive name, what GitHub says of the asset; the right SHA-256 when not given, none when null. */
  digests: Record<string, string | null>;
  /** The status of GitHub's answers. */
  githubStatus: number;
  requests: { url: string; authorization: string | undefined }[];
}

const releases: Releases = {
  archives: {},
  digests: {},
  githubStatus: 200,
  requests: [],
};

const sha256 = (content: Buffer): string =>
  `sha256:${createHash("sha256").update(content).digest("hex")}`;

function answerDownload(request: IncomingMessage, response: ServerResponse) {
  note("get.pulumi.com", request);
  const content = releases.archives[path.basename(request.url ?? "")];
  response.writeHead(content === undefined ? 404 : 200).end(content);
}

function answerGithub(request: IncomingMessage, response: ServerResponse) {
  note("api.github.com", request);
  const assets = Object.entries(releases.archives).map(([name, content]) => ({
    name,
    digest: name in releases.digests ? releases.digests[name] : sha256(content),
  }));
  response
    .writeHead(releases.githubStatus, { "content-type": "application/json" })
    .end(JSON.stringify({ assets }));
}

function note(host: string, { url = "", headers }: IncomingMessage): void {
  const { authorization } = headers;
  releases.requests.push({ url: `https://${host}${url}`, authorization });
}

let cloud: Cloud;
let scratch: string;
let toolCache: string;
let temp: string;
/** A program that was run writes this file. */
let marker: string;
let good: Record<string, Buffer>;

beforeAll(async () => {
  cloud = await startCloud({
    engine: false,
    region: "eu-west-1",
    hosts: {
      "get.pulumi.com": answerDownload,
      "api.github.com": answerGithub,
    },
  });
  scratch = mkdtempSync(path.join(tmpdir(), "ai-gate-engine-"));
  marker = path.join(scratch, "was-run");
  const { root } = await provideEngine(silentProgress);
  const real = path.join(root, "bin", "pulumi");
  good = {
    [cli.archive]: pack("cli", (directory) =>
      script(path.join(directory, "pulumi", "pulumi"), `exec "${real}" "$@"`),
    ),
    [plugin.archive]: await packPlugin(),
  };
});

afterAll(async () => {
  await cloud.stop();
  rmSync(scratch, { recursive: true, force: true });
});

beforeEach(() => {
  toolCache = mkdtempSync(path.join(scratch, "tools-"));
  temp = mkdtempSync(path.join(scratch, "temp-"));
  rmSync(marker, { force: true });
  Object.assign(releases, {
    archives: good,
    digests: {},
    githubStatus: 200,
    requests: [],
  } satisfies Releases);
});

function script(file: string, text: string): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${text}\n`);
  chmodSync(file, 0o755);
}

/** @returns a .tar.gz of what `fill` puts into a directory. */
function pack(name: string, fill: (directory: string) => void): Buffer {
  const directory = path.join(scratch, name);
  mkdirSync(directory);
  fill(directory);
  return archiveOf(directory);
}

async function packPlugin(): Promise<Buffer> {
  const directory = path.join(scratch, "plugin");
  mkdirSync(directory);
  await writePluginLauncher(directory, process.execPath);
  return archiveOf(directory);
}

function archiveOf(directory: string): Buffer {
  const { stdout, status } = spawnSync("tar", ["-czf", "-", "."], {
    cwd: directory,
  });
  expect(status).toBe(0);
  return stdout;
}

/** Archives whose programs leave a mark when they are run. */
function evil(name: string): Record<string, Buffer> {
  const leaveMark = `echo run >> "${marker}"`;
  return {
    [cli.archive]: pack(`${name}-cli`, (directory) =>
      script(path.join(directory, "pulumi", "pulumi"), leaveMark),
    ),
    [plugin.archive]: pack(`${name}-plugin`, (directory) =>
      script(path.join(directory, "pulumi-resource-aws"), leaveMark),
    ),
  };
}

async function run(
  command = "preview",
  environment: Record<string, string> = {},
): Promise<RunResult> {
  return runAction({
    inputs: {
      command,
      stack: "prod",
      region: "eu-west-1",
      backend: "file://./state",
      path: "a",
      upstream: "https://upstream.example.com",
      tokens: "team-a=canary.0123456789abcdefghijklmnopqrstuv",
      "github-token": githubToken,
    },
    environment: {
      ...cloud.env,
      RUNNER_TEMP: temp,
      RUNNER_TOOL_CACHE: toolCache,
      PULUMI_CONFIG_PASSPHRASE: "canary-passphrase",
      // tool-cache waits 10 to 20 seconds between its attempts, unless these globals say otherwise.
      NODE_OPTIONS:
        "--import=data:text/javascript,globalThis.TEST_DOWNLOAD_TOOL_RETRY_MIN_SECONDS=0;globalThis.TEST_DOWNLOAD_TOOL_RETRY_MAX_SECONDS=0",
      ...environment,
    },
  });
}

function expectRefused(result: RunResult, message: RegExp): void {
  const errors = result.annotations.filter(({ level }) => level === "error");
  expect(errors.map((error) => error.message)).toEqual([
    expect.stringMatching(message),
  ]);
  expect(result.code).toBe(1);
  expect(result.outputs["failure-reason"]).toBe("engine");
  const said = result.stdout.replace(/^::add-mask::.*$/gm, "") + result.stderr;
  expect(said).not.toMatch(/^\s+at /m);
  expect(said).not.toContain("canary");
  expect(existsSync(marker)).toBe(false);
}

const keptIn = () => path.join(toolCache, "ai-gate-action");
const kept = (): string[] =>
  existsSync(keptIn()) ? readdirSync(keptIn()).sort() : [];

test("hosts that are refused: one clear line, nothing is run or kept", async () => {
  const closed = await startCloud({ engine: false, region: "eu-west-1" });
  try {
    const result = await run("preview", {
      HTTPS_PROXY: closed.env["HTTPS_PROXY"]!,
      https_proxy: closed.env["https_proxy"]!,
    });
    expectRefused(
      result,
      /^The engine could not be fetched from https:\/\/get\.pulumi\.com\/releases\/sdk\/pulumi-v.* \(.+\): allow that host, or put the archive into the directory ai-gate-action of the runner's tool cache$/,
    );
    expect(closed.proxy.refused()).toContain("get.pulumi.com:443");
    expect(kept()).toEqual([]);
  } finally {
    await closed.stop();
  }
});

test("a version that is not published", async () => {
  releases.archives = {};
  expectRefused(await run(), /could not be fetched from .*404/);
  expect(kept()).toEqual([]);
});

test("an archive that is not the one GitHub knows: neither unpacked nor run", async () => {
  releases.archives = evil("other");
  releases.digests = {
    [cli.archive]: sha256(good[cli.archive]!),
    [plugin.archive]: sha256(good[plugin.archive]!),
  };
  const result = await run();
  expectRefused(
    result,
    /^pulumi-v.*\.tar\.gz has SHA-256 [0-9a-f]{64}, but its release says [0-9a-f]{64}: it was not run; if a proxy alters downloads, let get\.pulumi\.com through, else try again later$/,
  );
  expect(kept()).toEqual([]);
});

test("a truncated archive", async () => {
  const whole = good[cli.archive]!;
  releases.archives = {
    ...good,
    [cli.archive]: whole.subarray(0, whole.length - 1),
  };
  releases.digests = { [cli.archive]: sha256(whole) };
  expectRefused(await run(), /has SHA-256/);
  expect(kept()).toEqual([]);
});

test.each<[string, Partial<Releases>, RegExp]>([
  [
    "an asset without a digest",
    { digests: { [cli.archive]: null } },
    /has no digest of it/,
  ],
  [
    "a digest of another kind",
    { digests: { [cli.archive]: "sha1:0123456789" } },
    /has no digest of it/,
  ],
  ["a GitHub that refuses", { githubStatus: 403 }, /: HTTP 403\)/],
  ["a release that is not there", { githubStatus: 404 }, /has no digest/],
])("no sum, no engine: %s", async (_, change, why) => {
  Object.assign(releases, { archives: evil(`no-sum-${_}`) }, change);
  const result = await run();
  expectRefused(
    result,
    /^No checksum for pulumi-v.* \(https:\/\/api\.github\.com\/repos\/pulumi\/pulumi\/releases\/tags\/v.*\): an archive that cannot be checked is not run; allow api\.github\.com, or use a version of the action whose engine\.lock\.json has it$/,
  );
  expect(result.stdout).toMatch(why);
  expect(kept()).toEqual([]);
});

test("a plugin that is not the published one is not run, whatever the CLI", async () => {
  releases.archives = {
    ...evil("bad-plugin"),
    [cli.archive]: good[cli.archive]!,
  };
  releases.digests = { [plugin.archive]: sha256(good[plugin.archive]!) };
  expectRefused(await run(), /^pulumi-resource-aws-v.* has SHA-256/);
  expect(kept()).toEqual([cli.archive]);
});

test("a good engine is checked, kept, and found again without a download", async () => {
  const first = await run();
  expect(first.outputs).toMatchObject({
    "failure-reason": "",
    verdict: "9 to create",
  });
  const asked = releases.requests.map(({ url }) => url);
  expect(asked).toEqual([
    `https://get.pulumi.com/releases/sdk/${cli.archive}`,
    `https://api.github.com/repos/pulumi/pulumi/releases/tags/v${cli.version}`,
    `https://get.pulumi.com/releases/plugins/${plugin.archive}`,
    `https://api.github.com/repos/pulumi/pulumi-aws/releases/tags/v${plugin.version}`,
  ]);
  expect(releases.requests.map(({ authorization }) => authorization)).toEqual([
    undefined,
    `Bearer ${githubToken}`,
    undefined,
    `Bearer ${githubToken}`,
  ]);
  expect(kept()).toEqual([plugin.archive, cli.archive].sort());
  // What was unpacked goes with the run.
  expect(readdirSync(temp)).toEqual(["ai-gate-summary.md"]);

  const second = await run();
  expect(second.outputs["verdict"]).toBe("9 to create");
  // It is checked anew, against what GitHub says.
  expect(releases.requests.slice(asked.length).map(({ url }) => url)).toEqual([
    asked[1],
    asked[3],
  ]);
});

describe("what was left on the runner is not run", () => {
  const leaveMark = () => `echo "$0" >> "${marker}"`;

  test("programs on PATH: the engine, its plugin, and what unpacks them", async () => {
    const directory = mkdtempSync(path.join(scratch, "path-"));
    for (const [name, text] of [
      ["pulumi", `echo v${cli.version}`],
      ["pulumi-resource-aws", "exit 1"],
      ["pulumi-language-nodejs", "exit 1"],
      ["tar", "exit 1"],
      ["gzip", "exit 1"],
      ["git", "exit 1"],
    ] as const)
      script(path.join(directory, name), `${leaveMark()}\n${text}`);
    const { code, outputs } = await run("up", {
      PATH: `${directory}:/usr/bin:/bin`,
    });
    expect(existsSync(marker)).toBe(false);
    expect({ code, ready: outputs["ready"] }).toEqual({
      code: 0,
      ready: "true",
    });
  });

  test("a plugin that waits to be attached to", async () => {
    const environment = { PULUMI_DEBUG_PROVIDERS: "aws:1" };
    const { outputs } = await run("preview", environment);
    expect(outputs["failure-reason"]).toBe("");
  });

  test("programs in the tool cache, as other actions unpack them there", async () => {
    const place = (name: string, version: string) =>
      path.join(toolCache, name, version, arch);
    const engine = place("pulumi", cli.version);
    const aws = place("pulumi-resource-aws", plugin.version);
    script(path.join(engine, "bin", "pulumi"), leaveMark());
    script(path.join(aws, "pulumi-resource-aws"), leaveMark());
    for (const one of [engine, aws]) writeFileSync(`${one}.complete`, "");
    const { outputs } = await run();
    expect(existsSync(marker)).toBe(false);
    expect(outputs["failure-reason"]).toBe("");
  });

  test.each([
    ["CLI", cli.archive],
    ["plugin", plugin.archive],
  ])("a kept %s that was changed", async (what, archive) => {
    await run();
    const file = path.join(keptIn(), archive);
    writeFileSync(file, evil(`kept-${what}`)[archive]!);
    const result = await run();
    expectRefused(
      result,
      /has SHA-256 [0-9a-f]{64}, but its release says [0-9a-f]{64}: it was not run; remove .*, and it is fetched again; find out who changed it$/,
    );
    expect(result.stdout).toContain(file);
  });
});

test("a CLI that does not run on this machine", async () => {
  releases.archives = {
    ...good,
    [cli.archive]: pack("broken-cli", (directory) =>
      script(path.join(directory, "pulumi", "pulumi"), "exit 1"),
    ),
  };
  const result = await run();
  expectRefused(
    result,
    /^The Pulumi CLI [\d.]+ does not run on this machine: use a Linux, macOS or Windows runner that allows programs in RUNNER_TEMP$/,
  );
});
