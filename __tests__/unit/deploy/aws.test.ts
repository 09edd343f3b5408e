// The SDK's clients as the action makes them, against a server in this process: credentials, proxy, repetitions, failures.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  DescribeSecretCommand,
  SecretsManagerClient,
} from "@aws-sdk/client-secrets-manager";
import { callerAccount, createAws } from "../../../src/deploy/aws.ts";
import { fakeAws } from "../../fixtures/fake-aws.ts";

const keys = {
  AWS_ACCESS_KEY_ID: "AKIDEXAMPLE",
  AWS_SECRET_ACCESS_KEY: "canary-secret-access-key",
};
const temporary = {
  accessKeyId: "ASIAEXAMPLE",
  secretAccessKey: "temporary-secret",
  sessionToken: "temporary-token",
};

interface Reply {
  readonly status: number;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

const surroundings = { ...process.env };
let directory: string;
let server: Server;
let port: number;
/** Used up one by one; an empty result when there is none. */
let replies: Reply[];
/** By path: what is no call of Secrets Manager. */
let pages: Record<string, Reply>;
let requests: { message: IncomingMessage; body: string }[];
let tunnels: string[];

beforeAll(async () => {
  server = createServer((message, response) => {
    let body = "";
    message.setEncoding("utf8").on("data", (part: string) => (body += part));
    message.on("end", () => {
      requests.push({ message, body });
      const page = pages[new URL(message.url ?? "", "http://x").pathname];
      const reply = page ?? replies.shift() ?? { status: 200, body: "{}" };
      response.writeHead(reply.status, reply.headers).end(reply.body);
    });
  });
  server.on("connect", (message, socket) => {
    tunnels.push(message.url ?? "");
    const through = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      through.pipe(socket).pipe(through);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  ({ port } = server.address() as AddressInfo);
});

afterAll(() => {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
});

beforeEach(() => {
  directory = mkdtempSync(path.join(tmpdir(), "ai-gate-aws-"));
  [replies, pages, requests, tunnels] = [[], {}, [], []];
  process.env = Object.fromEntries(
    Object.entries(surroundings).filter(
      ([name]) => !/^(AWS_|https?_proxy|no_proxy)/i.test(name),
    ),
  );
  set({
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_EC2_METADATA_DISABLED: "true",
    AWS_CONFIG_FILE: path.join(directory, "config"),
    AWS_SHARED_CREDENTIALS_FILE: path.join(directory, "credentials"),
  });
});

afterEach(() => {
  rmSync(directory, { recursive: true });
  process.env = { ...surroundings };
});

const set = (variables: Readonly<Record<string, string>>) =>
  Object.assign(process.env, variables);
const write = (name: string, text: string) =>
  writeFileSync(path.join(directory, name), text);

const describeSecret = () =>
  new SecretsManagerClient(createAws(process.env).config("eu-west-1")).send(
    new DescribeSecretCommand({ SecretId: "a" }),
  );

const engineEnvironment = async () => {
  const masked: string[] = [];
  const aws = createAws(process.env);
  const variables = await aws.engineEnvironment((text) => masked.push(text));
  return { variables, masked };
};

describe("credentials", () => {
  test("keys of the environment sign for service and region, with their session token", async () => {
    set({ ...keys, AWS_SESSION_TOKEN: "session-token" });
    await describeSecret();
    const [{ message, body } = {}] = requests;
    expect(message?.headers).toMatchObject({
      "x-amz-target": "secretsmanager.DescribeSecret",
      "x-amz-security-token": "session-token",
      authorization: expect.stringMatching(
        /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/\d{8}\/eu-west-1\/secretsmanager\/aws4_request, /,
      ) as string,
    });
    expect(body).toBe('{"SecretId":"a"}');
    expect(JSON.stringify(message?.headers)).not.toContain("canary");
  });

  test("keys come before a profile, which the engine does not hear of", async () => {
    set({ ...keys, AWS_SESSION_TOKEN: "", AWS_PROFILE: "elsewhere" });
    await describeSecret();
    expect(requests[0]?.message.headers).not.toHaveProperty(
      "x-amz-security-token",
    );
    expect(await engineEnvironment()).toEqual({
      variables: {
        ...keys,
        AWS_SESSION_TOKEN: "",
        AWS_PROFILE: "",
        AWS_DEFAULT_PROFILE: "",
      },
      masked: [keys.AWS_SECRET_ACCESS_KEY],
    });
  });

  const inContainer = () => ({
    AWS_CONTAINER_CREDENTIALS_FULL_URI: `http://127.0.0.1:${port}/container`,
  });
  const expiration = new Date(Date.now() + 3_600_000).toISOString();
  const metadata = "/latest/meta-data/iam/security-credentials/";
  const asJson = JSON.stringify({
    Code: "Success",
    AccessKeyId: temporary.accessKeyId,
    SecretAccessKey: temporary.secretAccessKey,
    Token: temporary.sessionToken,
    Expiration: expiration,
  });

  test.each<[string, () => void]>([
    [
      "a profile",
      () => {
        write(
          "credentials",
          `[staging]\naws_access_key_id=${temporary.accessKeyId}\naws_secret_access_key=${temporary.secretAccessKey}\naws_session_token=${temporary.sessionToken}\n`,
        );
        set({ AWS_PROFILE: "staging" });
      },
    ],
    [
      "a web identity (EKS)",
      () => {
        write("token", "jwt");
        set({
          AWS_WEB_IDENTITY_TOKEN_FILE: path.join(directory, "token"),
          AWS_ROLE_ARN: "arn:aws:iam::111122223333:role/runner",
          AWS_REGION: "eu-west-1",
        });
        replies = [
          {
            status: 200,
            headers: { "content-type": "text/xml" },
            body: `<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>${temporary.accessKeyId}</AccessKeyId><SecretAccessKey>${temporary.secretAccessKey}</SecretAccessKey><SessionToken>${temporary.sessionToken}</SessionToken><Expiration>${expiration}</Expiration></Credentials></AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`,
          },
        ];
      },
    ],
    [
      "a container (ECS)",
      () => {
        set(inContainer());
        pages = { "/container": { status: 200, body: asJson } };
      },
    ],
    [
      "an instance (EC2)",
      () => {
        set({
          AWS_EC2_METADATA_DISABLED: "false",
          AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${port}`,
        });
        pages = {
          "/latest/api/token": { status: 200, body: "token" },
          [metadata]: { status: 200, body: "runner" },
          [`${metadata}runner`]: { status: 200, body: asJson },
        };
      },
    ],
  ])("%s", async (_, prepare) => {
    prepare();
    const { masked, variables } = await engineEnvironment();
    expect(variables).toMatchObject({
      AWS_ACCESS_KEY_ID: temporary.accessKeyId,
      AWS_SECRET_ACCESS_KEY: temporary.secretAccessKey,
      AWS_SESSION_TOKEN: temporary.sessionToken,
      AWS_PROFILE: "",
    });
    expect(masked).toEqual([temporary.secretAccessKey, temporary.sessionToken]);
  });

  test.each<[string, Record<string, string>, string]>([
    ["none", {}, ""],
    ["no secret key", { AWS_ACCESS_KEY_ID: "a" }, ""],
    ["empty keys", { AWS_ACCESS_KEY_ID: "", AWS_SECRET_ACCESS_KEY: "" }, ""],
    [
      "a profile that is not there",
      { AWS_PROFILE: "staging" },
      'AWS_PROFILE is "staging"',
    ],
  ])("%s: a failure that says what to do", async (_, variables, reason) => {
    set(variables);
    const failure = {
      reason: "no-credentials",
      message: expect.stringMatching(
        `^No AWS credentials \\(.*${reason}.*\\): run aws-actions/configure-aws-credentials`,
      ) as string,
    };
    await expect(describeSecret()).rejects.toMatchObject(failure);
    await expect(engineEnvironment()).rejects.toMatchObject(failure);
    expect(requests).toEqual([]);
  });

  test("what a credential_process was called with is not repeated", async () => {
    write("config", "[profile own]\ncredential_process = false canary-token\n");
    set({ AWS_PROFILE: "own" });
    await expect(engineEnvironment()).rejects.toThrow(
      /^No AWS credentials (?!.*canary)/,
    );
  });

  test("metadata that do not answer are given up in seconds", async () => {
    const silent = createServer(() => undefined);
    await new Promise<void>((resolve) => {
      silent.listen(0, "127.0.0.1", resolve);
    });
    set({
      AWS_EC2_METADATA_DISABLED: "false",
      AWS_EC2_METADATA_SERVICE_ENDPOINT: `http://127.0.0.1:${(silent.address() as AddressInfo).port}`,
    });
    const start = Date.now();
    await expect(describeSecret()).rejects.toThrow("No AWS credentials");
    expect(Date.now() - start).toBeLessThan(6000);
    silent.closeAllConnections();
    await new Promise((resolve) => silent.close(resolve));
  });
});

describe("answers", () => {
  beforeEach(() => set(keys));
  const throttled = {
    status: 400,
    body: '{"__type":"ThrottlingException"}',
  };

  test("what AWS puts off is asked again by the SDK", async () => {
    replies = [throttled, { status: 500 }];
    await describeSecret();
    expect(requests).toHaveLength(3);
  });

  test("not for ever", async () => {
    replies = [throttled, throttled, throttled, throttled];
    await expect(describeSecret()).rejects.toMatchObject({
      name: "ThrottlingException",
    });
    expect(requests).toHaveLength(3);
  });

  test("a refusal is final", async () => {
    replies = [{ status: 400, body: '{"__type":"x#AccessDeniedException"}' }];
    await expect(describeSecret()).rejects.toMatchObject({
      name: "AccessDeniedException",
      $metadata: { httpStatusCode: 400 },
    });
    expect(requests).toHaveLength(1);
  });

  test("a redirect is not followed with the signature", async () => {
    const headers = { location: `http://127.0.0.1:${port}/elsewhere` };
    replies = [{ status: 301, headers }];
    await expect(describeSecret()).rejects.toThrow();
    expect(requests).toHaveLength(1);
  });

  test("no answer is a failure that names the host", async () => {
    set({ AWS_ENDPOINT_URL: "http://127.0.0.1:9" });
    await expect(describeSecret()).rejects.toMatchObject({
      reason: "engine",
      message: expect.stringMatching(
        /^AWS cannot be reached at 127\.0\.0\.1 \(.*ECONNREFUSED.*\): check that the region exists/,
      ) as string,
    });
  });

  test("the runner's proxy is used, and left out for what NO_PROXY names", async () => {
    const proxy = `http://127.0.0.1:${port}`;
    set({ AWS_ENDPOINT_URL: "http://aws.invalid:80", http_proxy: proxy });
    await describeSecret();
    expect(tunnels).toEqual(["aws.invalid:80"]);
    expect(requests[0]?.message.headers.host).toBe("aws.invalid");
    set({ no_proxy: "aws.invalid" });
    await expect(describeSecret()).rejects.toThrow(/ENOTFOUND|EAI_AGAIN/);
    expect(tunnels).toHaveLength(1);
  });
});

describe("the caller's account", () => {
  const identity = "sts POST /";

  test("is read from the answer", async () => {
    const { aws, requests: sent } = fakeAws({
      [identity]: {
        body: "<R><GetCallerIdentityResult><Account>111122223333</Account></GetCallerIdentityResult></R>",
      },
    });
    expect(await callerAccount(aws, "eu-west-1")).toBe("111122223333");
    expect(sent[0]).toMatchObject({ service: "sts", region: "eu-west-1" });
  });

  test.each([
    [403, "ExpiredToken", "no-credentials", ""],
    [403, "InvalidClientTokenId", "no-credentials", ""],
    [403, "SignatureDoesNotMatch", "no-credentials", ""],
    [400, "Throttling", "aws-throttled", "sts:GetCallerIdentity: "],
    [503, "HTTP 503", "aws-throttled", "sts:GetCallerIdentity: "],
  ])("answered %s %s", async (status, errorCode, reason, action) => {
    const { aws } = fakeAws({ [identity]: { status, errorCode } });
    await expect(callerAccount(aws, "eu-west-1")).rejects.toMatchObject({
      reason,
      message: expect.stringContaining(`(${action}${errorCode})`) as string,
    });
  });

  test("an answer without one", async () => {
    const { aws } = fakeAws({ [identity]: { body: "<html/>" } });
    await expect(callerAccount(aws, "eu-west-1")).rejects.toMatchObject({
      reason: "engine",
    });
  });
});
