import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  proveGate,
  type ProofRequest,
} from "../../../src/action/stack/prove.ts";
import { gate as buildGate } from "../../fixtures/proof-gates.ts";

let server: Server;
let baseUrl: string;
/** Resolved by the first request. */
let asked: Promise<void>;
let status: number | undefined;

beforeEach(async () => {
  let tell = () => {};
  asked = new Promise((resolve) => (tell = resolve));
  server = createServer((_, response) => {
    tell();
    // Undefined: a gate that never answers.
    if (status !== undefined) response.writeHead(status).end();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const request = (signal: AbortSignal): ProofRequest => ({
  gate: buildGate(),
  before: undefined,
  baseUrl,
  key: undefined,
  proofToken: undefined,
  timeout: 600,
  run: "42",
  mask: () => undefined,
  signal,
});

test.each<[string, number | undefined]>([
  ["a gate that never answers", undefined],
  ["a gate that is not there yet, asked again and again", 503],
])("a cancel ends the waiting for %s at once", async (_, answer) => {
  status = answer;
  const controller = new AbortController();
  const proof = proveGate(request(controller.signal));
  await asked;
  controller.abort();
  await expect(proof).rejects.toMatchObject({
    reason: "cancelled",
    message:
      "The run was cancelled during the proof: the gate is deployed, but not proved; run the job again",
  });
});

test("a run that is cancelled by then asks nothing twice", async () => {
  status = 503;
  await expect(proveGate(request(AbortSignal.abort()))).rejects.toMatchObject({
    reason: "cancelled",
  });
});
