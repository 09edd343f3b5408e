import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const script = path.join(
  import.meta.dirname,
  "../../../scripts/engine-lock.ts",
);
const run = promisify(execFile);

let server: Server;
let origin: string;
let home: string;
/** What is served in place of the archive of that name. */
let changed: ReadonlyMap<string, string>;
/** Archives that the release does not name. */
let absent: readonly string[];

const sha256 = (text: string) =>
  createHash("sha256").update(text).digest("hex");

/** GitHub's API and the origin of the archives, for any version: an archive holds its own name. */
function answer(url: string): string | undefined {
  const archive = /^\/releases\/(?:sdk|plugins)\/([^/]+)$/.exec(url)?.[1];
  if (archive !== undefined) return changed.get(archive) ?? archive;
  const [, repository, version] =
    /^\/repos\/pulumi\/([^/]+)\/releases\/tags\/(v[^/]+)$/.exec(url) ?? [];
  if (repository === undefined) return undefined;
  const names = ["linux", "darwin", "windows"].flatMap((system) =>
    repository === "pulumi"
      ? ["x64", "arm64"].map(
          (arch) =>
            `pulumi-${version}-${system}-${arch}.${system === "windows" ? "zip" : "tar.gz"}`,
        )
      : ["amd64", "arm64"].map(
          (arch) => `pulumi-resource-aws-${version}-${system}-${arch}.tar.gz`,
        ),
  );
  return JSON.stringify({
    assets: names
      .filter((name) => !absent.includes(name))
      .map((name) => ({ name, digest: `sha256:${sha256(name)}` })),
  });
}

beforeAll(async () => {
  server = createServer((request, response) => {
    const text = answer(request.url ?? "");
    response.writeHead(text === undefined ? 404 : 200).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

beforeEach(() => {
  changed = new Map();
  absent = [];
  home = mkdtempSync(path.join(tmpdir(), "ai-gate-engine-lock-"));
  writeFileSync(lockFile(), "{}\n");
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

const lockFile = () => path.join(home, "engine.lock.json");
const locked = () =>
  JSON.parse(readFileSync(lockFile(), "utf8")) as Record<string, string>;

const lock = async (...args: string[]) => {
  const env = {
    ENGINE_LOCK_ARCHIVES: origin,
    ENGINE_LOCK_FILE: lockFile(),
    ENGINE_LOCK_RELEASES: origin,
  };
  try {
    const { stdout } = await run(process.execPath, [script, ...args], { env });
    return { code: 0, stdout };
  } catch (error) {
    return error as { code: number; stdout: string };
  }
};

test("every archive of every platform has its sum, and a release may be made", async () => {
  expect((await lock("--check")).code).toBe(1);
  expect(await lock()).toMatchObject({ code: 0 });
  const sums = Object.entries(locked());
  expect(sums).toHaveLength(12);
  for (const [name, sum] of sums) expect(sum).toBe(sha256(name));
  expect(await lock("--check")).toEqual({ code: 0, stdout: "" });
});

test("an archive that its release does not know writes nothing", async () => {
  await lock();
  const [name = ""] = Object.keys(locked());
  writeFileSync(lockFile(), "{}\n");
  changed = new Map([[name, "another program"]]);
  const { code, stdout } = await lock();
  expect({ code, stdout }).toEqual({
    code: 1,
    stdout: expect.stringContaining("nothing was written") as string,
  });
  expect(locked()).toEqual({});
  changed = new Map();
  absent = [name];
  expect((await lock()).stdout).toContain(`has no SHA-256 of ${name}`);
  expect(locked()).toEqual({});
});

test("one that was never published for Windows on arm64 is left out", async () => {
  await lock();
  absent = Object.keys(locked()).filter((name) =>
    name.includes("-windows-arm64."),
  );
  expect(absent).toHaveLength(2);
  expect((await lock()).code).toBe(0);
  expect(Object.keys(locked())).toHaveLength(10);
  expect((await lock("--check")).code).toBe(0);
});

test("the check names each archive without a sum", async () => {
  await lock();
  const [name = "", ...rest] = Object.keys(locked());
  const sums = Object.fromEntries(rest.map((one) => [one, sha256(one)]));
  writeFileSync(lockFile(), JSON.stringify({ ...sums, [name]: "none" }));
  expect(await lock("--check")).toMatchObject({
    code: 1,
    stdout: `engine.lock.json has no SHA-256 of ${name}\nRun \`npm run engine:lock\` and commit the file\n`,
  });
});
