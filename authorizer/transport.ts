// One bounded HTTP exchange. node:https is looked up when it is first needed: a static import from an ES module evaluates
// every lazy export of it, undici among them, and costs 16 to 19 ms of cold start on Node 22 and 24 (nodejs/node#57649).

export interface HttpRequest {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly body: string;
}

export type Send = (request: HttpRequest) => Promise<HttpResponse>;

const timeoutMilliseconds = 1500;
/** A secret has at most 64 KiB, and JSON may need several characters for one. */
const responseLimit = 512 * 1024;

/** Posts and returns the whole answer, or rejects within 1.5 s. Redirects are answers, not followed. */
export const send: Send = ({ url, headers, body }) =>
  new Promise((resolve, reject) => {
    const { request } = process.getBuiltinModule(
      url.protocol === "http:" ? "node:http" : "node:https",
    );
    // A fresh connection each time: Lambda freezes between calls, and a kept one is usually dead at the next refresh.
    const options = {
      method: "POST",
      headers,
      agent: false,
      signal: AbortSignal.timeout(timeoutMilliseconds),
    };
    const exchange = request(url, options, (response) => {
      const chunks: Buffer[] = [];
      let length = 0;
      response.on("data", (chunk: Buffer) => {
        chunks.push(chunk);
        length += chunk.length;
        if (length > responseLimit)
          exchange.destroy(new Error("response too large"));
      });
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          body: Buffer.concat(chunks).toString(),
        }),
      );
      response.on("error", reject);
    });
    exchange.on("error", reject);
    exchange.end(body);
  });
