import http from "node:http";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import type {
  FunctionPolicy,
  InvokeFunction,
  InvokeStreaming,
} from "./collaborators.ts";
import { isRecord } from "./policy.ts";

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
  readonly bytes: Buffer;
}

/** Invokes functions with `POST /2015-03-31/functions/{name}/invocations`; rejects when the API refuses the call. */
export function invokeThrough(backend: URL): InvokeFunction {
  return async (functionArn, event) => {
    const answer = await call(backend, functionArn, {
      method: "POST",
      suffix: "invocations",
      event,
    });
    if (answer.status >= 300)
      throw new Error(`Lambda answered ${answer.status} for ${functionArn}`);
    const payload = parsePayload(answer.body);
    const functionError = answer.headers["x-amz-function-error"];
    return typeof functionError === "string"
      ? { payload, functionError }
      : { payload };
  };
}

/**
 * Invokes functions with InvokeWithResponseStream. The backend collects what a function writes, and has no runtime for streams: a
 * handler's text counts as what it wrote.
 */
export function invokeStreamingThrough(backend: URL): InvokeStreaming {
  return async (functionArn, event) => {
    const answer = await call(backend, functionArn, {
      method: "POST",
      version: "2021-11-15",
      suffix: "response-streaming-invocations",
      event,
    });
    if (answer.status >= 300)
      throw new Error(`Lambda answered ${answer.status} for ${functionArn}`);
    return Readable.from(pieces(answer.bytes));
  };
}

function* pieces(stream: Buffer): Generator<Buffer> {
  for (const { headers, payload } of eventStream(stream))
    if (headers.includes("PayloadChunk")) yield writtenText(payload);
    else if (payload.includes("errorCode"))
      throw new Error("the function failed");
}

/** Messages of `application/vnd.amazon.eventstream`: two lengths and a checksum, headers, payload, a checksum. */
function* eventStream(
  stream: Buffer,
): Generator<{ headers: Buffer; payload: Buffer }> {
  for (let at = 0; at < stream.length;) {
    const length = stream.readUInt32BE(at);
    const payloadAt = at + 12 + stream.readUInt32BE(at + 4);
    const headers = stream.subarray(at + 12, payloadAt);
    yield { headers, payload: stream.subarray(payloadAt, at + length - 4) };
    at += length;
  }
}

function writtenText(payload: Buffer): Buffer {
  const value = parsePayload(payload.toString());
  return typeof value === "string" ? Buffer.from(value) : payload;
}

/** Reads functions' resource policies with GetPolicy; undefined when there is no function or no policy. */
export function functionPolicyThrough(backend: URL): FunctionPolicy {
  return async (functionArn) => {
    const answer = await call(backend, functionArn, {
      method: "GET",
      suffix: "policy",
    });
    if (answer.status === 404) return undefined;
    if (answer.status >= 300)
      throw new Error(
        `Lambda answered ${answer.status} for the policy of ${functionArn}`,
      );
    const body = parsePayload(answer.body);
    const policy = isRecord(body) ? body["Policy"] : undefined;
    return typeof policy === "string" ? policy : undefined;
  };
}

/** The parser's own message would quote the payload, which may hold an upstream's credential. */
function parsePayload(body: string): unknown {
  if (body === "") return undefined;
  try {
    return JSON.parse(body);
  } catch {
    throw new Error("the Lambda API's answer is no JSON");
  }
}

/**
 * The backend keeps functions apart by account and region, and reads both from the credential scope; it checks no
 * signature, so there is none.
 */
function scope(functionArn: string): string {
  const [, , , region = "", account = ""] = functionArn.split(":");
  return `AWS4-HMAC-SHA256 Credential=${account}/20260101/${region}/lambda/aws4_request, SignedHeaders=host, Signature=none`;
}

/** node:http instead of fetch: a proxy set in the environment must not see loopback calls. */
function call(
  backend: URL,
  functionArn: string,
  {
    method,
    version = "2015-03-31",
    suffix,
    event,
  }: { method: string; version?: string; suffix: string; event?: unknown },
): Promise<Answer> {
  const body = event === undefined ? "" : JSON.stringify(event);
  const path = `/${version}/functions/${encodeURIComponent(functionArn)}/${suffix}`;
  const headers = {
    authorization: scope(functionArn),
    "content-type": "application/json",
    "content-length": Buffer.byteLength(body),
  };
  return new Promise((resolve, reject) => {
    const request = http.request(
      backend,
      { method, path, headers },
      (message) => {
        buffer(message).then((bytes) => {
          const { headers, statusCode: status = 0 } = message;
          resolve({ status, headers, body: bytes.toString(), bytes });
        }, reject);
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}
