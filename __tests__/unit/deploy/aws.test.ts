import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import {
  type Aws,
  callerAccount,
  callJson,
  createAws,
  isThrottled,
} from "../../../src/deploy/aws.ts";
import { fakeAws } from "../../fixtures/fake-aws.ts";

const keys = {
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "canary-secret-access-key",
};

interface Reply {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

let server: Server;
let endpoint: string;
/** Used up one by one; 200 when there is none. */
let replies: Reply[];
let requests: { message: IncomingMessage; body: string }[];
let waits: number[];

beforeAll(async () => {
  server = createServer((message, response) => {
    let body = "";
    message.setEncoding("utf8").on("data", (part: string) => (body += part));
    message.on("end", () => {
      requests.push({ message, body });
      const {
        status,
        headers,
        body: text,
      } = replies.shift() ?? { status: 200 };
      response.writeHead(status, headers).end(text);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterAll(() => new Promise((resolve) => server.close(resolve)));

beforeEach(() => {
  replies = [];
  requests = [];
  waits = [];
});

const create = (environment: Record<string, string> = {}): Aws =>
  createAws(
    { ...keys, AWS_ENDPOINT_URL: endpoint, ...environment },
    (milliseconds) => Promise.resolve(waits.push(milliseconds)),
  );

const describeSecret = (aws: Aws) =>
  callJson(aws, "secretsmanager", "eu-west-1", {
    target: "secretsmanager.DescribeSecret",
    input: { SecretId: "a" },
  });

test.each([
  ["neither", {}],
  ["no secret key", { AWS_ACCESS_KEY_ID: "a" }],
  ["no key id", { AWS_SECRET_ACCESS_KEY: "a" }],
  ["empty ones", { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" }],
])("no credentials: %s", (_, environment) => {
  expect(() => createAws(environment)).toThrow(
    expect.objectContaining({
      reason: "no-credentials",
      message: expect.stringMatching(
        /^No AWS credentials: .*configure-aws-credentials/,
      ) as string,
    }),
  );
});

test("a request is signed for its service and region, with the session token", async () => {
  const answer = await describeSecret(
    create({ AWS_SESSION_TOKEN: "session-token" }),
  );
  expect(answer).toEqual({ status: 200, body: "", errorCode: "" });
  const [{ message, body } = {}] = requests;
  expect(message?.method).toBe("POST");
  expect(message?.headers).toMatchObject({
    "x-amz-target": "secretsmanager.DescribeSecret",
    "x-amz-security-token": "session-token",
    host: new URL(endpoint).host,
    authorization: expect.stringMatching(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/secretsmanager\/aws4_request, /,
    ) as string,
  });
  expect(body).toBe('{"SecretId":"a"}');
  expect(JSON.stringify(message?.headers)).not.toContain("canary");
});

test("an empty session token is none", async () => {
  await describeSecret(create({ AWS_SESSION_TOKEN: "" }));
  expect(requests[0]?.message.headers).not.toHaveProperty(
    "x-amz-security-token",
  );
});

test.each<[string, Reply, string]>([
  [
    "JSON's __type",
    { status: 400, body: '{"__type":"ResourceNotFoundException"}' },
    "ResourceNotFoundException",
  ],
  [
    "a __type with a namespace",
    {
      status: 400,
      body: '{"__type": "com.amazonaws.ssm#ParameterNotFound", "message": "x"}',
    },
    "ParameterNotFound",
  ],
  [
    "XML's Code",
    { status: 403, body: "<Error><Code>AccessDenied</Code></Error>" },
    "AccessDenied",
  ],
  [
    "the header, before the body",
    {
      status: 404,
      headers: {
        "x-amzn-errortype": "NotFoundException:http://internal.amazon.com/",
      },
      body: '{"__type":"Other"}',
    },
    "NotFoundException",
  ],
  ["nothing but the status", { status: 403, body: "<html>" }, "HTTP 403"],
  [
    "no error, whatever the body says",
    { status: 200, body: '{"__type":"AccessDenied"}' },
    "",
  ],
])("the error's code from %s", async (_, reply, code) => {
  replies = [reply];
  expect((await describeSecret(create())).errorCode).toBe(code);
});

test("HEAD has a status and no body", async () => {
  replies = [{ status: 404 }];
  const answer = await create()({
    service: "s3",
    region: "eu-west-1",
    method: "HEAD",
    path: "/bucket",
  });
  expect(answer).toEqual({ status: 404, body: "", errorCode: "HTTP 404" });
});

test.each<[string, Reply]>([
  ["500", { status: 500 }],
  ["503", { status: 503, body: "<Code>SlowDown</Code>" }],
  ["429", { status: 429 }],
  [
    "ThrottlingException",
    { status: 400, body: '{"__type":"ThrottlingException"}' },
  ],
  ["Throttling", { status: 400, body: "<Code>Throttling</Code>" }],
])("asks again after %s, waiting longer each time", async (_, reply) => {
  replies = [reply, reply];
  expect((await describeSecret(create())).status).toBe(200);
  expect(requests).toHaveLength(3);
  expect(waits).toEqual([400, 800]);
});

test("four answers of that kind are enough", async () => {
  const reply = { status: 400, body: '{"__type":"ThrottlingException"}' };
  replies = [reply, reply, reply, reply, reply];
  const answer = await describeSecret(create());
  expect(answer.errorCode).toBe("ThrottlingException");
  expect(isThrottled(answer)).toBe(true);
  expect(requests).toHaveLength(4);
});

test.each([400, 403, 404, 409])("%s is final", async (status) => {
  replies = [{ status }];
  expect((await describeSecret(create())).status).toBe(status);
  expect(requests).toHaveLength(1);
});

test("a redirect is an answer, not followed with the signature", async () => {
  replies = [{ status: 301, headers: { location: "https://other.example" } }];
  expect((await describeSecret(create())).status).toBe(301);
  expect(requests).toHaveLength(1);
});

test("no answer is a failure that names the host", async () => {
  const aws = create({ AWS_ENDPOINT_URL: "http://127.0.0.1:9" });
  await expect(describeSecret(aws)).rejects.toMatchObject({
    reason: "engine",
    message: expect.stringMatching(
      /^AWS cannot be reached at 127\.0\.0\.1:9 \(.*ECONNREFUSED.*\): check that the region exists/,
    ) as string,
  });
});

describe("the caller's account", () => {
  const identity = "sts POST /";

  test("is read from the answer", async () => {
    const { aws, requests: sent } = fakeAws({
      [identity]: { body: "<Account>111122223333</Account>" },
    });
    expect(await callerAccount(aws, "eu-west-1")).toBe("111122223333");
    expect(sent[0]).toMatchObject({
      service: "sts",
      region: "eu-west-1",
      body: "Action=GetCallerIdentity&Version=2011-06-15",
    });
  });

  test.each([
    [
      "refused",
      { status: 403, errorCode: "ExpiredToken" },
      "no-credentials",
      "ExpiredToken",
    ],
    [
      "an answer without account",
      { body: "<html>" },
      "no-credentials",
      "no account in the answer",
    ],
    [
      "throttled",
      { status: 400, errorCode: "Throttling" },
      "aws-throttled",
      "Throttling",
    ],
    [
      "out of order",
      { status: 503, errorCode: "HTTP 503" },
      "aws-throttled",
      "HTTP 503",
    ],
  ])("%s", async (_, reply, reason, said) => {
    const { aws } = fakeAws({ [identity]: reply });
    await expect(callerAccount(aws, "eu-west-1")).rejects.toMatchObject({
      reason,
      message: expect.stringContaining(`(${said})`) as string,
    });
  });
});
