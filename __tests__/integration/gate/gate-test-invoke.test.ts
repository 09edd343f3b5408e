// The test calls of the proof, made of a gate's own document by the local API Gateway.
import {
  evaluateTestCalls,
  planTestCalls,
  readTestLog,
  type TestCall,
} from "../../../src/proof/test-invoke.ts";
import { gateFor, services } from "../../fixtures/gates.ts";
import { type RunningGate, stopAll } from "../../fixtures/local-gate.ts";

afterAll(stopAll);

const gate = gateFor(services("strip-headers: [X-Team]"));

async function resourceId({ control }: RunningGate, path: string) {
  const { item } = await control("GET", "/resources?limit=500");
  const all = item as { id: string; path: string }[];
  return all.find((one) => one.path === path)?.id ?? "";
}

async function logOf(it: RunningGate, call: TestCall): Promise<string> {
  const id = await resourceId(it, call.resource);
  const { log } = await it.control(
    "POST",
    `/resources/${id}/methods/${call.method}`,
    {
      pathWithQueryString: call.path,
      headers: call.headers,
    },
  );
  return String(log);
}

test("no header that the gate overwrites goes on as a caller wrote it, in either spelling", async () => {
  const calls = planTestCalls(gate.it.gate).filter(
    ({ tries }) => tries !== "path",
  );
  expect(calls).toHaveLength(8);
  for (const call of calls) {
    expect(Object.keys(call.headers)).toContain(
      call.tries === "headers" ? "X-Team" : "X-TEAM",
    );
    const log = await logOf(gate.it, call);
    expect(log).toContain("Endpoint request headers: {");
    expect([call.upstream, readTestLog(call, log)]).toEqual([
      call.upstream,
      { kind: "kept-back" },
    ]);
  }
  expect(gate.it.seen).toEqual([]);
});

const results = async () => {
  const it = gate.it;
  const made = await Promise.all(
    planTestCalls(it.gate).map(async (call) => ({
      call,
      reading: readTestLog(call, await logOf(it, call)),
    })),
  );
  return evaluateTestCalls(it.gate, made);
};

test("an encoded path arrives as the caller wrote it, and each upstream has its result", async () => {
  const [call] = planTestCalls(gate.it.gate).filter(
    ({ tries }) => tries === "path",
  );
  const log = await logOf(gate.it, call!);
  expect(log).toMatch(
    /Endpoint request URI: https:\/\/.*\/\.\.%2fzq7kx9%2Fa%25%3Fb$/m,
  );
  const all = await results();
  expect(all).toHaveLength(4);
  expect(new Set(all.map(({ status }) => status))).toEqual(new Set(["passed"]));
});

test("a mapping that is gone is found", async () => {
  const [call] = planTestCalls(gate.it.gate);
  const id = await resourceId(gate.it, call!.resource);
  await gate.it.control("PUT", `/resources/${id}/methods/GET/integration`, {
    type: "HTTP_PROXY",
    httpMethod: "GET",
    uri: "https://api.openai.com/v1/models",
    requestParameters: { "integration.request.header.X-Team": "'none'" },
  });
  expect(readTestLog(call!, await logOf(gate.it, call!))).toMatchObject({
    kind: "passed-on",
    headers: expect.arrayContaining(["x-api-key"]),
  });
  expect(await results()).toContainEqual(
    expect.objectContaining({ id: "received openai", status: "failed" }),
  );
});
