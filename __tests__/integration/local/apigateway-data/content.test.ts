// Conformance §4.9 and §9: which bodies are bytes, which are text, and what becomes of either.
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import type { Readings } from "../../../../local/apigateway/data/collaborators.ts";
import type { Integration } from "../../../../local/apigateway/model.ts";
import {
  backend,
  closeAll,
  integration,
  mock,
  record,
  serve,
} from "../../../fixtures/data-plane.ts";

afterEach(closeAll);

const bytes = Buffer.from([0x00, 0xff, 0xfe, 0x41, 0xc3, 0x28]);
const asText = Buffer.from("\0\uFFFD\uFFFDA\uFFFD(");
const asBase64 = Buffer.from(bytes.toString("base64"));
const binaryMediaTypes = ["image/png", "multipart/form-data", "*/test"];
const json = Buffer.from('{"message": "Internal server error"}');

interface Set {
  readonly integration?: Partial<Integration>;
  readonly types?: string[];
  readonly readings?: Partial<Readings>;
  readonly answer?: Readonly<Record<string, string>>;
}

/** `ANY /a` before a backend that answers with `bytes` under these headers. */
async function through(set: Set = {}) {
  const upstream = await backend((request, response) => {
    const body = String(request.headers["x-answer"] ?? "");
    response.writeHead(200, set.answer);
    response.end(body === "" ? bytes : body);
  });
  const methodIntegration = integration("HTTP_PROXY", {
    uri: upstream.url,
    httpMethod: "ANY",
    ...set.integration,
  });
  const api = { binaryMediaTypes: set.types ?? binaryMediaTypes };
  const made = record({ "/a": { ANY: { methodIntegration } } }, { api });
  const { ask } = await serve(made, {
    ...(set.readings && { readings: set.readings }),
  });
  return { ask, seen: upstream.seen };
}

describe("a request to an HTTP backend (§4.9)", () => {
  const form = "multipart/form-data; boundary=a";
  const toText = "CONVERT_TO_TEXT";
  const toBinary = "CONVERT_TO_BINARY";
  test.each<[string | undefined, string | undefined, Buffer, Buffer | 500]>([
    ["image/png", undefined, bytes, bytes],
    ["image/png", toBinary, bytes, bytes],
    ["image/png", toText, bytes, asBase64],
    [form, undefined, bytes, bytes],
    ["image/jpeg", undefined, bytes, asText],
    ["image/jpeg", toText, bytes, asText],
    ["image/jpeg", toBinary, asBase64, bytes],
    ["image/jpeg", toBinary, bytes, 500],
    ["IMAGE/PNG", undefined, bytes, asText],
    ["x/test", undefined, bytes, asText],
    ["application/json", undefined, Buffer.from("{é}"), Buffer.from("{é}")],
    [undefined, undefined, bytes, asText],
  ])("%s, %s", async (type, contentHandling, body, expected) => {
    const { ask, seen } = await through({
      integration: contentHandling ? { contentHandling } : {},
    });
    const headers = type === undefined ? {} : { "content-type": type };
    const { status } = await ask("POST", "/v1/a", { headers, body });
    const arrived = expected === 500 ? [] : [expected];
    expect(status).toBe(expected === 500 ? 500 : 200);
    expect(seen.map((one) => one.bytes)).toEqual(arrived);
    expect(seen.map((one) => one.headers["content-length"])).toEqual(
      arrived.map((one) => String(one.length)),
    );
  });

  test.each([
    [[], asText],
    [["image/*"], asText],
    [["*/*"], bytes],
  ])("binary types %j", async (types, expected) => {
    const { ask, seen } = await through({ types });
    const headers = { "content-type": "image/png" };
    await ask("POST", "/v1/a", { headers, body: bytes });
    expect(seen[0]?.bytes).toEqual(expected);
  });
});

describe("the answer of an HTTP backend (§4.9)", () => {
  test.each<[string, string | undefined, string, Buffer | 500]>([
    ["text/plain", undefined, "", asText],
    ["text/plain", "image/png", asBase64.toString(), bytes],
    ["text/plain", "image/png", "no base64", 500],
    ["image/png", undefined, "", asBase64],
    ["image/png", "*/*", "", asBase64],
    ["image/png", "image/*", "", asBase64],
    ["image/png", "image/png", "", bytes],
    ["image/png", "image/png, */*;q=0.8", "", bytes],
    ["image/png", "image/webp, image/png", "", asBase64],
    ["image/jpeg", "image/png", "", 500],
  ])("%s for Accept %s: %#", async (type, accept, body, expected) => {
    const { ask } = await through({ answer: { "content-type": type } });
    const headers = { ...(accept && { accept }), "x-answer": body };
    const answer = await ask("GET", "/v1/a", { headers });
    expect(answer.status).toBe(expected === 500 ? 500 : 200);
    expect(answer.bytes).toEqual(expected === 500 ? json : expected);
  });

  test("a compressed one is text too (§9)", async () => {
    const answer = { "content-encoding": "gzip", "content-type": "text/x" };
    const { ask } = await through({ answer });
    expect((await ask("GET", "/v1/a")).bytes).toEqual(asText);
  });

  test("passes as it is where it streams, whatever the types", async () => {
    const { ask } = await through({
      integration: { responseTransferMode: "STREAM" },
      answer: { "content-type": "text/plain" },
    });
    const headers = { accept: "image/png" };
    expect((await ask("GET", "/v1/a", { headers })).bytes).toEqual(bytes);
  });
});

/** `POST /a` with gateway responses of its own. */
const customised = (...types: string[]) =>
  record(
    { "/a": { POST: mock() } },
    {
      parts: {
        gatewayResponses: new Map(
          types.map((responseType) => [
            responseType,
            {
              responseType,
              defaultResponse: false,
              statusCode: "400",
              responseParameters: {},
              responseTemplates: { "application/json": "own" },
            },
          ]),
        ),
      },
    },
  );

describe("a compressed request (§9, developer guide: compressed payload)", () => {
  const text = Buffer.from('{"a":"é"}');
  test.each<[string, Buffer, Buffer | 415]>([
    ["gzip", gzipSync(text), text],
    ["GZIP", gzipSync(text), text],
    ["deflate", deflateSync(text), text],
    ["identity", text, text],
    ["gzip", text, 415],
    ["gzip", Buffer.alloc(0), Buffer.alloc(0)],
    ["br", brotliCompressSync(text), 415],
    ["zstd", text, 415],
    ["gzip, gzip", gzipSync(gzipSync(text)), 415],
  ])("%s: %#", async (coding, body, expected) => {
    for (const contentCoding of [
      "before-routing",
      "after-authorizer",
    ] as const) {
      const { ask, seen } = await through({ readings: { contentCoding } });
      const headers = {
        "content-type": "application/json",
        "content-encoding": coding,
      };
      const { status } = await ask("POST", "/v1/a", { headers, body });
      expect(status).toBe(expected === 415 ? 415 : 200);
      expect(seen.map((one) => one.bytes)).toEqual(
        expected === 415 ? [] : [expected],
      );
      for (const one of seen)
        expect(one.headers).not.toHaveProperty("content-encoding");
    }
  });

  test("of over 10 MB once it is decompressed is a 413", async () => {
    const { ask, seen } = await through();
    const { status } = await ask("POST", "/v1/a", {
      headers: { "content-encoding": "gzip" },
      body: gzipSync(Buffer.alloc(10_485_761)),
    });
    expect(status).toBe(413);
    expect(seen).toEqual([]);
  });

  test.each([
    ["before-routing", 415, '{"message":"Unsupported Media Type"}'],
    ["after-authorizer", 400, "own"],
  ] as const)("refused %s: %s %s", async (contentCoding, status, body) => {
    const { ask } = await serve(customised("UNSUPPORTED_MEDIA_TYPE"), {
      readings: { contentCoding },
    });
    const headers = { "content-encoding": "zstd" };
    const answer = await ask("POST", "/v1/a", { headers, body: "x" });
    expect(answer).toMatchObject({ status, body });
  });
});

test("a 413 cannot be customised (§9)", async () => {
  const { ask } = await serve(customised("REQUEST_TOO_LARGE", "DEFAULT_4XX"));
  expect(
    await ask("POST", "/v1/a", { body: Buffer.alloc(10_485_761) }),
  ).toMatchObject({
    status: 413,
    body: '{"message":"HTTP content length exceeded 10485760 bytes."}',
  });
});

describe("templates and bytes (§4.9)", () => {
  const answers = (contentHandling?: string) => ({
    integrationResponses: {
      "200": {
        statusCode: "200",
        responseTemplates: { "application/json": "ok" },
        ...(contentHandling && { contentHandling }),
      },
    },
  });
  const [text, binary] = ["CONVERT_TO_TEXT", "CONVERT_TO_BINARY"];
  test.each<[string, string | undefined, string | undefined, object, number]>([
    ["a text type", undefined, undefined, { "content-type": "text/x" }, 200],
    [
      "a binary type",
      undefined,
      undefined,
      { "content-type": "image/png" },
      500,
    ],
    ["a binary type", text, undefined, { "content-type": "image/png" }, 200],
    ["a text type", binary, undefined, { "content-type": "text/x" }, 500],
    ["a binary Accept", undefined, undefined, { accept: "image/png" }, 500],
    ["a binary Accept", undefined, text, { accept: "image/png" }, 200],
    ["a text Accept", undefined, binary, { accept: "text/x" }, 500],
  ])(
    "%s, request %s, response %s: %j is %i",
    async (_name, request, response, headers, status) => {
      const status200 = '{"statusCode": 200}';
      const requestTemplates = Object.fromEntries(
        ["application/json", "text/x", "image/png"].map((type) => [
          type,
          status200,
        ]),
      );
      const method = mock({
        requestTemplates,
        ...answers(response),
        ...(request && { contentHandling: request }),
      });
      const made = record(
        { "/a": { POST: method } },
        { api: { binaryMediaTypes } },
      );
      const { ask } = await serve(made);
      const answer = await ask("POST", "/v1/a", { headers: { ...headers } });
      expect(answer).toMatchObject({
        status,
        body: status === 200 ? "ok" : json.toString(),
      });
    },
  );
});
