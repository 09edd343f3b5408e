// The AI services behind the gate, for one machine: answers as OpenAI and Anthropic do, told apart by the Host header, and
// records every request it received so that a test can say what reached the upstream and what did not.

import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { buffer } from "node:stream/consumers";
import { listen } from "../system/servers.ts";
import type { ReceivedRequest } from "./reply.ts";
import { answerAi, type Credential } from "./upstream-answers.ts";

export interface UpstreamOptions {
  /** Expected credentials by host; a host without one answers anybody. */
  readonly credentials?: Readonly<Record<string, Credential>>;
  /** Pause between the events of a stream; 30 ms when not given. */
  readonly chunkMs?: number;
  readonly port?: number;
}

export interface Upstream {
  readonly url: string;
  readonly port: number;
  /** Everything received since the start or the last `clear`, in order of arrival. */
  requests(): readonly ReceivedRequest[];
  clear(): void;
  /** Changes what a host expects from now on (a rotated key); undefined: nothing. */
  expectCredential(host: string, credential: Credential | undefined): void;
  stop(): Promise<void>;
}

/** Starts the services on loopback. Paths beside the AI ones: `/slow?ms=…`, `/hang`, `/redirect`. */
export async function startUpstream(
  options: UpstreamOptions = {},
): Promise<Upstream> {
  let received: ReceivedRequest[] = [];
  const credentials = new Map(Object.entries(options.credentials ?? {}));
  const serve = async (
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const seen = await read(request);
    received.push(seen);
    await answerAi(seen, response, {
      credential: credentials.get(seen.host),
      chunkMs: options.chunkMs ?? 30,
    });
  };
  const server = createServer((request, response) => {
    // A client that goes away in the middle is what some tests are about.
    serve(request, response).catch(() => response.destroy());
  });
  const listening = await listen(server, options.port);
  return {
    ...listening,
    requests: () => received,
    clear: () => {
      received = [];
    },
    expectCredential: (host, credential) => {
      if (credential === undefined) credentials.delete(host);
      else credentials.set(host, credential);
    },
  };
}

async function read(request: IncomingMessage): Promise<ReceivedRequest> {
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [
      name,
      Array.isArray(value) ? value.join(", ") : (value ?? ""),
    ]),
  );
  const bytes = await buffer(request);
  return {
    host: (headers.host ?? "").replace(/:\d+$/, ""),
    method: request.method ?? "",
    path: request.url ?? "",
    headers,
    body: bytes.toString(),
    bytes,
  };
}
