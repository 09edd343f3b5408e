import {
  type Agent,
  type IncomingMessage,
  request as send,
  type ServerResponse,
} from "node:http";
import { pipeline } from "node:stream";
import type { Entry } from "./ledger.ts";

// Of one connection only, so never passed on; `expect` was already answered by this server.
const hop = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "transfer-encoding",
  "te",
  "trailer",
  "upgrade",
  "expect",
]);

function endToEnd(raw: readonly string[]): string[] {
  const kept: string[] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) {
    const [name = "", value = ""] = raw.slice(index, index + 2);
    if (!hop.has(name.toLowerCase())) kept.push(name, value);
  }
  return kept;
}

interface Passage {
  readonly backend: URL;
  readonly agent: Agent;
  readonly entry: Entry;
  /** A body that was already read; otherwise the request is streamed. */
  readonly read: Buffer | undefined;
}

/** Resolves when the answer is through; a backend that cannot be reached gives 502. */
export function passOn(
  request: IncomingMessage,
  response: ServerResponse,
  passage: Passage,
): Promise<void> {
  const { backend, agent, entry, read } = passage;
  return new Promise((resolve) => {
    const options = {
      agent,
      host: backend.hostname,
      port: backend.port,
      method: request.method,
      path: request.url,
      headers: endToEnd(request.rawHeaders),
    };
    const upstream = send(options, (answer) => {
      const status = answer.statusCode ?? 502;
      // Whoever asked was killed meanwhile.
      if (response.destroyed) {
        answer.resume();
        entry.finish(status);
        resolve();
        return;
      }
      response.writeHead(status, endToEnd(answer.rawHeaders));
      pipeline(answer, response, () => {
        entry.finish(status);
        resolve();
      });
    });
    upstream.once("error", (error) => {
      entry.finish(502);
      if (!response.headersSent)
        response.writeHead(502, { "content-type": "text/plain" });
      response.end(
        `local cloud: ${backend.host} cannot be reached: ${error.message}`,
      );
      resolve();
    });
    request.on("data", (chunk: Buffer) => entry.body(chunk));
    if (read === undefined) request.pipe(upstream);
    else upstream.end(read);
  });
}
