// One HTTP call to the gate: through the runner's proxy, no redirect followed, nothing retried, little of the body read.
import { setTimeout as sleep } from "node:timers/promises";
import { HttpClient, type HttpClientResponse } from "@actions/http-client";
import {
  errorHeader,
  readErrorValue,
} from "../gate/openapi/gateway-responses.ts";
import {
  type Answer,
  type Ask,
  type BareError,
  bareErrors,
  type BodyMark,
  bodyMarks,
} from "./check.ts";

/** No more of a body is read than this. */
export const bodyLimit = 64 * 1024;
/** A buffered answer up to this size arrives as one piece; a longer one is cut by the transport, which proves nothing. */
const pieceLimit = 16 * 1024;

export interface AskOptions {
  /** URL of the stage, without a trailing slash. */
  readonly baseUrl: string;
  /** The host name that is asked for, where it is not the URL's: a domain whose DNS need not lead to the gate yet. */
  readonly host?: string | undefined;
  /** What the gate's own errors carry, and an upstream cannot know. */
  readonly marker: string;
  /** Seconds for the whole call; 30 unless given. */
  readonly timeout?: number;
}

/** For one call, through the runner's proxy. @param timeout seconds without a byte */
export const createClient = (timeout: number): HttpClient =>
  new HttpClient("ai-gate-action", [], {
    allowRedirects: false,
    allowRetries: false,
    keepAlive: false,
    socketTimeout: timeout * 1000,
  });

/** @returns a promise that is rejected when the time is up, and keeps no process alive */
export function timeUpAfter(seconds: number): Promise<never> {
  const timeUp = sleep(seconds * 1000, undefined, { ref: false }).then(() => {
    throw Object.assign(new Error("timeout"), { code: "ETIMEDOUT" });
  });
  // What is done in time no longer waits for it.
  timeUp.catch(() => undefined);
  return timeUp;
}
/** Node, and the proxy's tunnel, ask for the certificate of this name too. */
export const hostHeader = (host: string | undefined) =>
  host === undefined ? {} : { Host: host };

/** An `Ask` for one gate. It throws an `Error`, with the system's `code` where there is one, when no answer comes. */
export function createAsk({
  baseUrl,
  host,
  marker,
  timeout = 30,
}: AskOptions): Ask {
  return async ({ body = null, method, path, headers }) => {
    const client = createClient(timeout);
    const timeUp = timeUpAfter(timeout);
    try {
      // A POST without a body still says `Content-Length: 0`, which AI services refuse before any cost.
      const response = await Promise.race([
        client.request(method, `${baseUrl}${path}`, body, {
          ...headers,
          ...hostHeader(host),
        }),
        timeUp,
      ]);
      const isHead = method === "HEAD";
      const about = { baseUrl, host, isHead, marker, timeUp };
      return await readAnswer(response, about);
    } finally {
      client.dispose();
    }
  };
}

async function readAnswer(
  { message }: HttpClientResponse,
  {
    baseUrl,
    host,
    isHead,
    marker,
    timeUp,
  }: Pick<AskOptions, "baseUrl" | "host" | "marker"> & {
    isHead: boolean;
    timeUp: Promise<never>;
  },
): Promise<Answer> {
  const body = await Promise.race([
    lookAtBody(message),
    timeUp.catch(() => undefined),
  ]);
  message.destroy();
  const header = (name: string): string | undefined => {
    const value = message.headers[name];
    return value && [value].flat().join(", ");
  };
  const status = message.statusCode ?? 0;
  const gateError = readErrorValue(header(errorHeader), marker);
  const bareError =
    gateError === undefined
      ? bareErrorIn(message, isHead ? undefined : (body ?? {}))
      : undefined;
  const redirectsTo = isRedirect(status)
    ? hostBeside(baseUrl, host, header("location"))
    : undefined;
  const allowed = (["origin", "methods", "headers"] as const).flatMap(
    (what) => {
      const value = header(`access-control-allow-${what}`);
      return value === undefined ? [] : [[what, value] as const];
    },
  );
  return {
    status,
    ...(gateError !== undefined && { gateError }),
    ...(bareError !== undefined && { bareError }),
    chunked: header("transfer-encoding")?.includes("chunked") === true,
    // A body still coming when the time is up has been streaming.
    pieces: body?.pieces ?? 2,
    ...(body?.mark && { mark: body.mark }),
    ...(redirectsTo !== undefined && { redirectsTo }),
    allows: Object.fromEntries(allowed),
  };
}

/**
 * API Gateway renames headers of what an integration answers, `Date` among them.
 * @param body undefined where there cannot be one
 */
function bareErrorIn(
  { headers, statusCode }: HttpClientResponse["message"],
  body: Partial<SeenBody> | undefined,
): BareError | undefined {
  const isPassedOn = Object.keys(headers).some((name) =>
    name.startsWith("x-amzn-remapped-"),
  );
  if (statusCode !== 403 || isPassedOn) return undefined;
  return (Object.keys(bareErrors) as BareError[]).find((type) => {
    if (headers["x-amzn-errortype"] !== type) return false;
    const wanted = JSON.stringify({ message: bareErrors[type] });
    return body === undefined || body.text === wanted;
  });
}

const isRedirect = (status: number): boolean =>
  [301, 302, 303, 307, 308].includes(status);

/** @returns the host that a client of the gate is led to; undefined when it is the gate's own, or no host. */
function hostBeside(
  baseUrl: string,
  asked: string | undefined,
  location = "",
): string | undefined {
  const host = URL.parse(location, baseUrl)?.host;
  const own = [new URL(baseUrl).host, asked];
  return host && !own.includes(host) ? host : undefined;
}

interface SeenBody {
  readonly pieces: number;
  /** The whole body, where it is a short one. */
  readonly text: string | undefined;
  readonly mark: BodyMark | undefined;
}

/**
 * Reads until the end, the limit, an error (what came so far counts), or the second piece of what is no error: that it comes in
 * pieces is all there is to know.
 */
function lookAtBody(message: HttpClientResponse["message"]): Promise<SeenBody> {
  return new Promise((resolve) => {
    let pieces = 0;
    let size = 0;
    let end = "";
    let start = "";
    let mark: BodyMark | undefined;
    const isError = (message.statusCode ?? 0) >= 400;
    const finish = () => {
      const text = size === start.length ? start : undefined;
      resolve({ pieces, mark, text });
    };
    // Not `for await`, which may join pieces.
    message.on("data", (data: Buffer) => {
      size += data.length;
      if (size <= pieceLimit) pieces += 1;
      if (size <= shortLimit) start += data.toString("latin1");
      const text = end + data.toString("latin1");
      mark ??= bodyMarks.find((one) => text.includes(one));
      // A mark may begin in one piece and end in the next.
      end = text.slice(-longestMark);
      if ((pieces > 1 && !isError) || size >= bodyLimit) finish();
    });
    for (const event of ["end", "error", "close"]) message.on(event, finish);
  });
}

const shortLimit = 100;
const longestMark = Math.max(...bodyMarks.map(({ length }) => length));
