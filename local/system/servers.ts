// The little that every HTTP server of the local cloud needs: a loopback port, whole bodies, JSON answers, a sure end.

import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo, Server as NetServer, Socket } from "node:net";

export interface Listening {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly port: number;
  /** Ends open connections too. */
  stop(): Promise<void>;
}

/** Starts a server on 127.0.0.1; port 0 takes a free one. */
export async function listen(
  server: Server | NetServer,
  port = 0,
): Promise<Listening> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", resolve);
  });
  const address = server.address() as AddressInfo;
  const stop = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of sockets) socket.destroy();
    await closed;
  };
  return { url: `http://127.0.0.1:${address.port}`, port: address.port, stop };
}

/** The whole body as text. Rejects when the client goes away before its end. */
export async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

/** Sends the head that was written so far. `flushHeaders` would encode bytes over 127 a second time. */
export const sendHead = (response: ServerResponse): void =>
  void response.write(Buffer.alloc(0));

/**
 * Answers at once, but ends the answer only when the request is read: a client that is still sending would find the
 * connection reset before it has read the answer.
 */
export function answerEarly(
  request: IncomingMessage,
  response: ServerResponse,
  body: Buffer,
): void {
  if (request.complete || request.destroyed) {
    response.end(body);
    return;
  }
  response.write(body);
  const end = (): void => void response.end();
  request.once("end", end).once("close", end).once("error", end);
  request.resume();
}

export function answerJson(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, {
    "content-type": "application/json",
    ...headers,
  });
  response.end(JSON.stringify(body));
}

/** A JSON object, or undefined for anything else. */
export function parsedObject(
  text: string,
): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
