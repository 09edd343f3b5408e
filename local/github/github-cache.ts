// GitHub's cache service, version 2, as `@actions/cache` 6.3.0 calls it: twirp in JSON for the entries, and signed URLs of a blob
// store for their content. An entry is found by its whole key and version; once it is finished it cannot be written again.

import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { AddressInfo } from "node:net";

interface CacheEntry {
  readonly version: string;
  readonly content: Buffer;
}

interface CacheRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

export interface CacheService {
  readonly url: string;
  /** What the runner gives to actions as ACTIONS_RUNTIME_TOKEN. */
  readonly token: string;
  /** By key. */
  readonly entries: Map<string, CacheEntry>;
  readonly requests: CacheRequest[];
  /**
   * `down` answers 503, `broken` what is no JSON, `silent` nothing, `dripping` a byte a moment, `cut` half of the content;
   * `denied` refuses to write, as for a token of a lower trust.
   */
  fault: CacheFault | undefined;
  stop(): Promise<void>;
}

export type CacheFault =
  "down" | "broken" | "silent" | "dripping" | "cut" | "denied";

const prefix = "/twirp/github.actions.results.api.v1.CacheService/";

export async function startCacheService(): Promise<CacheService> {
  const server = createServer((request, response) => {
    void answer(service, request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const service: CacheService = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    token: "runtime-token-of-the-job",
    entries: new Map(),
    requests: [],
    fault: undefined,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) =>
        server.close(() => {
          resolve();
        }),
      );
    },
  };
  return service;
}

async function answer(
  service: CacheService,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { headers, method = "", url = "" } = request;
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of request) chunks.push(chunk as Buffer);
  } catch {
    return;
  }
  const body = Buffer.concat(chunks);
  service.requests.push({ method, path: url, headers, body });
  const { fault } = service;
  if (fault === "silent") return;
  const said = answerTo(service, { headers, method, url, body }, response);
  if (said !== undefined) end(response, said.status, said.body);
}

/** @returns undefined where the response is on its way. */
function answerTo(
  service: CacheService,
  { body, headers, method, url }: Called,
  response: ServerResponse,
): { status: number; body: object } | undefined {
  const { fault } = service;
  if (fault === "down") return { status: 503, body: { msg: "unavailable" } };
  if (fault === "broken") {
    response.writeHead(200).end("<html>");
    return undefined;
  }
  if (url.startsWith("/blobs/"))
    return blob(service, { method, url, body }, response);
  if (headers.authorization !== `Bearer ${service.token}`)
    return { status: 401, body: { code: "unauthenticated", msg: "no token" } };
  const call = calls[url.slice(prefix.length)];
  if (!url.startsWith(prefix) || method !== "POST" || call === undefined)
    return { status: 404, body: { code: "bad_route", msg: "no such call" } };
  const said = call(service, JSON.parse(body.toString()) as Asked);
  return { status: said["code"] === undefined ? 200 : 403, body: said };
}

interface Called {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage["headers"];
  readonly body: Buffer;
}

interface Asked {
  readonly key: string;
  readonly version: string;
}

const open = new Map<string, Buffer>();

const calls: Readonly<
  Record<
    string,
    (service: CacheService, asked: Asked) => Record<string, unknown>
  >
> = {
  GetCacheEntryDownloadURL: ({ entries, url }, { key, version }) =>
    entries.get(key)?.version === version
      ? { ok: true, signed_download_url: signed(url, key), matched_key: key }
      : { ok: false },
  CreateCacheEntry: ({ entries, fault, url }, { key }) => {
    if (fault === "denied")
      return {
        code: "permission_denied",
        msg: "cache write denied: read-only",
      };
    if (entries.has(key)) return { ok: false, message: "already exists" };
    return { ok: true, signed_upload_url: signed(url, key) };
  },
  FinalizeCacheEntryUpload: ({ entries }, asked) => {
    const {
      key,
      size_bytes: size,
      version,
    } = asked as Asked & {
      size_bytes: string;
    };
    const content = open.get(key);
    if (content === undefined || String(content.length) !== size)
      return { ok: false, message: "the size is another" };
    entries.set(key, { version, content });
    open.delete(key);
    return { ok: true, entry_id: "1" };
  },
};

const signed = (url: string, key: string): string =>
  `${url}blobs/${encodeURIComponent(key)}?sv=2025-01-05&sig=signature`;

/** The part of Azure's blob store that a single-shot upload and a download need. */
function blob(
  { entries, fault }: CacheService,
  { body, method, url }: Omit<Called, "headers">,
  response: ServerResponse,
): ReturnType<typeof answerTo> {
  const { pathname, searchParams } = new URL(url, "http://blobs");
  if (searchParams.get("sig") !== "signature") return { status: 403, body: {} };
  const key = decodeURIComponent(pathname.slice("/blobs/".length));
  if (method === "PUT") {
    open.set(key, body);
    return { status: 201, body: {} };
  }
  const content = entries.get(key)?.content;
  if (content === undefined) return { status: 404, body: {} };
  response.writeHead(200, { "content-length": content.length });
  if (fault === "cut")
    response.write(content.subarray(0, content.length / 2), () =>
      response.destroy(),
    );
  else if (fault === "dripping") drip(response);
  else response.end(content);
  return undefined;
}

function drip(response: ServerResponse): void {
  const timer = setInterval(() => response.write("a"), 50);
  response.on("close", () => clearInterval(timer));
}

function end(response: ServerResponse, status: number, body: object): void {
  response
    .writeHead(status, { "content-type": "application/json" })
    .end(JSON.stringify(body));
}
