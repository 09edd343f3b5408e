// One HTTP call to the gate: through the runner's proxy, no redirect followed, nothing retried, little of the body read.
import { setTimeout as sleep } from "node:timers/promises";
import { HttpClient, type HttpClientResponse } from "@actions/http-client";
import {
  errorHeader,
  readErrorValue,
} from "../gate/openapi/gateway-responses.ts";
import type { Answer, Ask } from "./check.ts";

/** No more of a body is read than this; only its arrival matters. */
const bodyLimit = 64 * 1024;
/** A buffered answer up to this size arrives as one piece; a longer one is cut by the transport, which proves nothing. */
const pieceLimit = 16 * 1024;

export interface AskOptions {
  /** URL of the stage, without a trailing slash. */
  readonly baseUrl: string;
  /** What the gate's own errors carry, and an upstream cannot know. */
  readonly marker: string;
  /** Seconds for the whole call; 30 unless given. */
  readonly timeout?: number;
}

/** An `Ask` for one gate. It throws an `Error`, with the system's `code` where there is one, when no answer comes. */
export function createAsk({ baseUrl, marker, timeout = 30 }: AskOptions): Ask {
  return async ({ body = null, method, path, headers }) => {
    const client = new HttpClient("ai-gate-action", [], {
      allowRedirects: false,
      allowRetries: false,
      keepAlive: false,
      socketTimeout: timeout * 1000,
    });
    const timeUp = sleep(timeout * 1000, undefined, { ref: false });
    try {
      // A POST without a body still says `Content-Length: 0`, which AI services refuse before any cost.
      const response = await Promise.race([
        client.request(method, `${baseUrl}${path}`, body, { ...headers }),
        timeUp.then(() => {
          throw Object.assign(new Error("timeout"), { code: "ETIMEDOUT" });
        }),
      ]);
      return await readAnswer(response, marker, timeUp);
    } finally {
      client.dispose();
    }
  };
}

async function readAnswer(
  { message }: HttpClientResponse,
  marker: string,
  timeUp: Promise<void>,
): Promise<Answer> {
  const pieces = await Promise.race([countPieces(message), timeUp]);
  message.destroy();
  const headers = Object.fromEntries(
    Object.entries(message.headers).map(([name, value = ""]) => [
      name,
      [value].flat().join(", "),
    ]),
  );
  const gateError = readErrorValue(headers[errorHeader], marker);
  return {
    status: message.statusCode ?? 0,
    headers,
    ...(gateError !== undefined && { gateError }),
    chunked: headers["transfer-encoding"]?.includes("chunked") === true,
    // A body still coming when the time is up has been streaming.
    pieces: pieces ?? 2,
  };
}

/** Reads until the end, the limit, an error (what came so far counts), or the second piece, which is all there is to know. */
function countPieces(message: HttpClientResponse["message"]): Promise<number> {
  return new Promise((resolve) => {
    let pieces = 0;
    let size = 0;
    const finish = () => resolve(pieces);
    // Not `for await`, which may join pieces.
    message.on("data", (data: Buffer) => {
      size += data.length;
      if (size <= pieceLimit) pieces += 1;
      if (pieces > 1 || size >= bodyLimit) finish();
    });
    for (const event of ["end", "error", "close"]) message.on(event, finish);
  });
}
