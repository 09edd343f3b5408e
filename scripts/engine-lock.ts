// `npm run engine:lock`: the SHA-256 of every archive of the engine into engine.lock.json, for the versions of package.json. Each is
// fetched and hashed, and must have the digest that GitHub publishes for the release asset: two origins that say the same.
// `-- --check` fetches nothing: it fails where an archive has no entry, before a release.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import project from "../package.json" with { type: "json" };
import { type Archive, archivesFor } from "../src/deploy/engine-archives.ts";

const file =
  process.env["ENGINE_LOCK_FILE"] ??
  path.join(import.meta.dirname, "../engine.lock.json");

const hosts = (["linux", "darwin", "win32"] as const).flatMap((platform) =>
  ["x64", "arm64"].map((arch) => ({ platform, arch })),
);
const { dependencies } = project;
const versions = {
  pulumi: dependencies["@pulumi/pulumi"],
  aws: dependencies["@pulumi/aws"],
};
const archives = hosts.flatMap((host) =>
  Object.values(archivesFor(host, versions)),
);

/** The tests serve a release: their origins in place of the public ones. */
const origins = {
  archives: process.env["ENGINE_LOCK_ARCHIVES"],
  releases: process.env["ENGINE_LOCK_RELEASES"],
};

const at = (url: string, origin: string | undefined): string =>
  origin === undefined ? url : origin + new URL(url).pathname;

interface Release {
  readonly assets: readonly {
    readonly name: string;
    readonly digest?: string;
  }[];
}

async function get(url: string): Promise<Response> {
  const token = process.env["GITHUB_TOKEN"];
  const isApi = new URL(url).host === "api.github.com";
  const response = await fetch(url, {
    headers: isApi && token ? { authorization: `Bearer ${token}` } : {},
  });
  if (!response.ok) throw new Error(`${url} answers ${response.status}`);
  return response;
}

const releases = new Map<string, Promise<Release>>();
function releaseOf(url: string): Promise<Release> {
  const known = releases.get(url);
  if (known !== undefined) return known;
  const made = get(url).then((one) => one.json() as Promise<Release>);
  releases.set(url, made);
  return made;
}

/** Not every version of both has been published for it. */
const optional = /-windows-arm64\./;

/** @throws Error where the two origins differ, or one of them has none that must be there */
async function sumOf({
  archive,
  release,
  url,
}: Archive): Promise<string | undefined> {
  const { assets } = await releaseOf(at(release, origins.releases));
  const published = /^sha256:([0-9a-f]{64})$/.exec(
    assets.find(({ name }) => name === archive)?.digest ?? "",
  )?.[1];
  if (published === undefined && optional.test(archive)) return undefined;
  if (published === undefined)
    throw new Error(`${release} has no SHA-256 of ${archive}`);
  const { body } = await get(at(url, origins.archives));
  const hash = createHash("sha256");
  if (body !== null)
    for await (const chunk of body as AsyncIterable<Uint8Array>)
      hash.update(chunk);
  const fetched = hash.digest("hex");
  if (fetched !== published)
    throw new Error(
      `${url} has SHA-256 ${fetched}, but ${release} says ${published}: nothing was written`,
    );
  return fetched;
}

async function fill(): Promise<void> {
  const sums: [string, string][] = [];
  for (const one of archives) {
    const sum = await sumOf(one);
    if (sum !== undefined) sums.push([one.archive, sum]);
    console.log(
      sum === undefined
        ? `${one.archive} was not published`
        : `${one.archive} has the digest of its release`,
    );
  }
  const text = JSON.stringify(Object.fromEntries(sums.sort()), null, 2);
  writeFileSync(file, `${text}\n`);
}

function check(): void {
  const lock = JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
  const missing = archives.filter(
    ({ archive }) =>
      !optional.test(archive) && !/^[0-9a-f]{64}$/.test(lock[archive] ?? ""),
  );
  for (const { archive } of missing)
    console.log(`engine.lock.json has no SHA-256 of ${archive}`);
  if (missing.length === 0) return;
  console.log("Run `npm run engine:lock` and commit the file");
  process.exitCode = 1;
}

try {
  if (process.argv.includes("--check")) check();
  else await fill();
} catch (error) {
  console.log(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
