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

  test.each([
    [
      "by host",
      () => get("/v1/a%2Fb/c?d=e%20f&d", { host: host(id) }),
      { path: "/a%2Fb/c", query: "d=e%20f&d" },
    ],
    [
      "by host, with a port",
      () => get("/v1/a", { host: `${host(id)}:443` }),
      { path: "/a", query: "" },
    ],
    [
      "by host, stage alone",
      () => get("/v1", { host: host(id) }),
      { path: "/", query: "" },
    ],
    [
      "LAM: by host, two slashes in front",
      () => get("//v1/a", { host: host(id) }),
      { path: "/a", query: "" },
    ],
    [
      "LAM: by host, two slashes after the stage",
      () => get("/v1//a", { host: host(id) }),
      { path: "//a", query: "" },
    ],
    [
      "by path",
      () => get(`/restapis/${id}/v1/_user_request_/a?b=c`),
      { path: "/a", query: "b=c" },
    ],
    [
      "by path, no more",
      () => get(`/restapis/${id}/v1/_user_request_`),
      { path: "/", query: "" },
    ],
    [
      "by host, signed by the client for anything",
      () => get("/v1/a", { host: host(id), ...signed("apigateway") }),
      { path: "/a", query: "" },
    ],
  ])("%s", async (_, ask, expected) => {
    const answer = await ask();
    expect(answer.body).toEqual({ api: "gate", stageName: "v1", ...expected });
  });

  test.each([
    ["unknown API", () => get("/v1/a", { host: host("abcdefghij") })],
    ["another region", () => get("/v1/a", { host: host(id, "eu-west-1") })],
    ["unknown stage", () => get("/v2/a", { host: host(id) })],
    ["no stage", () => get("/", { host: host(id) })],
    ["unknown stage by path", () => get(`/restapis/${id}/v2/_user_request_/a`)],
  ])("forbidden: %s", async (_, ask) => {
    const answer = await ask();
    expect(answer).toMatchObject({
      status: 403,
      text: '{"message":"Forbidden"}',
    });
    expect(answer.headers["x-amzn-errortype"]).toBe("ForbiddenException");
  });

  test("is not in the ledger", async () => {
    const before = harness.gateway.ledger.length;
    await get("/v1/a", { host: host(id) });
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
  const target = (name: string) => ({ "x-amz-target": name });

  test.each<[string, string, boolean, Send]>([
    [
      "lambda",
      "CreateFunction",
      true,
      { method: "POST", path: "/2015-03-31/functions", body: { a: 1 } },
    ],
    [
      "lambda",
      "GetPolicy",
      false,
      {
        method: "GET",
        path: "/2015-03-31/functions/arn%3Aaws%3Ax/policy?Qualifier=1",
      },
    ],
    [
      "lambda",
      "Invoke",
      false,
      {
        method: "POST",
        path: "/2015-03-31/functions/f/invocations",
        body: "{}",
      },
    ],
    [
      "lambda",
      "PUT /2099-01-01/new",
      true,
      { method: "PUT", path: "/2099-01-01/new", body: "" },
    ],
    [
      "iam",
      "CreateRole",
      true,
      {
        method: "POST",
        path: "/",
        body: "Action=CreateRole&Version=1",
        headers: form,
      },
    ],
    [
      "sts",
      "GetCallerIdentity",
      false,
      {
        method: "POST",
        path: "/",
        body: "Action=GetCallerIdentity",
        headers: form,
      },
    ],
    [
      "logs",
      "DescribeLogGroups",
      false,
      {
        method: "POST",
        path: "/",
        body: {},
        headers: target("Logs_20140328.DescribeLogGroups"),
      },
    ],
    [
      "dynamodb",
      "PutItem",
      true,
      {
        method: "POST",
        path: "/",
        body: {},
        headers: target("DynamoDB_20120810.PutItem"),
      },
    ],
    [
      "s3",
      "PutObject",
      true,
      { method: "PUT", path: "/bucket/a/b%20c", body: "data" },
    ],
    [
      "s3",
      "ListObjectsV2",
      false,
      { method: "GET", path: "/bucket?list-type=2" },
    ],
    ["s3", "HeadObject", false, { method: "HEAD", path: "/bucket/key" }],
  ])("%s %s", async (service, operation, write, { headers, ...request }) => {
    const answer = await send(harness.gateway.url, {
      ...request,
      headers: { ...signed(service), ...headers, "x-mine": "1" },
    });
    expect(answer).toMatchObject({
      status: 202,
      headers: { "x-from": "emulator" },
    });
    const body =
      "body" in request
        ? typeof request.body === "string"
          ? request.body
          : JSON.stringify(request.body)
        : "";
    expect(seen.at(-1)).toMatchObject({
      url: request.path,
      method: request.method,
      body,
      headers: { "x-mine": "1" },
    });
    expect(harness.gateway.ledger.at(-1)).toEqual({
      n: harness.gateway.ledger.length,
      service,
      operation,
      write,
      method: request.method,
      path: request.path,
      status: 202,
      requestBody: body,
    });
  });

  test("API Gateway's paths signed for another service are that service's", async () => {
    const answer = await send(harness.gateway.url, {
      method: "GET",
      path: "/restapis/bucket-key",
      headers: signed("s3"),
    });
    expect(answer.text).toBe("passed");
  });

  test("HTTP APIs (v2) are the emulator's", async () => {
    expect(
      (
        await send(harness.gateway.url, {
          method: "GET",
          path: "/v2/apis",
          headers: signed("apigateway"),
        })
      ).text,
    ).toBe("passed");
  });

  test("unsigned control-plane paths are served here", async () => {
    expect(
      (await send(harness.gateway.url, { method: "GET", path: "/restapis" }))
        .body,
    ).toEqual({ item: [] });
  });

  test("of a large body the ledger keeps 100 kB, the emulator gets all", async () => {
    const body = "x".repeat(300_000);
    await send(harness.gateway.url, {
      method: "PUT",
      path: "/bucket/large",
      body,
      headers: signed("s3"),
    });
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

  test.each<[string, string, Send, RegExp]>([
    [
      "lambda",
      "CreateFunction",
      { method: "POST", path: "/2015-03-31/functions", body: {} },
      /^\{"message":/,
    ],
    [
      "iam",
      "CreateRole",
      { method: "POST", path: "/", body: "Action=CreateRole", headers: form },
      /<Code>AccessDeniedException<\/Code>/,
    ],
    [
      "logs",
      "CreateLogGroup",
      {
        method: "POST",
        path: "/",
        body: {},
        headers: target("Logs_20140328.CreateLogGroup"),
      },
      /"__type":"AccessDeniedException"/,
    ],
    [
      "s3",
      "PutObject",
      { method: "PUT", path: "/b/k", body: "x" },
      /<Error><Code>AccessDeniedException/,
    ],
    [
      "apigateway",
      "CreateRestApi",
      { method: "POST", path: "/restapis", body: { name: "n" } },
      /^\{"message":/,
    ],
  ])(
    "fault: %s %s fails once, then passes",
    async (service, operation, { headers, ...request }, text) => {
      harness.gateway.failNext({
        service,
        operation,
        status: 403,
        errorType: "AccessDeniedException",
        times: 1,
      });
      const ask = () =>
        send(harness.gateway.url, {
          ...request,
          headers: { ...signed(service), ...headers },
        });
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
});

test("an emulator that is not there gives 502, not a hang", async () => {
  const harness = await startHarness({
    backend: new URL("http://127.0.0.1:1"),
  });
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

  test("off unless switched on", async () => {
    for (let n = 0; n < 50; n += 1)
      expect(
        (await harness.call("POST", "/restapis", { name: "n" })).status,
      ).toBe(201);
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
        CreateRestApi: () => harness.call("POST", "/restapis", { name: "n" }),
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
    for (let n = 0; n < 41; n += 1)
      statuses.push((await harness.call("GET", "/restapis")).status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(40);
    expect(statuses.at(-1)).toBe(429);
    expect(
      (
        await send(harness.gateway.url, {
          method: "GET",
          path: "/restapis",
          headers: signed("apigateway", "eu-west-1"),
        })
      ).status,
    ).toBe(200);
    clock += 100;
    expect((await harness.call("GET", "/restapis")).status).toBe(200);
    expect((await harness.call("GET", "/restapis")).status).toBe(429);
  });
});
