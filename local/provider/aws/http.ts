// One signed HTTP request (Signature Version 4) to the endpoint of the local cloud.
import http from "node:http";
import https from "node:https";
import aws4 from "aws4";

export interface HttpCall {
  /** As in the signature's scope: `apigateway`, `iam`, … */
  readonly service: string;
  /** For errors only: `CreateRestApi`. */
  readonly operation: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface HttpAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
}

export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

export interface Target {
  /** `http://127.0.0.1:4566` or an https URL. */
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: Credentials;
}

/** A function that signs and sends. It throws only when no answer came. */
export function httpSender(
  target: Target,
): (call: HttpCall) => Promise<HttpAnswer> {
  const endpoint = new URL(target.endpoint);
  const transport = endpoint.protocol === "https:" ? https : http;
  return (call) =>
    new Promise((resolve, reject) => {
      const request = transport.request(
        signed(target, endpoint, call),
        (answer) => {
          const parts: Buffer[] = [];
          answer.on("data", (part: Buffer) => parts.push(part));
          answer.on("error", reject);
          answer.on("end", () => {
            const body = Buffer.concat(parts).toString("utf8");
            resolve({
              status: answer.statusCode ?? 0,
              headers: answer.headers,
              body,
            });
          });
        },
      );
      request.on("error", reject);
      request.end(call.body);
    });
}

function signed(
  target: Target,
  endpoint: URL,
  call: HttpCall,
): https.RequestOptions {
  const options = {
    host: endpoint.host,
    method: call.method,
    path: endpoint.pathname.replace(/\/$/, "") + call.path,
    service: call.service,
    // IAM has one region in each partition; its signatures name us-east-1.
    region: call.service === "iam" ? "us-east-1" : target.region,
    headers: { ...call.headers, "User-Agent": "ai-gate-stand-in" },
    body: call.body,
  };
  const { headers, method, path } = aws4.sign(options, target.credentials);
  return {
    hostname: endpoint.hostname,
    port: endpoint.port,
    method,
    path,
    headers: headers ?? {},
  };
}
