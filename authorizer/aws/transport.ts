// One bounded HTTP exchange. node:https is looked up when it is first needed: a static import from an ES module evaluates
// every lazy export of it, undici among them, and costs 16 to 19 ms of cold start on Node 22 and 24 (nodejs/node#57649).
import { Unavailable } from "../failure.ts";

export interface HttpRequest {
  readonly method: "GET" | "POST";
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Milliseconds until an answer must be complete; 1,500 when not given. */
  readonly timeout?: number | undefined;
  /** The largest answer in bytes; 512 KiB when not given. */
  readonly limit?: number | undefined;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

/** Sends and returns the whole answer, or rejects with Unavailable in time. Redirects are answers, not followed. */
export type Send = (request: HttpRequest) => Promise<HttpResponse>;

/** A secret has at most 64 KiB, and JSON may need several characters for one. */
const answerLimit = 512 * 1024;

/**
 * A POST goes over a connection that is kept, because the services of AWS are called often. A GET has its own: Lambda freezes
 * between calls, and minutes later a kept one is usually dead.
 */
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

/** The message of a network error is dropped, it could quote anything; its code (`ECONNREFUSED`) is kept. */
function toUnavailable(error: unknown): Unavailable {
  const { code } = error as { code?: unknown };
  return new Unavailable(
    typeof code === "string" ? code : "network",
    "passing",
  );
}
