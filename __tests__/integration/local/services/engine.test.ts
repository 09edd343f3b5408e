import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  checksumOf,
  downloadChecked,
  unpack,
} from "../../../../local/tools/download.ts";
import {
  engineRelease,
  engineVersion,
  provideEngine,
} from "../../../../local/tools/engine.ts";
import { runCommand } from "../../../../local/system/processes.ts";
import { silentProgress } from "../../../../local/system/progress.ts";

const project = join(import.meta.dirname, "../../../..");
const sha256 = (content: Uint8Array): string =>
  createHash("sha256").update(content).digest("hex");

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "ai-gate-engine-test-"));
});
afterEach(() => rm(root, { recursive: true, force: true }));

/** An archive as Pulumi's: one folder `pulumi` with the CLI in it. */
async function archive(): Promise<Buffer> {
  await mkdir(join(root, "pulumi"));
  await writeFile(join(root, "pulumi", "pulumi"), "#!/bin/sh\necho v3\n", {
    mode: 0o755,
  });
  await runCommand({
    file: "tar",
    arguments: ["-czf", "a.tar.gz", "pulumi"],
    env: { PATH: process.env.PATH ?? "" },
    directory: root,
  });
  return readFileSync(join(root, "a.tar.gz"));
}

/** A web of these pages; undefined is a host out of reach, a number a status. */
function web(pages: Record<string, Uint8Array | string | number | undefined>) {
  const asked: string[] = [];
  const get = (url: string): Promise<Response> => {
    asked.push(url);
    const page = pages[url];
    if (page === undefined)
      return Promise.reject(new TypeError("fetch failed"));
    return Promise.resolve(
      typeof page === "number"
        ? new Response("", { status: page })
        : new Response(page as ConstructorParameters<typeof Response>[0]),
    );
  };
  return { get, asked };
}

const release = {
  url: "https://a.example/x.tar.gz",
  checksumsUrl: "https://b.example/sums.txt",
};
const content = Buffer.from("content");

test("an archive with the published checksum is taken", async () => {
  const { get } = web({
    [release.url]: content,
    [release.checksumsUrl]: `${sha256(content)}  x.tar.gz\n`,
  });
  expect(Buffer.from((await downloadChecked(release, get)) ?? [])).toEqual(
    content,
  );
});

test.each([
  [
    "another checksum",
    `${sha256(Buffer.from("other"))}  x.tar.gz\n`,
    /has SHA-256 .*, published is .*: not using/,
  ],
  [
    "no checksum of it",
    `${sha256(content)}  y.tar.gz\n`,
    /has no SHA-256 of x\.tar\.gz: not using/,
  ],
  ["an empty list", "", /has no SHA-256/],
])("%s is an error, never a fall-back", async (_name, sums, message) => {
  const { get } = web({ [release.url]: content, [release.checksumsUrl]: sums });
  await expect(downloadChecked(release, get)).rejects.toThrow(message);
});

test.each([
  ["checksums out of reach", { [release.url]: content }],
  [
    "checksums not there",
    { [release.url]: content, [release.checksumsUrl]: 404 },
  ],
  [
    "archive out of reach",
    { [release.checksumsUrl]: `${sha256(content)}  x.tar.gz\n` },
  ],
  [
    "archive forbidden",
    {
      [release.url]: 403,
      [release.checksumsUrl]: `${sha256(content)}  x.tar.gz\n`,
    },
  ],
])("%s means that it cannot be had", async (_name, pages) => {
  expect(await downloadChecked(release, web(pages).get)).toBeUndefined();
});

test.each([
  [`${"a".repeat(64)}  file`, "a".repeat(64)],
  [`${"A".repeat(64)} *file`, "a".repeat(64)],
  [`${"a".repeat(63)}  file`, undefined],
  [`${"a".repeat(64)}  file.sig`, undefined],
  [`${"a".repeat(64)}  a-file`, undefined],
])("%s", (line, expected) =>
  expect(checksumOf(`${"b".repeat(64)}  other\n${line}\n`, "file")).toBe(
    expected,
  ),
);

test("an unusable archive is an error", async () => {
  await expect(unpack(content, root)).rejects.toThrow(/cannot unpack/);
});

test("the official engine is taken first, once", async () => {
  const version = await engineVersion();
  const { url, checksumsUrl } = engineRelease(version);
  const file = await archive();
  const name = url.split("/").at(-1) ?? "";
  const { get, asked } = web({
    [url]: file,
    [checksumsUrl]: `${sha256(file)}  ${name}\n`,
  });
  const first = await provideEngine(silentProgress, get, root);
  expect(first).toMatchObject({ version, origin: "download" });
  expect(existsSync(join(first.root, "bin", "pulumi"))).toBe(true);
  expect(await provideEngine(silentProgress, get, root)).toEqual({
    ...first,
    origin: "cache",
  });
  expect(asked).toHaveLength(2);
});

test("a corrupted official engine is refused and not kept", async () => {
  const { url, checksumsUrl } = engineRelease(await engineVersion());
  const { get } = web({
    [url]: content,
    [checksumsUrl]: `${"0".repeat(64)}  ${url.split("/").at(-1) ?? ""}\n`,
  });
  await expect(provideEngine(silentProgress, get, root)).rejects.toThrow(
    /not using that download/,
  );
  await expect(provideEngine(silentProgress, get, root)).rejects.toThrow(
    /not using that download/,
  );
});

test("with neither the download nor Go, one clear line", async () => {
  const path = process.env.PATH;
  process.env.PATH = "/bin";
  try {
    await expect(
      provideEngine(silentProgress, web({}).get, root),
    ).rejects.toThrow(
      /^The Pulumi engine .* cannot be had: .* install Go 1\.25 or newer\.$/,
    );
  } finally {
    process.env.PATH = path;
  }
});

test("the source it would be built from is the SDK's version", async () => {
  const version = await engineVersion();
  const modules = readFileSync(
    join(project, "local/tools/engine/go.mod"),
    "utf8",
  );
  expect(modules).toContain(`github.com/pulumi/pulumi/pkg/v3 v${version} `);
  expect(modules).toContain(`github.com/pulumi/pulumi/sdk/v3 v${version} `);
});
