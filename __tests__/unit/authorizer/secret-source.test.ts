// The calls to Secrets Manager and SSM: where they go, how they are signed, and what their answers mean.
import { getToken } from "@aws/bedrock-token-generator";
import aws4 from "aws4";
import { createSecretSource } from "../../../authorizer/aws/secrets.ts";
import {
  type Environment,
  signPost,
} from "../../../authorizer/aws/signature.ts";
import type { HttpRequest } from "../../../authorizer/aws/transport.ts";
import type { SecretReference } from "../../../contract/authorizer-settings.ts";
import { Unavailable } from "../../../authorizer/failure.ts";
import { secretArn, upstreamSecret } from "../../fixtures/authorizer.ts";

const inSecretsManager: SecretReference = {
  store: "secrets-manager",
  arn: secretArn,
};
const inSsm: SecretReference = { store: "ssm", name: "/ai/key" };
const lambda: Environment = {
  AWS_REGION: "eu-central-1",
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  AWS_SESSION_TOKEN: "session/token==",
};
const now = () => Date.parse("2026-11-23T15:04:05.678Z");

function setUp(
  answer: { status: number; body: string } | Error,
  environment: Environment = lambda,
) {
  const requests: HttpRequest[] = [];
  const send = (request: HttpRequest) => {
    requests.push(request);
    return answer instanceof Error
      ? Promise.reject(answer)
      : Promise.resolve({ ...answer, headers: {} });
  };
  return {
    requests,
    fetchSecret: createSecretSource({ environment, send, now }),
  };
}

const found = {
  status: 200,
  body: JSON.stringify({
    SecretString: upstreamSecret,
    Parameter: { Value: upstreamSecret },
  }),
};
const endpoint = "http://127.0.0.1:4566";

test.each([
  [
    "Secrets Manager, in the secret's region",
    inSecretsManager,
    {},
    "https://secretsmanager.eu-west-1.amazonaws.com/",
  ],
  [
    "SSM, in the function's region",
    inSsm,
    {},
    "https://ssm.eu-central-1.amazonaws.com/",
  ],
  [
    "SSM in China",
    inSsm,
    { AWS_REGION: "cn-north-1" },
    "https://ssm.cn-north-1.amazonaws.com.cn/",
  ],
  ["a given endpoint", inSsm, { AWS_ENDPOINT_URL: endpoint }, `${endpoint}/`],
  [
    "a given endpoint for SSM",
    inSsm,
    { AWS_ENDPOINT_URL: "http://x", AWS_ENDPOINT_URL_SSM: endpoint },
    `${endpoint}/`,
  ],
  [
    "a given endpoint for Secrets Manager",
    inSecretsManager,
    {
      AWS_ENDPOINT_URL: "http://x",
      AWS_ENDPOINT_URL_SSM: "http://y",
      AWS_ENDPOINT_URL_SECRETS_MANAGER: endpoint,
    },
    `${endpoint}/`,
  ],
])("%s is asked", async (_, reference, extra, url) => {
  const { requests, fetchSecret } = setUp(found, { ...lambda, ...extra });
  expect(await fetchSecret(reference)).toBe(upstreamSecret);
  expect(requests.map((request) => request.url.href)).toEqual([url]);
  expect(requests[0]!.headers["host"]).toBe(new URL(url).host);
});

const uuid = "01234567-89ab-cdef-0123-456789abcdef";

test.each<[SecretReference, string, object]>([
  [inSecretsManager, "secretsmanager.GetSecretValue", { SecretId: secretArn }],
  [
    { ...inSecretsManager, key: "api_key" },
    "secretsmanager.GetSecretValue",
    { SecretId: secretArn },
  ],
  [
    { ...inSecretsManager, version: "AWSPREVIOUS" },
    "secretsmanager.GetSecretValue",
    { SecretId: secretArn, VersionStage: "AWSPREVIOUS" },
  ],
  [
    { ...inSecretsManager, version: uuid },
    "secretsmanager.GetSecretValue",
    { SecretId: secretArn, VersionId: uuid },
  ],
  [inSsm, "AmazonSSM.GetParameter", { Name: "/ai/key", WithDecryption: true }],
  [
    { ...inSsm, version: "3", key: "api_key" },
    "AmazonSSM.GetParameter",
    { Name: "/ai/key:3", WithDecryption: true },
  ],
])("%j is one call", async (reference, target, body) => {
  const { requests, fetchSecret } = setUp(found);
  await fetchSecret(reference);
  expect(JSON.parse(requests[0]!.body!)).toEqual(body);
  expect(requests[0]!.headers).toMatchObject({
    "content-type": "application/x-amz-json-1.1",
    "x-amz-target": target,
    "x-amz-security-token": "session/token==",
  });
});

test.each([
  [
    "a role",
    "session/token==",
    "secretsmanager.eu-west-1.amazonaws.com",
    '{"SecretId":"é😀"}',
  ],
  ["a user", undefined, "127.0.0.1:4566", ""],
])(
  "the signature of %s is the one another implementation makes",
  (_, sessionToken, host, body) => {
    const headers = {
      "content-type": "application/x-amz-json-1.1",
      "x-amz-target": "a.B",
    };
    const credentials = {
      AWS_ACCESS_KEY_ID: "AKID",
      AWS_SECRET_ACCESS_KEY: "s3cr3t/+",
      AWS_SESSION_TOKEN: sessionToken,
    };
    const post = {
      host,
      path: "/",
      region: "eu-west-1",
      service: "secretsmanager",
      headers,
      body,
    };
    const mine = signPost(post, credentials, now());
    const theirs = aws4.sign(
      {
        method: "POST",
        path: "/",
        service: "secretsmanager",
        region: "eu-west-1",
        body,
        headers: {
          ...headers,
          host,
          "x-amz-date": "20261123T150405Z",
          ...(sessionToken && { "x-amz-security-token": sessionToken }),
        },
        extraHeadersToIgnore: { "content-length": true },
      } as aws4.Request,
      { accessKeyId: "AKID", secretAccessKey: "s3cr3t/+" },
    );
    expect(mine["authorization"]).toBe(theirs.headers?.["Authorization"]);
  },
);

test.each([
  [
    400,
    { __type: "ResourceNotFoundException", message: "x" },
    "ResourceNotFoundException",
    true,
  ],
  [
    400,
    { __type: "com.amazonaws.ssm#ParameterNotFound" },
    "ParameterNotFound",
    true,
  ],
  [400, { __type: "AccessDeniedException" }, "AccessDeniedException", true],
  [400, { __type: "InvalidRequestException" }, "InvalidRequestException", true],
  [400, { __type: "ThrottlingException" }, "ThrottlingException", false],
  [400, { __type: "ExpiredTokenException" }, "ExpiredTokenException", false],
  [500, { __type: "InternalServiceError" }, "InternalServiceError", false],
  [500, { message: "no type" }, "HTTP 500", false],
  [400, { __type: { a: 1 } }, "HTTP 400", false],
  [503, "<html>", "HTTP 503", false],
  [301, "", "HTTP 301", false],
  [204, "", "HTTP 204", false],
  [400, { __type: `evil ${upstreamSecret}` }, "HTTP 400", false],
  [400, { __type: "evil Words" }, "HTTP 400", false],
  [400, { __type: "Evil words x" }, "HTTP 400", false],
  [400, { __type: "Evil#" }, "HTTP 400", false],
  [400, { __type: 1 }, "HTTP 400", false],
  [400, "[]", "HTTP 400", false],
  [200, {}, "no text value", true],
  [200, { SecretBinary: "AAAA" }, "no text value", true],
  [200, { SecretString: 1 }, "no text value", true],
  [200, "not json", "no text value", true],
  [200, [], "no text value", true],
])("answer %s %j means %s", async (status, answer, message, isGone) => {
  const body = typeof answer === "string" ? answer : JSON.stringify(answer);
  const { fetchSecret } = setUp({ status, body });
  const error: unknown = await fetchSecret(inSecretsManager).catch(
    (caught: unknown) => caught,
  );
  expect(error).toBeInstanceOf(Unavailable);
  expect(error).toMatchObject({ message });
  expect((error as Unavailable).kind === "gone").toBe(isGone);
});

test("all headers that are signed are sent, and no empty session token", () => {
  const post = {
    host: "ssm.eu-west-1.amazonaws.com",
    path: "/",
    region: "eu-west-1",
    service: "ssm",
    headers: { "x-amz-target": "a.B" },
    body: "",
  };
  const role = signPost(post, lambda, now());
  const signed = "host;x-amz-date;x-amz-security-token;x-amz-target";
  expect(role).toEqual({
    "x-amz-target": "a.B",
    host: post.host,
    "x-amz-date": "20261123T150405Z",
    "x-amz-security-token": "session/token==",
    authorization: expect.stringContaining(`SignedHeaders=${signed}, `),
  });
  const user = signPost(post, { ...lambda, AWS_SESSION_TOKEN: "" }, now());
  expect(Object.keys(user).sort()).toEqual([
    "authorization",
    "host",
    "x-amz-date",
    "x-amz-target",
  ]);
});

test.each<[SecretReference, object]>([
  [inSsm, {}],
  [inSsm, { Parameter: {} }],
  [inSsm, { SecretString: "of the other store" }],
  [inSecretsManager, { Parameter: { Value: "of the other store" } }],
])("%j: an answer of %j has no value", async (reference, answer) => {
  const body = JSON.stringify(answer);
  const { fetchSecret } = setUp({ status: 200, body });
  await expect(fetchSecret(reference)).rejects.toMatchObject({
    message: "no text value",
  });
});

test.each([
  {},
  { AWS_ACCESS_KEY_ID: "AKID" },
  { AWS_SECRET_ACCESS_KEY: "s3cr3t" },
  { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "s3cr3t" },
  { AWS_ACCESS_KEY_ID: "AKID", AWS_SECRET_ACCESS_KEY: "" },
])("without credentials nothing is sent (%#)", async (credentials) => {
  const { requests, fetchSecret } = setUp(found, {
    AWS_REGION: "eu-west-1",
    ...credentials,
  });
  await expect(fetchSecret(inSsm)).rejects.toMatchObject({
    message: "no credentials",
    kind: undefined,
  });
  expect(requests).toEqual([]);
});

describe("a key of Bedrock", () => {
  const region = "us-east-1";

  test.each([
    ["a role", "session/token==+&"],
    ["a user", undefined],
    ["a user with an empty session token", ""],
  ])(
    "of %s is the one that AWS's package makes, without a call",
    async (_, token) => {
      const environment = { ...lambda, AWS_SESSION_TOKEN: token };
      const { requests, fetchSecret } = setUp(found, environment);
      jest.useFakeTimers({ now: now() });
      try {
        const theirs = await getToken({
          credentials: {
            accessKeyId: "AKIDEXAMPLE",
            secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
            ...(token && { sessionToken: token }),
          },
          region,
          expiresInSeconds: 3600,
        });
        expect(await fetchSecret({ store: "bedrock", region })).toBe(theirs);
      } finally {
        jest.useRealTimers();
      }
      expect(requests).toEqual([]);
    },
  );

  test("of another region is another one", async () => {
    const { fetchSecret } = setUp(found);
    const keys = await Promise.all(
      [region, "eu-west-1"].map((one) =>
        fetchSecret({ store: "bedrock", region: one }),
      ),
    );
    expect(keys[0]).not.toBe(keys[1]);
  });

  test("cannot be made without credentials", async () => {
    const { fetchSecret } = setUp(found, { AWS_REGION: region });
    await expect(
      fetchSecret({ store: "bedrock", region }),
    ).rejects.toMatchObject({ message: "no credentials" });
  });
});
