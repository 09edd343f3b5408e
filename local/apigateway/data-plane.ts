// What the front of the local API Gateway asks of its data plane. Types only: the implementation lives in `data/`.

import type { IncomingMessage, ServerResponse } from "node:http";
import type { ApiRecord, Stage, Store } from "./model.ts";

/** Where a data-plane request goes: the front has found the API and split off the stage. */
export interface DataPlaneTarget {
  readonly record: ApiRecord;
  /** Undefined when the API has no stage of that name. */
  readonly stage: Stage | undefined;
  readonly stageName: string;
  /** What follows the stage: raw, still percent-encoded, starts with a slash. */
  readonly path: string;
  /** Raw query string without its question mark, "" when there is none. */
  readonly query: string;
  readonly store: Store;
}

export interface DataPlane {
  /** Answers one request; never rejects for anything the client or the backend did. */
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    target: DataPlaneTarget,
  ): Promise<void>;
  /** Forgets the cached authorizer results of a stage (FlushStageAuthorizersCache). */
  flush(apiId: string, stageName: string): void;
}
