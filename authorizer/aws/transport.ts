// node:https is imported when first needed: a static import costs 16 to 19 ms of cold start (nodejs/node#57649).
import { Unavailable } from "../failure.ts";

export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds for the whole answer; 1,500 by default. */
  readonly timeout?: number | undefined;
  /** Bytes; 512 KiB by default. */
  readonly limit?: number | undefined;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Rejects with Unavailable in time; redirects are not followed. */
export type Send = (request: HttpRequest) => Promise<HttpResponse>;

/** A secret has up to 64 KiB, and JSON escapes several characters for one. */
const answerLimit = 512 * 1024;

/** POSTs (AWS) keep their connection; a GET has its own, since Lambda freezes between calls. */
export function createSend(): Send {
  let agent: object | undefined;
  return ({ timeout = 1500, limit = answerLimit, ...request }) =>
    new Promise((resolve, reject) => {
      const { method, url, headers, body } = request;
      const fail = (error: unknown) => reject(toUnavailable(error));
      const http = process.getBuiltinModule(
        url.protocol === "http:" ? "node:http" : "node:https",
      );
      agent ??= new http.Agent({ keepAlive: true });
      const options = {
        method,
        headers,
        agent: method === "POST" && (agent as InstanceType<typeof http.Agent>),
        signal: AbortSignal.timeout(timeout),
      };
      const exchange = http.request(url, options, (response) => {
        const chunks: Buffer[] = [];
        let room = limit;
        response.on("data", (chunk: Buffer) => {
          chunks.push(chunk);
          room -= chunk.length;
          if (room >= 0) return;
          reject(new Unavailable("too large"));
          exchange.destroy();
        });
        response.on("error", fail);
        response.on("end", () => {
          const { statusCode: status = 0, headers: fields } = response;
          const text = Buffer.concat(chunks).toString();
          resolve({ status, headers: fields, body: text });
        });
      });
      exchange.on("error", fail);
      exchange.end(body);
    });
}

/** Only the error code (`ECONNREFUSED`): the message could quote anything. */
function toUnavailable(error: unknown): Unavailable {
  const { code } = error as { code?: unknown };
  return new Unavailable(
    typeof code === "string" ? code : "network",
    "passing",
  );
}
