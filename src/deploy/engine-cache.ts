// The engine's archives in the cache that GitHub keeps for a repository, for hosted runners, whose tool cache is empty in every job. An
// entry is the archive's bytes. `@actions/cache` is not used, though the calls are its (6.3.0): it unpacks what it gets with the `tar`
// of PATH and with absolute names, before anybody can look at its sum. What comes from here is as untrusted as a download.
import { createReadStream, createWriteStream } from "node:fs";
import { rm, stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { HttpClient, HttpClientError } from "@actions/http-client";
import lock from "../../engine.lock.json";
import type { Archive } from "./engine-archives.ts";
import { sha256 } from "./names.ts";

export interface EngineCache {
  /** A second call for an archive gets what the first has begun. @returns whether the file is there, whole but not checked. */
  restore(tool: Archive, file: string): Promise<boolean>;
  /** Begins to write a checked archive, which must stay until that has settled. */
  save(tool: Archive, file: string): void;
  readonly keyOf: (tool: Archive) => string;
  settled(): Promise<void>;
  /** Ends what is under way. */
  stop(): void;
}

export interface CacheHost {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: (line: string) => void;
  readonly signal: AbortSignal;
  /** Milliseconds after which a fetch is given up, and a write. */
  readonly limits?: { readonly restore: number; readonly save: number };
}

interface Access {
  readonly url: string;
  readonly token: string;
  readonly mayRead: boolean;
  readonly mayWrite: boolean;
}

/** More than any archive has; an entry may be anything of up to 10 GB. */
const mostBytes = 1_000_000_000;

/** @returns undefined where there is no such cache: a runner of one's own keeps the archives, an Enterprise Server has another service. */
export function createEngineCache({
  environment,
  limits = { restore: 30_000, save: 60_000 },
  log,
  signal,
}: CacheHost): EngineCache | undefined {
  const access = accessIn(environment);
  if (access === undefined) return undefined;
  const stop = new AbortController();
  const within = (milliseconds: number) =>
    AbortSignal.any([signal, stop.signal, AbortSignal.timeout(milliseconds)]);
  const restored = new Map<string, Promise<boolean>>();
  const saves: Promise<boolean>[] = [];
  const quietly = (what: string, work: Promise<boolean>) =>
    work.catch((error: unknown) => {
      if (!stop.signal.aborted)
        log(`GitHub's cache ${what} (${reasonOf(error)}); the run goes on`);
      return false;
    });
  return {
    keyOf,
    restore: ({ archive }, file) => {
      const begun =
        restored.get(archive) ??
        quietly(
          `does not give ${archive}`,
          read(access, { archive, file }, within(limits.restore)),
        );
      restored.set(archive, begun);
      return begun;
    },
    save: ({ archive }, file) => {
      saves.push(
        quietly(
          `does not take ${archive}`,
          write(access, { archive, file }, within(limits.save)),
        ),
      );
    },
    settled: async () => {
      await Promise.all(saves);
    },
    stop: () => stop.abort(),
  };
}

/** As the runner sets it for actions written in JavaScript. */
function accessIn(
  environment: Readonly<Record<string, string | undefined>>,
): Access | undefined {
  const get = (name: string) => environment[name] ?? "";
  const url = get("ACTIONS_RESULTS_URL");
  const token = get("ACTIONS_RUNTIME_TOKEN");
  const isHosted = get("RUNNER_ENVIRONMENT") === "github-hosted";
  const isGithub = /^https:\/\/(github\.com|[a-z0-9-]+\.ghe\.com)\/?$/.test(
    get("GITHUB_SERVER_URL"),
  );
  const hasService = isGithub && get("ACTIONS_CACHE_SERVICE_V2") !== "";
  if (!isHosted || !hasService || token === "" || !URL.canParse(url))
    return undefined;
  const mode = get("ACTIONS_CACHE_MODE").trim().toLowerCase();
  return {
    url,
    token,
    mayRead: !["none", "write-only"].includes(mode),
    // Of a pull request GitHub keeps an entry for that pull request alone: as many copies, which push out what others need.
    mayWrite:
      !["none", "read"].includes(mode) &&
      !get("GITHUB_REF").startsWith("refs/pull/"),
  };
}

/** Version, platform and architecture are in the archive's name; another lock has other entries. */
const keyOf = ({ archive }: Pick<Archive, "archive">): string =>
  `ai-gate-engine-${archive}-${sha256(JSON.stringify(lock)).slice(0, 16)}`;

/** Of the form of our entries: others of the same key are not found. */
const version = sha256("ai-gate-action: an archive as it is");

interface Entry {
  readonly archive: string;
  readonly file: string;
}

async function read(
  access: Access,
  { archive, file }: Entry,
  signal: AbortSignal,
): Promise<boolean> {
  if (!access.mayRead) return false;
  const key = keyOf({ archive });
  const { signed_download_url: url } = await ask(
    access,
    "GetCacheEntryDownloadURL",
    { key, version },
    signal,
  );
  if (url === undefined) return false;
  // Without the token: the URL is of a blob store.
  return using({}, signal, async (client) => {
    const { message } = await client.get(url);
    const { headers, statusCode = 0 } = message;
    if (statusCode !== 200) {
      message.destroy();
      throw new HttpClientError("", statusCode);
    }
    // Node takes no more than this of it.
    if (!(Number(headers["content-length"]) <= mostBytes)) {
      message.destroy();
      return false;
    }
    try {
      await pipeline(message, createWriteStream(file), { signal });
      return true;
    } catch (error) {
      await rm(file, { force: true });
      throw error;
    }
  });
}

async function write(
  access: Access,
  { archive, file }: Entry,
  signal: AbortSignal,
): Promise<boolean> {
  if (!access.mayWrite) return false;
  const entry = { key: keyOf({ archive }), version };
  const { size } = await stat(file);
  const { signed_upload_url: url } = await ask(
    access,
    "CreateCacheEntry",
    entry,
    signal,
  );
  // Another job was first.
  if (url === undefined) return false;
  const headers = {
    "content-length": size,
    "content-type": "application/octet-stream",
    "x-ms-blob-type": "BlockBlob",
  };
  await using({}, signal, async (client) => {
    const content = createReadStream(file);
    signal.addEventListener("abort", () => content.destroy());
    const { message } = await client.sendStream("PUT", url, content, headers);
    message.resume();
    if (message.statusCode !== 201)
      throw new HttpClientError("", message.statusCode ?? 0);
  });
  const sized = { ...entry, size_bytes: String(size) };
  await ask(access, "FinalizeCacheEntryUpload", sized, signal);
  return true;
}

interface Answer {
  readonly ok?: boolean;
  readonly signed_download_url?: string;
  readonly signed_upload_url?: string;
}

async function ask(
  { token, url }: Access,
  call: string,
  body: object,
  signal: AbortSignal,
): Promise<Answer> {
  const at = `/twirp/github.actions.results.api.v1.CacheService/${call}`;
  return using({ authorization: `Bearer ${token}` }, signal, async (client) => {
    const { result } = await client.postJson<Answer>(
      new URL(at, url).href,
      body,
    );
    return result?.ok === true ? result : {};
  });
}

/** One connection, which ends with the call or with the signal: an open one would hold the process. */
async function using<Result>(
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
  act: (client: HttpClient) => Promise<Result>,
): Promise<Result> {
  signal.throwIfAborted();
  const client = new HttpClient("ai-gate-action", [], {
    headers,
    allowRetries: false,
    keepAlive: true,
    socketTimeout: 10_000,
  });
  const aborted = new Promise<never>((_, reject) =>
    signal.addEventListener("abort", () => reject(signal.reason as Error)),
  );
  try {
    return await Promise.race([act(client), aborted]);
  } finally {
    client.dispose();
  }
}

/** An error's own text may hold a signed URL. */
function reasonOf(error: unknown): string {
  if (error instanceof HttpClientError) return `HTTP ${error.statusCode}`;
  const { code, name } = error as NodeJS.ErrnoException;
  if (typeof code === "string") return code;
  return name === "TimeoutError" ? "too slow" : "no usable answer";
}
