// What becomes of a body on its way through a deployed gate: uploads, compressed requests, large ones, WebSocket upgrades.
import { randomBytes } from "node:crypto";
import { gzipSync, zstdCompressSync } from "node:zlib";
import { binaryTypes } from "../../../src/gate/openapi/binary-types.ts";
import {
  bearer,
  consumer,
  denied,
  expectError,
  gateFor,
  messageOf,
  outcome,
} from "../../fixtures/gates.ts";
import { stopAll } from "../../fixtures/local-gate.ts";
import { beside, playedReadings } from "../../fixtures/readings.ts";

afterAll(stopAll);

const config = `
upstreams: { openai: { url: https://api.openai.com/v1 } }
routes:
  - { path: "/openai/{proxy+}", methods: [GET, POST], upstream: openai }
  - { path: /buffered, methods: [POST], upstream: openai, stream: false }
consumers:
${consumer("team-a")}`;
const gate = gateFor(config);
const file = randomBytes(100_000);

/** What `fetch` and the clients built on it send. */
async function form() {
  const fields = new FormData();
  fields.set("model", "whisper-1");
  fields.set("file", new Blob([file], { type: "audio/wav" }), "a.wav");
  const made = new Response(fields);
  return {
    type: made.headers.get("content-type") ?? "",
    body: Buffer.from(await made.arrayBuffer()),
  };
}

const post = (
  path: string,
  body: Buffer,
  headers: Record<string, string>,
  { it } = gate,
) =>
  it.ask("POST", path, {
    headers: { ...bearer("team-a").headers, ...headers },
    body,
  });

test("a form arrives as it was sent, where it streams and where it does not", async () => {
  const { type, body } = await form();
  for (const path of ["/openai/audio/transcriptions", "/buffered"]) {
    const answer = await post(path, body, { "content-type": type });
    expect(outcome(answer)).toBe("200");
  }
  for (const { bytes, headers } of gate.it.seen) {
    expect(bytes.equals(body)).toBe(true);
    expect(headers).toMatchObject({
      "content-type": type,
      "content-length": String(body.length),
    });
  }
  expect(gate.it.seen).toHaveLength(2);
});

test.each(binaryTypes)("a bare %s arrives as it was sent", async (type) => {
  await post("/openai/files", file, { "content-type": type });
  expect(gate.it.seen.map(({ bytes }) => bytes.equals(file))).toEqual([true]);
});

test.each(["application/json", "application/x-unknown", "image/*"])(
  "bytes of %s are read as text",
  async (type) => {
    await post("/openai/files", file, { "content-type": type });
    expect(gate.it.seen.map(({ bytes }) => bytes.equals(file))).toEqual([
      playedReadings.undeclaredBodies === "bytes",
    ]);
  },
);

test("a streamed answer is passed as it is; one that is not may not be compressed", async () => {
  const headers = { "accept-encoding": "gzip", "content-type": "text/plain" };
  await post("/openai/files", Buffer.from("x"), headers);
  await post("/buffered", Buffer.from("x"), headers);
  expect(gate.it.seen.map((one) => one.headers["accept-encoding"])).toEqual([
    "gzip",
    beside(["gzip"], ["identity"]).join(", "),
  ]);
});

describe("without the declaration", () => {
  const bare = gateFor(config);
  beforeAll(async () => {
    const patchOperations = binaryTypes.map((type) => ({
      op: "remove",
      path: `/binaryMediaTypes/${type.replace("/", "~1")}`,
    }));
    await bare.it.control("PATCH", "", { patchOperations });
    await bare.it.control("POST", "/deployments", { stageName: "v1" });
  });

  test("a form is broken", async () => {
    const { type, body } = await form();
    await post("/openai/files", body, { "content-type": type }, bare);
    const [seen] = bare.it.seen;
    expect(seen?.bytes.equals(body)).toBe(
      playedReadings.undeclaredBodies === "bytes",
    );
  });
});

describe("a compressed request", () => {
  const late = gateFor(config, {
    readings: { contentCoding: "after-authorizer" },
  });
  const json = { "content-type": "application/json" };
  const text = Buffer.from('{"model":"é"}');

  test("of gzip arrives decompressed, without the header", async () => {
    const headers = { ...json, "content-encoding": "gzip" };
    await post("/openai/responses", gzipSync(text), headers);
    expect(gate.it.seen.map(({ bytes }) => bytes)).toEqual([text]);
    expect(gate.it.seen[0]?.headers).not.toHaveProperty("content-encoding");
  });

  test("of zstd is a 415, in the gate's shape only once the call is authorized", async () => {
    const headers = { ...json, "content-encoding": "zstd" };
    const large = zstdCompressSync(randomBytes(300_000));
    const early = await post("/openai/responses", large, headers);
    expect(early.status).toBe(415);
    const answer = await post("/openai/responses", large, headers, late);
    expect(answer.status).toBe(415);
    expectError(answer, "UNSUPPORTED_MEDIA_TYPE");
    expect(messageOf(answer)).toContain("send the body without it");
    expect([...gate.it.seen, ...late.it.seen]).toEqual([]);
  });
});

test("over 10 MB is a 413 with API Gateway's own text, which cannot be changed", async () => {
  const answer = await post("/openai/files", Buffer.alloc(10_485_761, " "), {});
  expect(answer).toMatchObject({
    status: 413,
    body: '{"message":"HTTP content length exceeded 10485760 bytes."}',
  });
  expect(gate.it.seen).toEqual([]);
});

test("a WebSocket upgrade of a path with GET is refused with the reason", async () => {
  const answer = await gate.it.ask("GET", "/openai/realtime", {
    headers: {
      ...bearer("team-a").headers,
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    },
  });
  expect(outcome(answer)).toBe(denied);
  expect(messageOf(answer)).toContain(
    "does not take WebSocket calls: use HTTP",
  );
  expect(gate.it.seen).toEqual([]);
});
