// The front of the local cloud: one loopback server that every AWS call goes through. It serves API Gateway's data plane
// and control plane itself, passes every other service on to an emulator, and keeps the ledger.

import { Agent, createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { type Front, handle } from "./front/calls.ts";
import { type Authorizer, createFaults, type Fault } from "./front/faults.ts";
import { createLedger } from "./front/ledger.ts";
import { createLimits } from "./front/rate-limits.ts";
import {
  createStore,
  type DataPlane,
  type LedgerCall,
  type Store,
} from "./model.ts";

export interface GatewayOptions {
  /** 0 for any free one. */
  readonly port: number;
  /** The emulator of all other services. */
  readonly backend: URL;
  readonly dataPlane: DataPlane;
  /** Whether the published control-plane rate limits hold; off unless told. */
  readonly limits?: boolean;
  /** One line a call, and one for what went wrong in the front itself. */
  readonly log?: (line: string) => void;
  /** Milliseconds since the epoch; tests bring their own clock. */
  readonly now?: () => number;
}

export interface Gateway {
  readonly url: string;
  readonly ledger: readonly LedgerCall[];
  readonly store: Store;
  /** Empties the ledger, which else holds every call since the start. */
  forgetCalls(): void;
  setLimits(on: boolean): void;
  /** Lets the next matching calls (one unless `times` says more) fail as AWS would. */
  failNext(fault: Fault): void;
  /** No call fails any more. */
  forgetFaults(): void;
  /** Has every call of the AWS API decided, or none. */
  authorizeBy(authorizer: Authorizer | undefined): void;
  stop(): Promise<void>;
}

/** Starts the front on a loopback port; rejects when the port is taken. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const {
    backend,
    dataPlane,
    limits = false,
    now = Date.now,
    log = () => undefined,
  } = options;
  const front: Front = {
    backend,
    dataPlane,
    store: createStore(),
    ledger: createLedger(),
    faults: createFaults(),
    authorizer: undefined,
    limits: createLimits(limits, now),
    now,
    agent: new Agent({ keepAlive: true }),
    log,
  };
  const server = await listen(front, options.port);
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ledger: front.ledger.calls,
    store: front.store,
    forgetCalls: () => front.ledger.forget(),
    setLimits: (on) => front.limits.set(on),
    failNext: (fault) => front.faults.add(fault),
    forgetFaults: () => front.faults.clear(),
    authorizeBy: (authorizer) => {
      front.authorizer = authorizer;
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      front.agent.destroy();
      await closed;
    },
  };
}

async function listen(front: Front, port: number): Promise<Server> {
  const server = createServer((request, response) => {
    handle(front, request, response).catch((error: unknown) => {
      front.log(
        `error ${request.method ?? ""} ${request.url ?? ""}: ${String(error)}`,
      );
      if (!response.headersSent)
        response.writeHead(500, { "x-amzn-ErrorType": "InternalFailure" });
      response.end();
    });
  });
  // Streamed answers may be silent for minutes, and so may Lambda calls.
  server.requestTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject).listen(port, "127.0.0.1", resolve);
  });
  return server;
}
