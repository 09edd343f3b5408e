import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { version as awsVersion } from "@pulumi/aws/package.json";
import { version as pulumiVersion } from "@pulumi/pulumi/package.json";
import lock from "../../../engine.lock.json";
import { type EngineHost, prepareEngine } from "../../../src/deploy/engine.ts";

const names = {
  cli: `pulumi-v${pulumiVersion}-linux-x64.tar.gz`,
  plugin: `pulumi-resource-aws-v${awsVersion}-linux-amd64.tar.gz`,
};
const sums = lock as Record<string, string>;

let home: string;
let host: EngineHost;

beforeEach(() => {
  home = mkdtempSync(path.join(tmpdir(), "ai-gate-engine-"));
  const at = (name: string) => path.join(home, name);
  mkdirSync(at("temp"));
  mkdirSync(at("tools/ai-gate-action"), { recursive: true });
  host = {
    platform: "linux",
    arch: "x64",
    temp: at("temp"),
    toolCache: at("tools"),
    systemRoot: "",
    githubToken: "",
    log: () => undefined,
    warn: () => undefined,
  };
  keep(names.cli, "pulumi/pulumi", `echo v${pulumiVersion}`);
  keep(names.plugin, "pulumi-resource-aws", "exit 0");
});
afterEach(() => {
  rmSync(home, { recursive: true, force: true });
  for (const name of Object.values(names)) Reflect.deleteProperty(sums, name);
});

const kept = (name: string) => path.join(home, "tools/ai-gate-action", name);

/** Puts an archive with one program into the tool cache, and its sum into the lock. */
function keep(archive: string, program: string, text: string): void {
  const content = mkdtempSync(path.join(home, "content-"));
  mkdirSync(path.dirname(path.join(content, program)), { recursive: true });
  const file = path.join(content, program);
  writeFileSync(file, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  spawnSync("tar", ["-czf", kept(archive), "-C", content, "."]);
  const sum = createHash("sha256").update(readFileSync(kept(archive)));
  sums[archive] = sum.digest("hex");
}

test("what the lock names is taken from the tool cache, without a request", async () => {
  const { command, home: pulumiHome } = await prepareEngine(host);
  expect(path.relative(host.temp, command.command)).toMatch(
    /^pulumi-\w{6}\/bin\/pulumi$/,
  );
  expect(command.version?.version).toBe(pulumiVersion);
  expect(readdirSync(path.join(pulumiHome, "plugins"))).toEqual([
    `resource-aws-v${awsVersion}`,
  ]);
  // In the place of the directory that the engine writes its own log into.
  expect(statSync(path.join(pulumiHome, "logs")).isFile()).toBe(true);
  // The archives' copies take room.
  expect(readdirSync(host.temp)).toHaveLength(2);
});

test.each(Object.values(names))(
  "a changed %s is not unpacked",
  async (name) => {
    writeFileSync(kept(name), "changed");
    await expect(prepareEngine(host)).rejects.toMatchObject({
      reason: "engine",
      message: expect.stringMatching(
        /^pulumi.* has SHA-256 .*: it was not run; remove .*, and it is fetched again; find out who changed it$/,
      ) as string,
    });
    const unpacked = readdirSync(host.temp).filter(
      (one) => !one.endsWith(".gz"),
    );
    expect(unpacked).toEqual([]);
  },
);

test("a sum that lies beside the archive says nothing", async () => {
  writeFileSync(kept(names.cli), "changed");
  const sum = createHash("sha256").update("changed").digest("hex");
  writeFileSync(kept(`${names.cli}.sha256`), sum);
  await expect(prepareEngine(host)).rejects.toThrow(/has SHA-256/);
});

test("what the lock names and cannot be unpacked is one line", async () => {
  writeFileSync(kept(names.cli), "no archive");
  const sum = createHash("sha256").update("no archive").digest("hex");
  sums[names.cli] = sum;
  await expect(prepareEngine(host)).rejects.toThrow(
    /^pulumi-v.*\.tar\.gz could not be unpacked \([^\n]+\): see that the runner has .*tar and room on its disk$/,
  );
});

test.each<[NodeJS.Platform, string]>([
  ["freebsd", "x64"],
  ["linux", "ia32"],
])("there is no release for %s-%s", async (platform, arch) => {
  await expect(prepareEngine({ ...host, platform, arch })).rejects.toThrow(
    `Pulumi has no release for ${platform}-${arch}`,
  );
});
