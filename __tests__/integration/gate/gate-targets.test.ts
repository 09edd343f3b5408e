// Upstreams that are not a URL: what reaches a Lambda function, a SageMaker endpoint and nobody, through the real authorizer.
import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import OpenAI from "openai";
import {
  bearer,
  consumer,
  denied,
  everything,
  expectError,
  gateFor,
  messageOf,
  outcome,
  tokens,
  unauthorized,
} from "../../fixtures/gates.ts";
import { stopAll } from "../../fixtures/local-gate.ts";

afterAll(stopAll);

const arn = "arn:aws:lambda:eu-west-1:123456789012:function:tool:live";
const config = (more = "") => `${more}
upstreams:
  tool: { kind: lambda, arn: "${arn}" }
  scorer: { kind: sagemaker, endpoint: Scorer-v2 }
  trial: { kind: mock }
  busy: { kind: mock, status: 429, content-type: text/plain, body: "come again" }
routes:
  - { path: "/tool/{proxy+}", methods: [GET, POST], upstream: tool }
  - { path: "/jobs/{id}", methods: [POST], upstream: tool, stream: true, timeout: 60 }
  - { path: /score, upstream: scorer }
  - { path: "/trial/{proxy+}", methods: [ANY], upstream: trial }
  - { path: /busy, methods: [GET], upstream: busy }
consumers:
${consumer("team-a", '["/tool/**", "/jobs/{id}", /score, "/trial/**", /busy]')}
${consumer("team-b", "[/busy]")}
`;

const { headers } = bearer("team-a");

describe("a Lambda function", () => {
  const gate = gateFor(config("strip-headers: [x-team]\n"), {
    target: () => ({
      payload: { statusCode: 201, headers: { "x-from": "tool" }, body: "done" },
    }),
    stream: async function* () {
      yield Buffer.from('{"statusCode":202,"headers":{"x-from":"stream"}}');
      yield Buffer.concat([Buffer.alloc(8), Buffer.from("one ")]);
      await Promise.resolve();
      yield Buffer.from("two");
    },
  });
  beforeEach(() => void gate.it.targets.splice(0));

  test("gets the whole call, and the caller from the authorizer", async () => {
    const answer = await gate.it.ask("POST", "/tool/a%2Fb/c?q=1", {
      headers: { ...headers, "content-type": "application/json" },
      body: '{"x":1}',
    });
    expect(answer).toMatchObject({
      status: 201,
      body: "done",
      headers: { "x-from": "tool" },
    });
    const [call, ...others] = gate.it.targets;
    expect(others).toEqual([]);
    expect(call).toMatchObject({
      arn,
      event: {
        resource: "/tool/{proxy+}",
        httpMethod: "POST",
        pathParameters: { proxy: "a%2Fb/c" },
        queryStringParameters: { q: "1" },
        body: '{"x":1}',
        requestContext: { authorizer: { consumer: "team-a" } },
      },
    });
    // API Gateway cannot keep it back: docs/security.md says so.
    expect(call?.event).toHaveProperty(
      "headers.Authorization",
      `Bearer ${tokens["team-a"]}`,
    );
    expect(JSON.stringify(call?.event)).not.toContain('"credential"');
  });

  test.each([
    ["none", {}, unauthorized],
    [
      "an unknown one",
      { headers: { Authorization: "Bearer x" } },
      unauthorized,
    ],
    ["one of another route", bearer("team-b"), denied],
  ])("is not called with %s", async (_name, sent, expected) => {
    for (const path of ["/tool/x", "/jobs/1"])
      expect(outcome(await gate.it.ask("POST", path, sent))).toBe(expected);
    expect(gate.it.targets).toEqual([]);
  });

  test.each([
    "X-Gate-Consumer",
    "x-gate-consumer",
    "X_Gate_Consumer",
    "x-gate_consumer",
    "x-api-key",
    "X_API_KEY",
    "api-key",
    "x-goog-api-key",
    "Ocp-Apim-Subscription-Key",
    "Proxy_Authorization",
    "X-Original-URL",
    "x_rewrite_url",
    "X-Team",
    "x_team",
  ])("is not called with the header %s", async (name) => {
    for (const path of ["/tool/x", "/jobs/1"]) {
      const answer = await gate.it.ask("POST", path, {
        headers: { ...headers, [name]: "admin" },
      });
      expect(outcome(answer)).toBe(denied);
      expect(messageOf(answer)).toContain(
        `the header ${name.toLowerCase()} from the upstream: leave it out`,
      );
    }
    expect(gate.it.targets).toEqual([]);
  });

  test("is not called with the token anywhere but in its header", async () => {
    const token = tokens["team-a"];
    for (const [path, more] of [
      ["/tool/x", { Cookie: `a=${token}` }],
      ["/tool/x", { "x-other": token }],
      [`/tool/x?key=${token}`, {}],
      [`/tool/${token}`, {}],
    ] as const) {
      const sent = { headers: { ...headers, ...more } };
      expect(outcome(await gate.it.ask("POST", path, sent))).toBe(denied);
    }
    expect(gate.it.targets).toEqual([]);
  });

  test("is not called by another method, nor by a path that is another", async () => {
    const ask = async (path: string, sent: object) =>
      outcome(await gate.it.ask("POST", path, sent));
    for (const name of [
      "X-HTTP-Method-Override",
      "X-HTTP-Method",
      "x_method_override",
    ])
      expect(
        await ask("/tool/x", { headers: { ...headers, [name]: "GET" } }),
      ).toBe(denied);
    expect(await ask("/tool/..%2fx", { headers })).toBe(denied);
    expect(await ask("/tool//x", { headers })).toBe(denied);
    expect(gate.it.targets).toEqual([]);
  });

  test("may stream", async () => {
    const answer = await gate.it.ask("POST", "/jobs/7", { headers });
    expect(answer).toMatchObject({
      status: 202,
      body: "one two",
      headers: { "x-from": "stream" },
    });
    expect(gate.it.targets).toMatchObject([
      { arn, event: { pathParameters: { id: "7" } } },
    ]);
  });
});

describe("a function that API Gateway may not call", () => {
  const statement = (source: string) =>
    JSON.stringify({
      Statement: {
        Effect: "Allow",
        Principal: { Service: "apigateway.amazonaws.com" },
        Action: "lambda:InvokeFunction",
        Condition: {
          ArnLike: {
            "AWS:SourceArn": `arn:aws:execute-api:eu-west-1:123456789012:*/${source}`,
          },
        },
      },
    });
  const gate = gateFor(config(), {
    target: () => ({ payload: { statusCode: 200 } }),
    targetPolicy: statement("v1/GET/tool/*"),
  });

  test("is a 500 for each method and path that the permission does not name", async () => {
    const ask = async (method: string, path: string) =>
      outcome(await gate.it.ask(method, path, { headers }));
    expect(await ask("GET", "/tool/x")).toBe("200");
    expect(await ask("POST", "/tool/x")).toBe("500 API_CONFIGURATION_ERROR");
    expect(await ask("POST", "/jobs/1")).toBe("500 API_CONFIGURATION_ERROR");
    expect(gate.it.targets).toHaveLength(1);
  });
});

test("the user's own authorizer is asked behind the gate's, so that no caller names itself", async () => {
  const { isFronted } = await import("../../../src/gate/gate.ts");
  const own = {
    mode: "custom",
    type: "request",
    cacheTtl: 0,
    directory: "authorizer",
    runtime: "python3.13",
    handler: "a.b",
  } as const;
  const named = { name: "tool", tokenHeaders: ["Authorization"] };
  expect(
    isFronted({
      auth: own,
      upstreams: [{ ...named, kind: "lambda", functionArn: arn }],
    }),
  ).toBe(true);
  expect(
    isFronted({
      auth: own,
      upstreams: [{ ...named, kind: "sagemaker", endpoint: "x" }],
    }),
  ).toBe(false);
});

describe("a SageMaker endpoint", () => {
  const answers: Record<string, [number, string, string | Buffer]> = {
    ok: [200, "application/json", '{"predictions":[1]}'],
    image: [200, "image/png", Buffer.from([0x89, 0xff, 0])],
    invalid: [400, "application/json", '{"Message":"no"}'],
    odd: [418, "application/json", "{}"],
    model: [424, "application/json", '{"Message":"model"}'],
    busy: [429, "application/json", "{}"],
    own: [500, "application/json", "{}"],
    internal: [530, "application/json", "{}"],
    away: [503, "application/json", "{}"],
  };
  let answered = "ok";
  const gate = gateFor(
    config('cors: { origins: ["https://app.example.com"] }'),
    {
      answer: (_request, response) => {
        const [status, type, body] = answers[answered]!;
        response
          .writeHead(status, {
            "content-type": type,
            "x-amzn-invoked-production-variant": "A",
            "x-secret": "s",
          })
          .end(body);
      },
      rolePermits: ({ roleArn, action, resource }) =>
        Promise.resolve(
          roleArn === "arn:aws:iam::123456789012:role/scorer" &&
            action === "sagemaker:InvokeEndpoint" &&
            resource ===
              "arn:aws:sagemaker:eu-west-1:123456789012:endpoint/scorer-v2"
            ? "yes"
            : "denied",
        ),
    },
  );
  beforeEach(() => void (answered = "ok"));
  const score = (
    more: Record<string, string> = {},
    body: string | Buffer = "{}",
  ) =>
    gate.it.ask("POST", "/score", {
      headers: { ...headers, "Content-Type": "application/json", ...more },
      body,
    });

  test("gets the body, its type and three headers, with the role's signature, and nothing else", async () => {
    const answer = await score(
      {
        Accept: "text/csv",
        "X-Amzn-SageMaker-Custom-Attributes": "trace=1",
        "X-Amzn-SageMaker-Target-Model": "other.tar.gz",
        Cookie: "session=1",
        "X-Other": "y",
      },
      '{"instances":[1]}',
    );
    expect(answer).toMatchObject({
      status: 200,
      body: '{"predictions":[1]}',
      headers: {
        "content-type": "application/json",
        "x-amzn-invoked-production-variant": "A",
        "access-control-allow-origin": "https://app.example.com",
      },
    });
    expect(answer.headers).not.toHaveProperty("x-secret");
    const [call] = gate.it.seen;
    expect(call).toMatchObject({
      method: "POST",
      url: "/endpoints/Scorer-v2/invocations",
      body: '{"instances":[1]}',
      headers: {
        host: "runtime.sagemaker.eu-west-1.amazonaws.com",
        "content-type": "application/json",
        accept: "text/csv",
        "x-amzn-sagemaker-custom-attributes": "trace=1",
        "x-amz-security-token": "arn:aws:iam::123456789012:role/scorer",
        authorization: expect.stringContaining("/eu-west-1/sagemaker/"),
      },
    });
    expect(everything(gate.it.seen)).not.toContain(tokens["team-a"]);
    expect(Object.keys(call?.headers ?? {}).sort()).toEqual([
      "accept",
      "authorization",
      "connection",
      "content-length",
      "content-type",
      "host",
      "user-agent",
      "x-amz-security-token",
      "x-amzn-sagemaker-custom-attributes",
      "x-amzn-trace-id",
    ]);
  });

  test.each([
    ["ok", 200],
    ["invalid", 400],
    ["odd", 400],
    ["model", 424],
    ["busy", 429],
    ["own", 500],
    ["internal", 500],
    ["away", 503],
  ])("%s is %i, whatever the caller accepts", async (name, status) => {
    answered = name;
    expect((await score()).status).toBe(status);
    if (status > 200)
      expect((await score({ Accept: "image/png" })).status).toBe(status);
  });

  test("bytes pass both ways where their types say so", async () => {
    answered = "image";
    const bytes = Buffer.from([0xff, 0xd8, 0, 1]);
    const answer = await score(
      { "Content-Type": "image/jpeg", Accept: "image/png" },
      bytes,
    );
    expect(gate.it.seen[0]?.bytes).toEqual(bytes);
    expect(gate.it.seen[0]?.headers["content-type"]).toBe("image/jpeg");
    expect(answer.bytes).toEqual(answers["image"]?.[2]);
  });

  test.each([
    ["none", {}, unauthorized],
    ["one of another route", bearer("team-b"), denied],
  ])("is not called with %s", async (_name, sent, expected) => {
    expect(outcome(await gate.it.ask("POST", "/score", sent))).toBe(expected);
    expect(gate.it.seen).toEqual([]);
  });

  test("the token in a header that travels is refused", async () => {
    const token = tokens["team-a"];
    for (const name of ["Accept", "X-Amzn-SageMaker-Custom-Attributes"])
      expect(outcome(await score({ [name]: token }))).toBe(denied);
    expect((await score({ "x-api-key": token })).status).toBe(200);
    expect(everything(gate.it.seen)).not.toContain(token);
  });
});

describe("an endpoint whose role has lost its permission", () => {
  const gate = gateFor(config(), {
    rolePermits: () => Promise.resolve("denied"),
  });
  const lost = gateFor(config(), {
    rolePermits: () => Promise.resolve("not-assumable"),
  });

  test("is a 403 of the upstream's, or the gate's 500", async () => {
    const sent = { headers, body: "{}" };
    expect(outcome(await gate.it.ask("POST", "/score", sent))).toBe("403");
    const answer = await lost.it.ask("POST", "/score", sent);
    expectError(answer, "API_CONFIGURATION_ERROR");
    expect([...gate.it.seen, ...lost.it.seen]).toEqual([]);
  });
});

describe("header names with case, as documented of mappings", () => {
  const gate = gateFor(config(), { readings: { headerSources: "exact" } });

  test("the type arrives all the same", async () => {
    const small = { "content-type": "text/csv", accept: "text/csv" };
    await gate.it.ask("POST", "/score", {
      headers: { ...headers, ...small },
      body: "1,2",
    });
    expect(gate.it.seen[0]?.headers).toMatchObject({
      "content-type": "text/csv",
      // What API Gateway sends of its own accord.
      accept: "application/json",
    });
  });
});

describe("a mock", () => {
  const gate = gateFor(config('cors: { origins: ["*"] }'));

  test("answers callers only, and nobody is called", async () => {
    const ask = (path: string, sent = {}) => gate.it.ask("GET", path, sent);
    expect(outcome(await ask("/busy"))).toBe(unauthorized);
    expect(outcome(await ask("/trial/x", bearer("team-b")))).toBe(denied);
    expect(await ask("/busy", { headers })).toMatchObject({
      status: 429,
      body: "come again",
      headers: {
        "content-type": "text/plain",
        "access-control-allow-origin": "*",
      },
    });
    expect(gate.it.seen).toEqual([]);
  });

  test.each(["*/*", "application/octet-stream", "text/event-stream"])(
    "answers whatever is accepted: %s",
    async (accept) => {
      const sent = { headers: { ...headers, accept } };
      const answer = await gate.it.ask("POST", "/trial/a/b", sent);
      expect(answer.status).toBe(200);
      expect(JSON.parse(answer.body)).toMatchObject({ model: "mock" });
    },
  );

  test("answers OpenAI's SDK", async () => {
    const server = createServer((request, response) => {
      const { authorization = "", "content-type": type = "" } = request.headers;
      let body = "";
      request.on("data", (chunk: Buffer) => (body += chunk.toString()));
      request.on("end", () => {
        void gate.it
          .ask("POST", request.url ?? "", {
            headers: { authorization, "content-type": type },
            body,
          })
          .then(({ bytes, headers: given, status }) =>
            response
              .writeHead(status, {
                "content-type": given["content-type"] ?? "",
              })
              .end(bytes),
          );
      });
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    const client = new OpenAI({
      apiKey: tokens["team-a"],
      baseURL: `http://127.0.0.1:${port}/trial`,
    });
    const { choices } = await client.chat.completions.create({
      model: "any",
      messages: [{ role: "user", content: "hello" }],
    });
    expect(choices[0]?.message.content).toContain("gate's mock");
    server.close();
    server.closeAllConnections();
  });
});
