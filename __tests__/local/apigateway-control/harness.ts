// A started gateway with a dummy emulator behind, and what the tests of the control plane say again and again.

import type { AddressInfo } from "node:net";
import type { IncomingMessage, RequestListener } from "node:http";
import { createServer, request } from "node:http";
import type { DataPlane } from "../../../local/apigateway/data-plane.ts";
import type {
  Gateway,
  GatewayOptions,
} from "../../../local/apigateway/server.ts";
import { startGateway } from "../../../local/apigateway/server.ts";

export type Json = Record<string, unknown>;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly text: string;
  /** The parsed body; `{}` when it is empty. */
  readonly body: Json;
}

export const signed = (
  service: string,
  region = "us-east-1",
): Record<string, string> => ({
  authorization: `AWS4-HMAC-SHA256 Credential=test/20260101/${region}/${service}/aws4_request, SignedHeaders=host, Signature=x`,
});

export interface Send {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly headers?: Record<string, string>;
}

/** node:http and not fetch, because some tests set the Host header. */
export function send(
  url: string,
  { method, path, body, headers = {} }: Send,
): Promise<Answer> {
  const text =
    body === undefined
      ? ""
      : typeof body === "string"
        ? body
        : JSON.stringify(body);
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const length = { "content-length": Buffer.byteLength(text).toString() };
    const call = request(
      { hostname, port, method, path, headers: { ...length, ...headers } },
      (answer) => {
        const chunks: Buffer[] = [];
        answer.on("data", (chunk: Buffer) => chunks.push(chunk));
        answer.on("end", () => {
          const received = Buffer.concat(chunks).toString("utf8");
          const parsed = received.startsWith("{")
            ? (JSON.parse(received) as Json)
            : {};
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            text: received,
            body: parsed,
          });
        });
      },
    );
    call.on("error", reject).end(text);
  });
}

export interface Harness {
  readonly gateway: Gateway;
  readonly flushed: string[];
  /** A signed call to the control plane. */
  readonly call: (
    method: string,
    path: string,
    body?: unknown,
  ) => Promise<Answer>;
  /** The same, for answers that must be good; returns the body. */
  readonly ok: (method: string, path: string, body?: unknown) => Promise<Json>;
  readonly stop: () => Promise<void>;
}

export async function startHarness(
  options: Partial<GatewayOptions> = {},
  backend: RequestListener = (_, response) => response.writeHead(418).end(),
): Promise<Harness> {
  const emulator = createServer(backend);
  await new Promise<void>((resolve) =>
    emulator.listen(0, "127.0.0.1", resolve),
  );
  const flushed: string[] = [];
  const dataPlane: DataPlane = {
    handle(_, response, { record, stageName, path, query }) {
      response.end(
        JSON.stringify({ api: record.parts.api.name, stageName, path, query }),
      );
      return Promise.resolve();
    },
    flush: (api, stage) => void flushed.push(`${api} ${stage}`),
  };
  const { port } = emulator.address() as AddressInfo;
  const gateway = await startGateway({
    port: 0,
    backend: new URL(`http://127.0.0.1:${port}`),
    dataPlane,
    ...options,
  });
  const call: Harness["call"] = (method, path, body) =>
    send(gateway.url, { method, path, body, headers: signed("apigateway") });
  return {
    gateway,
    flushed,
    call,
    async ok(method, path, body) {
      const answer = await call(method, path, body);
      if (answer.status >= 300)
        throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
      return answer.body;
    },
    async stop() {
      await gateway.stop();
      emulator.closeAllConnections();
      await new Promise((resolve) => emulator.close(resolve));
    },
  };
}

/** What an answer says, for comparing errors in one go. */
export function refusal({ status, headers, body }: Answer): Json {
  return {
    status,
    type: headers["x-amzn-errortype"],
    message: body["message"],
  };
}

export const bad = (message: string): Json => ({
  status: 400,
  type: "BadRequestException",
  message,
});
export const missing = (message: string): Json => ({
  status: 404,
  type: "NotFoundException",
  message,
});
export const clash = (message: string): Json => ({
  status: 409,
  type: "ConflictException",
  message,
});
export const invalid = (message: string): Json => ({
  status: 400,
  type: "ValidationException",
  message,
});

export const items = (body: Json): Json[] => body["item"] as Json[];

/** One patch operation: its name, path and value. */
export type Patch = readonly [op: string, path: string, value?: string];

export const patch = (...operations: readonly Patch[]): Json => ({
  patchOperations: operations.map(([op, path, value]) => ({
    op,
    path,
    ...(value === undefined ? {} : { value }),
  })),
});

export const mock = {
  "x-amazon-apigateway-integration": {
    type: "mock",
    requestTemplates: { "application/json": '{"statusCode":200}' },
    responses: { default: { statusCode: "200" } },
  },
};

/** An OpenAPI document with the given paths and more. */
export const document = (paths: Json, more: Json = {}): Json => ({
  openapi: "3.0.1",
  info: { title: "gate", version: "1" },
  paths,
  ...more,
});

export async function newApi(
  { ok }: Harness,
  body: Json = {},
): Promise<{ id: string; root: string }> {
  const api = await ok("POST", "/restapis", { name: "test", ...body });
  return { id: String(api["id"]), root: String(api["rootResourceId"]) };
}

export async function imported(harness: Harness, body: Json): Promise<string> {
  return String(
    (await harness.ok("POST", "/restapis?mode=import", body))["id"],
  );
}

/** An API with one MOCK method, deployed to a stage. */
export async function deployed(
  harness: Harness,
): Promise<{ id: string; deployment: string; stage: string }> {
  const id = await imported(harness, document({ "/x": { get: mock } }));
  const deployment = String(
    (await harness.ok("POST", `/restapis/${id}/deployments`, {}))["id"],
  );
  await harness.ok("POST", `/restapis/${id}/stages`, {
    stageName: "v1",
    deploymentId: deployment,
  });
  return { id, deployment, stage: `/restapis/${id}/stages/v1` };
}

export const lambdaUri =
  "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:f/invocations";
