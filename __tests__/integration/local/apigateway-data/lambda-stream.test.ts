import type { Integration } from "../../../../local/apigateway/model.ts";
import { invokeStreamingThrough } from "../../../../local/apigateway/data/lambda-api.ts";
import {
  backend,
  closeAll,
  functionArn,
  integration,
  invocationUri,
  record,
  serve,
} from "../../../fixtures/data-plane.ts";

afterEach(closeAll);

const uri = invocationUri(functionArn)
  .replace("2015-03-31", "2021-11-15")
  .replace("invocations", "response-streaming-invocations");
const zeros = Buffer.alloc(8);
const start = (metadata: unknown) =>
  Buffer.concat([Buffer.from(JSON.stringify(metadata)), zeros]);

async function* pieces(
  ...all: readonly (Buffer | string | Error | Promise<unknown>)[]
) {
  for (const piece of all) {
    if (piece instanceof Error) throw piece;
    if (piece instanceof Promise) await piece;
    else yield Buffer.from(piece);
  }
}

const gate = (
  written: () => AsyncIterable<Buffer>,
  more: Partial<Integration> = {},
  collaborators = {},
) =>
  serve(
    record({
      "/a": {
        ANY: {
          methodIntegration: integration("AWS_PROXY", {
            uri,
            httpMethod: "POST",
            responseTransferMode: "STREAM",
            ...more,
          }),
        },
      },
    }),
    {
      invokeStreaming: () => Promise.resolve(written()),
      ...collaborators,
    },
  );

describe("AWS_PROXY with response streaming (developer guide)", () => {
  test.each<[string, readonly Buffer[], number, string]>([
    ["whole", [start({ statusCode: 201 }), Buffer.from("body")], 201, "body"],
    [
      "in one piece",
      [Buffer.concat([start({}), Buffer.from("body")])],
      200,
      "body",
    ],
    [
      "cut within its metadata",
      [Buffer.from('{"status'), Buffer.from('Code":404}\0\0'), zeros],
      404,
      "\0\0",
    ],
    ["without a body", [start({ statusCode: 204 })], 204, ""],
    ["with bytes", [start({}), Buffer.from([1, 0, 2])], 200, "\u0001\0\u0002"],
  ])("%s", async (_name, given, status, body) => {
    const { ask } = await gate(() => pieces(...given));
    expect(await ask("POST", "/v1/a")).toMatchObject({ status, body });
  });

  test("headers come as the function gives them, with API Gateway's own", async () => {
    const { ask } = await gate(() =>
      pieces(
        start({
          headers: { "Content-Type": "text/event-stream", Server: "s" },
          multiValueHeaders: { "X-A": ["1", "2"] },
        }),
      ),
    );
    const { headers } = await ask("GET", "/v1/a");
    expect(headers).toMatchObject({
      "content-type": "text/event-stream",
      "x-a": "1, 2",
      "x-amzn-remapped-server": "s",
      "x-amzn-requestid": expect.any(String) as string,
    });
  });

  test.each<[string, readonly (Buffer | string | Error)[]]>([
    ["a plain handler's result", ['{"statusCode":200,"body":"x"}']],
    ["nothing", []],
    ["metadata that is no JSON", [Buffer.concat([Buffer.from("x"), zeros])]],
    ["metadata that is no object", [start("x")]],
    ["an impossible status", [start({ statusCode: 99 })]],
    ["headers that are none", [start({ headers: "x" })]],
    ["an error", [new Error("thrown")]],
    [
      "metadata behind 16 KB",
      [Buffer.from(`{"a":"${"x".repeat(16_384)}"}`), zeros],
    ],
  ])("%s: 502", async (_name, given) => {
    const { ask } = await gate(() => pieces(...given));
    expect(await ask("POST", "/v1/a")).toMatchObject({
      status: 502,
      body: '{"message": "Internal server error"}',
    });
  });

  test("an error behind the start breaks the connection", async () => {
    const { ask } = await gate(() =>
      pieces(start({}), "some", new Error("thrown")),
    );
    await expect(ask("POST", "/v1/a")).rejects.toThrow();
  });

  const never = new Promise(() => undefined);
  test("silence before the start is a 504, and behind it a broken connection", async () => {
    const early = await gate(() => pieces(never), { timeoutInMillis: 50 });
    expect((await early.ask("POST", "/v1/a")).status).toBe(504);
    const late = await gate(
      () => pieces(start({}), "some", never),
      {},
      {
        streamIdleMs: 50,
      },
    );
    await expect(late.ask("POST", "/v1/a")).rejects.toThrow();
  });

  test.each<[string, Partial<Integration>, object]>([
    ["the URI of a whole answer", { uri: invocationUri(functionArn) }, {}],
    ["its URI without the mode", { responseTransferMode: "BUFFERED" }, {}],
    ["another method than POST", { httpMethod: "GET" }, {}],
    [
      "no permission",
      {},
      { functionPolicy: () => Promise.resolve('{"Statement":[]}') },
    ],
    ["nobody to stream", {}, { invokeStreaming: undefined }],
  ])("%s: 500", async (_name, more, collaborators) => {
    const { ask } = await gate(() => pieces(start({})), more, collaborators);
    expect((await ask("POST", "/v1/a")).status).toBe(500);
  });
});

describe("InvokeWithResponseStream of the backend", () => {
  /** A message of the event stream; checksums are not looked at. */
  function message(type: string, payload: string): Buffer {
    const headers = Buffer.from(
      `\u000b:event-type\u0007\0${String.fromCharCode(type.length)}${type}`,
    );
    const body = Buffer.from(payload);
    const prelude = Buffer.alloc(12);
    prelude.writeUInt32BE(12 + headers.length + body.length + 4, 0);
    prelude.writeUInt32BE(headers.length, 4);
    return Buffer.concat([prelude, headers, body, Buffer.alloc(4)]);
  }
  const read = async (answer: Buffer, status = 200) => {
    const lambda = await backend((_request, response) =>
      response.writeHead(status).end(answer),
    );
    const invoke = invokeStreamingThrough(new URL(lambda.url));
    const chunks: Buffer[] = [];
    for await (const chunk of await invoke(functionArn, { a: 1 }))
      chunks.push(chunk);
    return { text: Buffer.concat(chunks).toString(), seen: lambda.seen };
  };

  test("gives what the function wrote", async () => {
    const { seen, text } = await read(
      Buffer.concat([
        message("PayloadChunk", JSON.stringify("{}\0body")),
        message("PayloadChunk", '{"a":1}'),
        message("InvokeComplete", "{}"),
      ]),
    );
    expect(text).toBe('{}\0body{"a":1}');
    expect(seen[0]?.url).toBe(
      `/2021-11-15/functions/${encodeURIComponent(functionArn)}/response-streaming-invocations`,
    );
  });

  test("fails where it failed, or could not be called", async () => {
    await expect(
      read(message("InvokeComplete", '{"errorCode":500}')),
    ).rejects.toThrow("the function failed");
    await expect(read(Buffer.alloc(0), 404)).rejects.toThrow(
      "Lambda answered 404",
    );
  });
});
