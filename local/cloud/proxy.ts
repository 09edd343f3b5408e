// Lets URLs stay real: a CONNECT proxy on loopback that answers for the hosts it knows, with certificates of a throw-away
// authority, hands their requests to servers of this machine with the Host header as it came, and refuses all others.

import {
  createServer,
  request as openRequest,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import {
  createServer as createTlsServer,
  type Server as TlsServer,
} from "node:https";
import type { Socket } from "node:net";
import { createAuthority, type Authority } from "../system/certificates.ts";
import { answerEarly, listen, sendHead } from "../system/servers.ts";

/** The base URL of a loopback server, or a function that answers itself. */
export type ProxyTarget =
  string | ((request: IncomingMessage, response: ServerResponse) => void);

export interface ProxyOptions {
  /** Where requests for a host go; undefined refuses them. Asked for each connection. */
  readonly targetOf: (host: string) => ProxyTarget | undefined;
  readonly port?: number;
  /** Who signs the certificates; an authority of the proxy's own when not given. */
  readonly authority?: Authority;
}

export interface Proxy {
  readonly url: string;
  /** In PEM: what clients must trust. */
  readonly certificate: string;
  /** Every `host:port` (or plain http URL) that was refused, in order. */
  refused(): readonly string[];
  stop(): Promise<void>;
}

export async function startProxy(options: ProxyOptions): Promise<Proxy> {
  const { authority = await createAuthority() } = options;
  const refused: string[] = [];
  const hosts = new Map<string, Promise<TlsServer>>();
  // Only CONNECT is answered: no upstream and no gate is ever reached without TLS.
  const server = createServer((request, response) => {
    refused.push(request.url ?? "");
    response
      .writeHead(403)
      .end("The local cloud's proxy takes CONNECT only.\n");
  });
  server.on(
    "connect",
    (request: IncomingMessage, socket: Socket, head: Buffer) => {
      // A client that hangs up has its reasons.
      socket.on("error", () => socket.destroy());
      const host = knownHost(request.url ?? "", options);
      if (host === undefined) {
        refused.push(request.url ?? "");
        socket.end(
          "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nX-Local-Cloud: unknown host\r\n\r\n",
        );
        return;
      }
      const terminator = hosts.get(host) ?? terminate(host, authority, options);
      hosts.set(host, terminator);
      void terminator.then((terminating) => {
        socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
        if (head.length > 0) socket.unshift(head);
        terminating.emit("connection", socket);
      });
    },
  );
  const listening = await listen(server, options.port);
  return {
    url: listening.url,
    certificate: authority.certificate,
    refused: () => refused,
    stop: () => listening.stop(),
  };
}

/** The host of `host:443`, when somebody answers for it. */
function knownHost(
  authority: string,
  { targetOf }: ProxyOptions,
): string | undefined {
  const host = /^([a-z0-9.-]+):443$/i.exec(authority)?.[1]?.toLowerCase();
  return host !== undefined && targetOf(host) !== undefined ? host : undefined;
}

// Never listens: it is handed sockets that were opened by CONNECT.
async function terminate(
  host: string,
  authority: Authority,
  { targetOf }: ProxyOptions,
): Promise<TlsServer> {
  const { certificate, key } = await authority.issue(host);
  const server = createTlsServer(
    { cert: certificate, key, ALPNProtocols: ["http/1.1"] },
    (request, response) => {
      const target = targetOf(host);
      if (typeof target === "string")
        forward(new URL(target), request, response);
      else if (target !== undefined) target(request, response);
      else response.destroy();
    },
  );
  server.on("tlsClientError", (_error, socket) => socket.destroy());
  return server;
}

/** Of one connection only. What frames a body stays: the parser of the next hop goes by it. */
const ofConnection = new Set(["connection", "keep-alive", "proxy-connection"]);

function withoutConnection(raw: readonly string[]): string[] {
  const named = raw.map((_, at) => (raw[at - (at % 2)] ?? "").toLowerCase());
  return raw.filter((_, at) => !ofConnection.has(named[at] ?? ""));
}

/** Hands a request on to a loopback server, with its headers as they came. */
export function forward(
  target: URL,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const onward = openRequest({
    host: target.hostname,
    port: target.port,
    method: request.method,
    path: request.url,
    // As they came, in their order and case; the local API Gateway finds the API by Host.
    headers: [...withoutConnection(request.rawHeaders), "Connection", "close"],
    setHost: false,
    agent: false,
  });
  let answered = false;
  onward.on("response", (answer) => {
    answered = true;
    response.writeHead(
      answer.statusCode ?? 502,
      answer.statusMessage,
      withoutConnection(answer.rawHeaders),
    );
    // The head goes out before there is a body: a stream's first event may be long in coming.
    sendHead(response);
    answer.on("error", () => response.destroy());
    answer.pipe(response, { end: false });
    answer.on("end", () => answerEarly(request, response, Buffer.alloc(0)));
  });
  // Once there is an answer, it is what ends the exchange: a server may answer before it has read the whole request.
  onward.on("error", () => answered || response.destroy());
  onward.on("close", () => request.unpipe(onward).resume());
  response.on("close", () => onward.destroy());
  request.on("error", () => onward.destroy());
  request.pipe(onward);
}
