// The front of the local cloud: which call goes where, the ledger, faults and rate limits.

import type { IncomingMessage } from "node:http";
import {
  deployed,
  document,
  type Harness,
  imported,
  mock,
  type Send,
  send,
  signed,
  startHarness,
} from "../../../fixtures/control-plane.ts";

describe("data plane", () => {
  let harness: Harness;
  let id: string;
  beforeAll(async () => {
    harness = await startHarness();
    id = (await deployed(harness)).id;
  });
  afterAll(() => harness.stop());
  const host = (api: string, region = "us-east-1"): string =>
    `${api}.execute-api.${region}.amazonaws.com`;
  const get = (path: string, headers: Record<string, string> = {}) =>
    send(harness.gateway.url, { method: "GET", path, headers });

  const byHost = (path: string, more: Record<string, string> = {}) =>
    get(path, { host: host(id), ...more });
  const byPath = (path: string) => get(`/restapis/${id}/${path}`);

  test.each([
    ["host", () => byHost("/v1/a%2Fb/c?d=e%20f&d"), "/a%2Fb/c", "d=e%20f&d"],
    ["a port", () => byHost("/v1/a", { host: `${host(id)}:443` }), "/a", ""],
    ["host, stage alone", () => byHost("/v1"), "/", ""],
    ["LAM: host, two slashes in front", () => byHost("//v1/a"), "/a", ""],
    [
      "LAM: host, two slashes after the stage",
      () => byHost("/v1//a"),
      "//a",
      "",
    ],
    ["path", () => byPath("v1/_user_request_/a?b=c"), "/a", "b=c"],
    ["path, no more", () => byPath("v1/_user_request_"), "/", ""],
    ["host, signed", () => byHost("/v1/a", signed("apigateway")), "/a", ""],
  ])("by %s", async (_, ask, path, query) => {
    const { body } = await ask();
    expect(body).toEqual({ api: "gate", stageName: "v1", path, query });
  });

  test.each([
    ["unknown API", () => get("/v1/a", { host: host("abcdefghij") })],
    ["another region", () => get("/v1/a", { host: host(id, "eu-west-1") })],
    ["unknown stage", () => byHost("/v2/a")],
    ["no stage", () => byHost("/")],
    ["unknown stage by path", () => byPath("v2/_user_request_/a")],
  ])("forbidden: %s", async (_, ask) => {
    expect(await ask()).toMatchObject({
      status: 403,
      text: '{"message":"Forbidden"}',
      headers: { "x-amzn-errortype": "ForbiddenException" },
    });
  });

  test("is not in the ledger", async () => {
    const before = harness.gateway.ledger.length;
    await byHost("/v1/a");
    expect(harness.gateway.ledger).toHaveLength(before);
  });
});

describe("calls to other services", () => {
  const seen: {
    url: string | undefined;
    method: string | undefined;
    headers: IncomingMessage["headers"];
    body: string;
  }[] = [];
  let harness: Harness;
  beforeAll(async () => {
    harness = await startHarness({}, (request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        seen.push({
          url: request.url,
          method: request.method,
          headers: request.headers,
          body: Buffer.concat(chunks).toString(),
        });
        response.writeHead(202, { "x-from": "emulator" }).end("passed");
      });
    });
  });
  afterAll(() => harness.stop());
  const form = {
    "content-type": "application/x-www-form-urlencoded; charset=utf-8",
  };
  const get = (path: string): Send => ({ method: "GET", path });
  const put = (path: string, body: string): Send => ({
    method: "PUT",
    path,
    body,
  });
  const post = (path: string, body: unknown): Send => ({
    method: "POST",
    path,
    body,
  });
  const query = (body: string): Send => ({ ...post("/", body), headers: form });
  const target = (name: string): Send => ({
    ...post("/", {}),
    headers: { "x-amz-target": name },
  });
  const functions = "/2015-03-31/functions";
  const policy = `${functions}/arn%3Aaws%3Ax/policy?Qualifier=1`;
  const describeLogs = target("Logs_20140328.DescribeLogGroups");
  const head: Send = { method: "HEAD", path: "/bucket/key" };

  test.each<[string, string, boolean, Send]>([
    ["lambda", "CreateFunction", true, post(functions, { a: 1 })],
    ["lambda", "GetPolicy", false, get(policy)],
    ["lambda", "Invoke", false, post(`${functions}/f/invocations`, "{}")],
    ["lambda", "PUT /2099-01-01/new", true, put("/2099-01-01/new", "")],
    ["iam", "CreateRole", true, query("Action=CreateRole&Version=1")],
    ["sts", "GetCallerIdentity", false, query("Action=GetCallerIdentity")],
    ["logs", "DescribeLogGroups", false, describeLogs],
    ["dynamodb", "PutItem", true, target("DynamoDB_20120810.PutItem")],
    ["s3", "PutObject", true, put("/bucket/a/b%20c", "data")],
    ["s3", "ListObjectsV2", false, get("/bucket?list-type=2")],
    ["s3", "HeadObject", false, head],
  ])("%s %s", async (service, operation, write, { headers, ...request }) => {
    const answer = await send(harness.gateway.url, {
      ...request,
      headers: { ...signed(service), ...headers, "x-mine": "1" },
    });
    expect(answer).toMatchObject({
      status: 202,
      headers: { "x-from": "emulator" },
    });
    const { body: sent = "" } = request;
    const body = typeof sent === "string" ? sent : JSON.stringify(sent);
    expect(seen.at(-1)).toMatchObject({
      url: request.path,
      method: request.method,
      body,
      headers: { "x-mine": "1" },
    });
    expect(harness.gateway.ledger.at(-1)).toEqual({
      n: harness.gateway.ledger.length,
      service,
      caller: "test",
      agent: "",
      operation,
      write,
      method: request.method,
      path: request.path,
      status: 202,
      requestBody: body,
    });
  });

  // API Gateway's paths that are signed for another service, and HTTP APIs (v2).
  test.each([
    ["s3", "/restapis/bucket-key"],
    ["apigateway", "/v2/apis"],
  ])("signed for %s, %s is the emulator's", async (service, path) => {
    const sent = { ...get(path), headers: signed(service) };
    expect((await send(harness.gateway.url, sent)).text).toBe("passed");
  });

  test("unsigned control-plane paths are served here", async () => {
    const { body } = await send(harness.gateway.url, get("/restapis"));
    expect(body).toEqual({ item: [] });
  });

  test("of a large body the ledger keeps 100 kB, the emulator gets all", async () => {
    const body = "x".repeat(300_000);
    const sent = { ...put("/bucket/large", body), headers: signed("s3") };
    await send(harness.gateway.url, sent);
    expect(seen.at(-1)?.body).toHaveLength(300_000);
    expect(harness.gateway.ledger.at(-1)?.requestBody).toHaveLength(100_000);
  });

  test("control-plane calls are in the ledger with their bodies", async () => {
    await harness.call("POST", "/restapis", { name: "noted" });
    expect(harness.gateway.ledger.at(-1)).toMatchObject({
      service: "apigateway",
      operation: "CreateRestApi",
      write: true,
      status: 201,
      requestBody: '{"name":"noted"}',
    });
    await harness.call("GET", "/restapis/nope");
    expect(harness.gateway.ledger.at(-1)).toMatchObject({
      operation: "GetRestApi",
      write: false,
      status: 404,
    });
  });

  const named = /^\{"message":/;
  const createLogs = target("Logs_20140328.CreateLogGroup");
  const denied = "AccessDeniedException";
  test.each<[string, string, Send, string | RegExp]>([
    ["lambda", "CreateFunction", post(functions, {}), named],
    ["iam", "CreateRole", query("Action=CreateRole"), `<Code>${denied}</Code>`],
    ["logs", "CreateLogGroup", createLogs, `"__type":"${denied}"`],
    ["s3", "PutObject", put("/b/k", "x"), `<Error><Code>${denied}`],
    ["apigateway", "CreateRestApi", post("/restapis", { name: "n" }), named],
  ])(
    "fault: %s %s fails once, then passes",
    async (service, operation, { headers, ...request }, text) => {
      harness.gateway.failNext({
        service,
        operation,
        status: 403,
        errorType: denied,
        times: 1,
      });
      const sent = { ...request, headers: { ...signed(service), ...headers } };
      const ask = () => send(harness.gateway.url, sent);
      const failed = await ask();
      expect(failed.status).toBe(403);
      expect(failed.text).toMatch(text);
      expect(harness.gateway.ledger.at(-1)).toMatchObject({
        operation,
        status: 403,
      });
      expect((await ask()).status).toBeLessThan(300);
    },
  );

  test.each<[service: string, request: Send, status: number, text: string]>([
    [
      "lambda",
      post(functions, {}),
      403,
      '{"message":"The security token included in the request is invalid."',
    ],
    [
      "iam",
      query("Action=CreateRole"),
      403,
      "<Code>InvalidClientTokenId</Code>",
    ],
    ["sts", query("Action=GetCallerIdentity"), 403, "InvalidClientTokenId"],
    [
      "logs",
      { ...createLogs, body: "{}" },
      400,
      '"__type":"UnrecognizedClientException"',
    ],
    ["s3", put("/b/k", "x"), 403, "<Error><Code>InvalidAccessKeyId</Code>"],
    [
      "apigateway",
      post("/restapis", { name: "n" }),
      403,
      '{"message":"The security token',
    ],
  ])(
    "%s does not know an access key of a real account",
    async (service, { headers, ...request }, status, text) => {
      const authorization = (signed(service).authorization ?? "").replace(
        /Credential=[^/]*/,
        "Credential=AKIAIOSFODNN7EXAMPLE",
      );
      const answer = await send(harness.gateway.url, {
        ...request,
        headers: { ...signed(service), ...headers, authorization },
      });
      expect(answer.status).toBe(status);
      expect(answer.text).toContain(text);
    },
  );

  test.each<[service: string, request: Send, status: number, text: string]>([
    ["lambda", post(functions, {}), 403, '{"message":"no"'],
    [
      "iam",
      query("Action=CreateRole"),
      403,
      "<Code>AccessDenied</Code><Message>no",
    ],
    [
      "logs",
      { ...createLogs, body: "{}" },
      400,
      '"__type":"AccessDeniedException"',
    ],
    ["s3", put("/b/k", "x"), 403, "<Error><Code>AccessDenied</Code>"],
    ["apigateway", post("/restapis", { name: "n" }), 403, '{"message":"no"'],
  ])(
    "%s refuses a call that is not allowed, in its own form, and sees the others whole",
    async (service, { headers, ...request }, status, text) => {
      const sent = { ...request, headers: { ...signed(service), ...headers } };
      const ask = () => send(harness.gateway.url, sent);
      const asked: string[] = [];
      let answer: string | undefined = "no";
      harness.gateway.authorizeBy((call) => {
        asked.push(call.requestBody);
        return Promise.resolve(answer);
      });
      const refused = await ask();
      expect(refused.status).toBe(status);
      expect(refused.text).toContain(text);
      answer = undefined;
      expect((await ask()).status).toBeLessThan(300);
      const [first = ""] = asked;
      expect(asked).toEqual([first, first]);
      expect(first).not.toBe("");
      expect(harness.gateway.ledger.at(-1)?.requestBody).toBe(first);
      harness.gateway.authorizeBy(undefined);
      await ask();
      expect(asked).toHaveLength(2);
    },
  );
});

test("an emulator that is not there gives 502, not a hang", async () => {
  const backend = new URL("http://127.0.0.1:1");
  const harness = await startHarness({ backend });
  const answer = await send(harness.gateway.url, {
    method: "GET",
    path: "/b/k",
    headers: signed("s3"),
  });
  expect(answer.status).toBe(502);
  expect(harness.gateway.ledger.at(-1)?.status).toBe(502);
  await harness.stop();
});

describe("rate limits", () => {
  let clock = 0;
  let harness: Harness;
  beforeEach(async () => {
    clock = 1_000_000;
    harness = await startHarness({ now: () => clock });
  });
  afterEach(() => harness.stop());

  const create = () => harness.call("POST", "/restapis", { name: "n" });
  const list = async () => (await harness.call("GET", "/restapis")).status;

  test("off unless switched on", async () => {
    for (let n = 0; n < 50; n += 1) expect((await create()).status).toBe(201);
  });

  test.each([
    ["CreateRestApi", 3_000],
    ["DeleteRestApi", 30_000],
    ["PutRestApi", 5_000],
    ["CreateDeployment", 5_000],
  ])("%s: one in %d ms", async (operation, wait) => {
    const body = document({ "/x": { get: mock } });
    const ids = [await imported(harness, body), await imported(harness, body)];
    harness.gateway.setLimits(true);
    const ask = async (n: number): Promise<number> => {
      const requests = {
        CreateRestApi: create,
        DeleteRestApi: () => harness.call("DELETE", `/restapis/${ids[n]!}`),
        PutRestApi: () =>
          harness.call("PUT", `/restapis/${ids[n]!}?mode=overwrite`, body),
        CreateDeployment: () =>
          harness.call("POST", `/restapis/${ids[n]!}/deployments`, {}),
      };
      const answer = await requests[operation as keyof typeof requests]();
      if (answer.status === 429)
        expect(answer).toMatchObject({
          headers: { "x-amzn-errortype": "TooManyRequestsException" },
          body: { message: "Too Many Requests" },
        });
      return answer.status;
    };
    expect(await ask(0)).toBeLessThan(300);
    expect(await ask(1)).toBe(429);
    clock += wait - 100;
    expect(await ask(1)).toBe(429);
    clock += 100;
    expect(await ask(1)).toBeLessThan(300);
  });

  test("forty calls at once, then ten a second; each region has its own", async () => {
    harness.gateway.setLimits(true);
    const statuses: number[] = [];
    for (let n = 0; n < 41; n += 1) statuses.push(await list());
    expect(statuses.filter((status) => status === 200)).toHaveLength(40);
    expect(statuses.at(-1)).toBe(429);
    const sent = { method: "GET", path: "/restapis" };
    const headers = signed("apigateway", "eu-west-1");
    const other = await send(harness.gateway.url, { ...sent, headers });
    expect(other.status).toBe(200);
    clock += 100;
    expect(await list()).toBe(200);
    expect(await list()).toBe(429);
  });
});
