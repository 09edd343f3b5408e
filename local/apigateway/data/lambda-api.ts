import http from "node:http";
import type { FunctionPolicy, InvokeFunction } from "./collaborators.ts";
import { isRecord } from "./policy.ts";

interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
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
    suffix,
    event,
  }: { method: string; suffix: string; event?: unknown },
): Promise<Answer> {
  const body = event === undefined ? "" : JSON.stringify(event);
  const path = `/2015-03-31/functions/${encodeURIComponent(functionArn)}/${suffix}`;
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
        const chunks: Buffer[] = [];
        message.on("data", (chunk: Buffer) => chunks.push(chunk));
        message.on("error", reject);
        message.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          resolve({
            status: message.statusCode ?? 0,
            headers: message.headers,
            body: text,
          });
        });
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}
