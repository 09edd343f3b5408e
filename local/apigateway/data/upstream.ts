// One call to an HTTP backend: where it goes, its time limit, and the ways it can end without an answer.

import type { IncomingMessage } from "node:http";
import type { Readable } from "node:stream";
import { openDirectly, type OpenUpstream } from "./collaborators.ts";
import type { Exchange, Refusal } from "./exchange.ts";
import { encodePair, type HeaderPairs, nodeHeaders } from "./headers.ts";
import { configurationError, type MappedRequest } from "./mapping.ts";

export interface UpstreamRequest {
  readonly origin: URL;
  readonly method: string;
  /** Path and query as they go over the wire. */
  readonly path: string;
  readonly headers: HeaderPairs;
  readonly body: Buffer;
}

/** The time limit of a call. It ends early when the client goes away. */
export interface Call {
  readonly signal: AbortSignal;
  /** Why the call was given up, if it was. */
  ended(): "timeout" | "client" | undefined;
  clear(): void;
}

/** Largest request and buffered response body, in bytes. */
export const largestPayload = 10_485_760;

export const requestTooLarge: Refusal = {
  type: "REQUEST_TOO_LARGE",
  // Customising it is not supported (AWS: important notes).
  builtIn: true,
  message: `HTTP content length exceeded ${largestPayload} bytes.`,
};

export const timedOut: Refusal = {
  type: "INTEGRATION_TIMEOUT",
  message: "Endpoint request timed out",
};

export function startCall({ response }: Exchange, timeoutMs: number): Call {
  const controller = new AbortController();
  let reason: "timeout" | "client" | undefined;
  const end = (why: "timeout" | "client") => {
    reason ??= why;
    controller.abort();
  };
  const timer = setTimeout(() => end("timeout"), timeoutMs);
  const onClose = () => end("client");
  response.once("close", onClose);
  if (response.destroyed) end("client");
  return {
    signal: controller.signal,
    ended: () => reason,
    clear() {
      clearTimeout(timer);
      response.off("close", onClose);
    },
  };
}

/** Resolves with the backend's response head. Redirects are answers like any other. */
export function sendUpstream(
  request: UpstreamRequest,
  call: Call,
  open: OpenUpstream = openDirectly,
): Promise<IncomingMessage> {
  const { origin, method, path, headers, body } = request;
  return new Promise((resolve, reject) => {
    const outgoing = open(origin, {
      method,
      path,
      headers: nodeHeaders(headers),
      signal: call.signal,
    });
    outgoing.once("response", resolve);
    outgoing.on("error", reject);
    outgoing.once("close", () => reject(new Error("closed without an answer")));
    outgoing.end(body);
  });
}

/** What the client gets for a call that failed before its answer began; undefined when there is nobody to tell. */
export function failureOf(error: unknown, call: Call): Refusal | undefined {
  if (call.ended() === "client") return undefined;
  if (call.ended() === "timeout") return timedOut;
  const code = errorCode(error);
  // Node refuses to send a header or path with illegal characters, such as a line break in a mapped context value.
  if (/^ERR_(INVALID|UNESCAPED)/.test(code))
    return configurationError(`request cannot be sent: ${code}`);
  return {
    type: "INTEGRATION_FAILURE",
    message: "Network error communicating with endpoint",
    detail: code,
  };
}

function errorCode(error: unknown): string {
  const has = typeof error === "object" && error !== null && "code" in error;
  return has ? String(error.code) : "no code";
}

/**
 * The integration URI with mapped path values and query parameters: those of the URI first, then
 * `clientQuery` as it was sent, then the mapped ones. Split by hand, because URL parsing would resolve dot segments.
 */
export function upstreamAddress(
  uri: string | undefined,
  mapped: MappedRequest,
  clientQuery: string,
): { origin: URL; path: string } | undefined {
  // Stage variables are not served.
  if (uri === undefined || uri.includes("${")) return undefined;
  const filled = uri.replace(
    /\{([^{}]+)\}/g,
    (all, name: string) => mapped.path[name] ?? all,
  );
  const [, origin, path = "", query = ""] =
    /^(https?:\/\/[^/?]+)([^?]*)(?:\?(.*))?$/is.exec(filled) ?? [];
  if (origin === undefined || !URL.canParse(origin)) return undefined;
  const queries = [query, clientQuery, ...mapped.query.map(encodePair)].filter(
    (part) => part !== "",
  );
  const sent =
    (path === "" ? "/" : path) +
    (queries.length > 0 ? `?${queries.join("&")}` : "");
  return {
    origin: new URL(origin),
    path: sent.replace(/[^\x21-\x7e]/g, encodeURIComponent),
  };
}

/** The whole body, or undefined once it is over the limit; the rest is then read and thrown away. */
export function readUpTo(
  stream: Readable,
  limit: number,
): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    if (stream.destroyed) reject(new Error("closed before it was read"));
    const chunks: Buffer[] = [];
    let size = 0;
    stream.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else resolve(undefined);
    });
    stream.on("end", () => resolve(Buffer.concat(chunks)));
    stream.on("error", reject);
    stream.on("close", () => reject(new Error("closed before its end")));
  });
}

/** A buffered answer's body; undefined, and the backend is cut off, when it is larger than API Gateway takes. */
export async function readAnswer(
  answer: IncomingMessage,
): Promise<Buffer | undefined> {
  const body = await readUpTo(answer, largestPayload);
  if (!body) answer.destroy();
  return body;
}

/** AWS's words for it in its execution log. */
export const answerTooLarge = configurationError(
  "integration response is larger than allowed maximum",
);
