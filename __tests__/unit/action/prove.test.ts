import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { proveRun } from "../../../src/action/stack/prove.ts";
import { readInputs } from "../../../src/action/inputs/inputs.ts";
import { readJob } from "../../../src/action/job.ts";
import { hostWith } from "../../fixtures/host.ts";
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

const prove = (signal: AbortSignal) => {
  const url = { invokeUrl: baseUrl, baseUrl, apiId: "a", stageName: "v1" };
  const run = {
    command: "up" as const,
    gateId: "ai-gate/prod",
    region: "eu-west-1",
    stack: "prod",
    previewed: false,
    changes: [],
    urls: { ...url, region: "eu-west-1" },
    failure: undefined,
  };
  const getInput = (name: string) =>
    name === "proof-timeout" ? "600" : undefined;
  return proveRun(
    run,
    { gate: buildGate(), proofKey: undefined },
    {
      inputs: readInputs({ getInput, setSecret: () => undefined }),
      job: readJob({}),
      host: hostWith({ signal }),
    },
  );
};

test.each<[string, number | undefined]>([
  ["a gate that never answers", undefined],
  ["a gate that is not there yet, asked again and again", 503],
])("a cancel ends the waiting for %s at once", async (_, answer) => {
  status = answer;
  const controller = new AbortController();
  const proof = prove(controller.signal);
  await asked;
  controller.abort();
  expect((await proof).failure).toMatchObject({
    reason: "cancelled",
    message: expect.stringContaining("the gate is deployed, but not proved"),
  });
});

test("a run that is cancelled by then asks nothing twice", async () => {
  status = 503;
  const { failure } = await prove(AbortSignal.abort());
  expect(failure?.reason).toBe("cancelled");
});
