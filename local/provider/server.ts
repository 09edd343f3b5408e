// Runs the provider as a gRPC server on a loopback port, as the Pulumi engine expects of a plugin.
import {
  Server,
  ServerCredentials,
  status,
  type handleUnaryCall,
  type ServiceError,
} from "@grpc/grpc-js";
import type { Message } from "google-protobuf";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { providerHandlers } from "./handlers.ts";
import { HalfCreated } from "./lifecycle.ts";
import type { Surroundings } from "./session.ts";
import {
  type Handlers,
  initializationError,
  PROVIDER_SERVICE,
} from "./wire.ts";

export interface RunningProvider {
  readonly port: number;
  /** True while an engine is connected or a call is under way. */
  readonly isBusy: () => boolean;
  /** Ends at once, whatever is under way. */
  readonly stop: () => void;
}

/** State and code of a whole program pass in one message; grpc's 4 MiB are not enough. */
const NO_LIMIT = {
  "grpc.max_receive_message_length": -1,
  "grpc.max_send_message_length": -1,
};

export async function startProvider(
  surroundings: Surroundings,
): Promise<RunningProvider> {
  const grpc = new Server(NO_LIMIT);
  const calls = new Set<symbol>();
  grpc.addService(PROVIDER_SERVICE, implementation(surroundings, calls));
  const door = grpc.createConnectionInjector(
    ServerCredentials.createInsecure(),
  );
  const sockets = new Set<Socket>();
  // Own sockets instead of grpc's, because grpc does not tell how many engines are connected.
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    door.injectConnection(socket);
  });
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    listener.listen(0, "127.0.0.1", resolve);
  });
  return {
    port: (listener.address() as AddressInfo).port,
    isBusy: () => sockets.size > 0 || calls.size > 0,
    stop: () => {
      listener.close();
      grpc.forceShutdown();
      for (const socket of sockets) socket.destroy();
    },
  };
}

type Unary = handleUnaryCall<Message, Message>;

function implementation(
  surroundings: Surroundings,
  calls: Set<symbol>,
): Record<string, Unary> {
  const handlers = Object.entries(providerHandlers(surroundings));
  return Object.fromEntries(
    handlers.map(([name, handler]) => [name, unary(handler, calls)]),
  );
}

function unary(handler: Handlers[string], calls: Set<symbol>): Unary {
  return (call, callback) => {
    const mark = Symbol("call");
    calls.add(mark);
    answer(handler, call.request)
      .then(
        (message) => callback(null, message),
        (error: unknown) => callback(callError(error)),
      )
      .finally(() => calls.delete(mark));
  };
}

// Async, so that what a handler throws at once becomes a rejection too.
async function answer(
  handler: Handlers[string],
  request: Message,
): Promise<Message> {
  return handler(request as never);
}

function callError(error: unknown): Partial<ServiceError> {
  const details = error instanceof Error ? error.message : String(error);
  return error instanceof HalfCreated
    ? initializationError(error.state, details)
    : { code: status.UNKNOWN, details };
}
