// Signed calls to AWS: where each service is, and when a call is made once again.
import aws4 from "aws4";
import {
  createAwsCaller,
  jsonCall,
  type AwsCall,
} from "../../../authorizer/aws/call.ts";
import type { HttpRequest } from "../../../authorizer/aws/transport.ts";
import { Unavailable } from "../../../authorizer/failure.ts";

const environment = {
  AWS_REGION: "eu-west-1",
  AWS_ACCESS_KEY_ID: "AKID",
  AWS_SECRET_ACCESS_KEY: "s3cr3t/+",
};
const start = Date.parse("2026-11-23T15:04:05.678Z");
const getItem = jsonCall("dynamodb", "DynamoDB_20120810.GetItem", {}, "1.0");
const invoke: AwsCall = {
  service: "lambda",
  path: "/2015-03-31/functions/gate-custom_1/invocations",
  headers: { "content-type": "application/json" },
  body: '{"a":"é"}',
  timeout: 12_000,
  limit: 65_536,
};

/** Each answer in turn, the last one for ever; `took` milliseconds pass with each call. */
function setUp(
  answers: (Error | number | [number, object])[],
  { took = 0, extra = {} } = {},
) {
  const clock = { now: start };
  const requests: HttpRequest[] = [];
  const callAws = createAwsCaller({
    environment: { ...environment, ...extra },
    now: () => clock.now,
    send: (request) => {
      const answer =
        answers[Math.min(requests.push(request), answers.length) - 1]!;
      clock.now += took;
      if (answer instanceof Error) return Promise.reject(answer);
      const [status, body] = typeof answer === "number" ? [answer, {}] : answer;
      return Promise.resolve({
        status,
        headers: {},
        body: JSON.stringify(body),
      });
    },
  });
  return { requests, callAws };
}

test.each([
  [getItem, {}, "https://dynamodb.eu-west-1.amazonaws.com/"],
  [invoke, {}, `https://lambda.eu-west-1.amazonaws.com${invoke.path!}`],
  [getItem, { AWS_ENDPOINT_URL: "http://127.0.0.1:1" }, "http://127.0.0.1:1/"],
  [
    getItem,
    { AWS_ENDPOINT_URL: "http://x", AWS_ENDPOINT_URL_DYNAMODB: "http://y" },
    "http://y/",
  ],
  [
    invoke,
    {
      AWS_ENDPOINT_URL_DYNAMODB: "http://x",
      AWS_ENDPOINT_URL_LAMBDA: "http://y",
    },
    `http://y${invoke.path!}`,
  ],
])("%#: each service has its place", async (call, extra, url) => {
  const { requests, callAws } = setUp([200], { extra });
  await callAws(call);
  expect(requests[0]).toMatchObject({ method: "POST", body: call.body });
  expect(requests[0]!.url.href).toBe(url);
  expect([requests[0]!.timeout, requests[0]!.limit]).toEqual([
    call.timeout,
    call.limit,
  ]);
});

test("the signature of an invocation is the one another implementation makes", async () => {
  const { requests, callAws } = setUp([200]);
  await callAws(invoke);
  const theirs = aws4.sign(
    {
      method: "POST",
      path: invoke.path!,
      service: "lambda",
      region: "eu-west-1",
      body: invoke.body,
      headers: {
        ...invoke.headers,
        host: "lambda.eu-west-1.amazonaws.com",
        "x-amz-date": "20261123T150405Z",
      },
      extraHeadersToIgnore: { "content-length": true },
    } as aws4.Request,
    { accessKeyId: "AKID", secretAccessKey: "s3cr3t/+" },
  );
  expect(requests[0]!.headers["authorization"]).toBe(
    theirs.headers?.["Authorization"],
  );
});

const dead = new Unavailable("ECONNRESET", "passing");

test.each<[string, Error | number | [number, object]]>([
  ["a dead connection", dead],
  ["an error of the service", 500],
  ["too many requests", 429],
  ["throttling", [400, { __type: "com.amazonaws#ThrottlingException" }]],
  ["throughput", [400, { __type: "ProvisionedThroughputExceededException" }]],
])(
  "after %s the call is made once again, and only once",
  async (_, failure) => {
    const recovered = setUp([failure, 200]);
    expect(await recovered.callAws(getItem)).toMatchObject({ status: 200 });
    const down = setUp([failure]);
    await expect(down.callAws(getItem)).rejects.toBeInstanceOf(Unavailable);
    expect([recovered.requests.length, down.requests.length]).toEqual([2, 2]);
  },
);

test.each<[string, Error | number | [number, object]]>([
  ["a refusal", [400, { __type: "AccessDeniedException" }]],
  ["a bad request", 400],
  ["a redirect", 301],
  ["no content", 204],
  ["an answer that is too large", new Unavailable("too large")],
])("after %s it is not", async (_, failure) => {
  const { requests, callAws } = setUp([failure]);
  await expect(callAws(getItem)).rejects.toBeInstanceOf(Unavailable);
  expect(requests).toHaveLength(1);
});

test.each([
  [1_999, 2],
  [2_000, 1],
])("a caller who has waited %s ms sees %s attempts", async (took, attempts) => {
  const { requests, callAws } = setUp([dead], { took });
  await expect(callAws(invoke)).rejects.toMatchObject({
    message: "ECONNRESET",
  });
  expect(requests).toHaveLength(attempts);
});

test("a call without a path is signed for the root", async () => {
  const { requests, callAws } = setUp([200]);
  await callAws(getItem);
  await callAws({ ...getItem, path: "/" });
  const [without, root] = requests.map(({ headers }) => headers);
  expect(without).toEqual(root);
});
