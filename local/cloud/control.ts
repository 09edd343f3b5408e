// How `npm run local -- stop` reaches the local cloud that is running: a Unix socket in the cache. Asking over it cannot
// hit a wrong process, as a remembered process id could.

import { rm } from "node:fs/promises";
import { connect, createServer } from "node:net";

export interface Control {
  /** Resolves when somebody asks for the end. */
  readonly asked: Promise<void>;
  /** Lets those who asked know that it is over. */
  close(): Promise<void>;
}

/** Undefined when another process listens there already. A socket left by one that was killed is replaced. */
export async function listenForStop(
  path: string,
): Promise<Control | undefined> {
  if (await listens(path)) return undefined;
  await rm(path, { force: true });
  const server = createServer();
  const asked = new Promise<void>((resolve) => {
    server.on("connection", (socket) => {
      socket.on("error", () => undefined);
      socket.on("data", () => resolve());
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(path, resolve);
  });
  const connections = new Set<{ end(): void }>();
  server.on("connection", (socket) => connections.add(socket));
  const close = async (): Promise<void> => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of connections) socket.end();
    await closed;
  };
  return { asked, close };
}

/** Asks whoever listens there to stop and waits until it has; false when nobody listens. */
export function askToStop(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => socket.write("stop\n"));
    socket.once("error", () => resolve(false));
    socket.once("close", (failed) => resolve(!failed));
    socket.resume();
  });
}

function listens(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path, () => socket.destroy());
    socket.once("error", () => resolve(false));
    socket.once("close", (failed) => resolve(!failed));
  });
}
