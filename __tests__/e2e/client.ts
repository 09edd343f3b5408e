// A caller of the gate: dials the real host name through the local cloud's proxy, as curl or an SDK would.
import { readFileSync } from "node:fs";
import { request as open } from "node:http";
import { request as openTls } from "node:https";
import { connect, type TLSSocket } from "node:tls";
import type { Cloud } from "../../local/cloud.ts";

export interface CallerAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
  /** Pieces the body arrived in. */
  readonly pieces: number;
}

/** Status and, of the gate's own errors, the type without the marker behind it. */
export function outcomeOf({ headers, status }: CallerAnswer): string {
  const error = headers["x-ai-gate-error"];
  return typeof error === "string"
    ? `${status} ${error.split(" ")[0] ?? ""}`
    : String(status);
}

export async function throughProxy(
  cloud: Cloud,
  call: {
    method: string;
    url: string;
    headers: Record<string, string>;
    body?: string;
  },
): Promise<CallerAnswer> {
  const url = new URL(call.url);
  const socket = await tunnel(cloud, url.hostname);
  const headers = { "content-type": "application/json", ...call.headers };
  return new Promise((resolve, reject) => {
    const request = openTls(
      url,
      { method: call.method, headers, createConnection: () => socket },
      (answer) => {
        const pieces: string[] = [];
        answer.setEncoding("utf8");
        answer.on("data", (piece: string) => pieces.push(piece));
        answer.on("end", () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            body: pieces.join(""),
            pieces: pieces.length,
          }),
        );
      },
    );
    request.on("error", reject);
    request.end(call.body);
  });
}

function tunnel(cloud: Cloud, host: string): Promise<TLSSocket> {
  const proxy = new URL(cloud.env["HTTPS_PROXY"]!);
  return new Promise((resolve, reject) => {
    const request = open({
      host: proxy.hostname,
      port: proxy.port,
      method: "CONNECT",
      path: `${host}:443`,
    });
    request.on("error", reject);
    request.on("connect", (_answer, socket) => {
      const ca = readFileSync(cloud.env["NODE_EXTRA_CA_CERTS"]!);
      const secure = connect({ socket, servername: host, ca }, () =>
        resolve(secure),
      );
      secure.on("error", reject);
    });
    request.end();
  });
}
