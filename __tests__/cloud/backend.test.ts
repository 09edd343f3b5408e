import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  type BackendRequest,
  prepareBackend,
} from "../../src/cloud/backend.ts";
import { fakeAws } from "./fake-aws.ts";

const bucket = "ai-gate-state-111122223333-eu-west-1";
const read = "ssm GetParameter";
const write = "ssm PutParameter";
const head = `s3 HEAD /${bucket}`;
const make = `s3 PUT /${bucket}`;

const parameter = (value: string) => ({
  body: JSON.stringify({ Parameter: { Value: value } }),
});
const missing = { status: 400, errorCode: "ParameterNotFound" };

let workspace: string;
let masked: string[];

beforeEach(() => {
  workspace = mkdtempSync(path.join(tmpdir(), "ai-gate-backend-"));
  masked = [];
});

afterEach(() => rmSync(workspace, { recursive: true, force: true }));

const request = (changes: Partial<BackendRequest> = {}): BackendRequest => ({
  input: "",
  environment: {},
  workspace,
  region: "eu-west-1",
  account: "111122223333",
  mayCreate: true,
  mask: (secret) => masked.push(secret),
  ...changes,
});

describe("the order of the sources", () => {
  const environment = {
    PULUMI_BACKEND_URL: "s3://from-environment",
    PULUMI_ACCESS_TOKEN: "pul-token",
  };

  test.each([
    ["the input", "s3://from-input", environment, "s3://from-input"],
    ["PULUMI_BACKEND_URL", "", environment, "s3://from-environment"],
    ["Pulumi Cloud", "", { ...environment, PULUMI_BACKEND_URL: "" }, undefined],
    ["the managed bucket", "", {}, `s3://${bucket}?region=eu-west-1`],
    [
      "the managed bucket, with empty variables",
      "",
      { PULUMI_BACKEND_URL: "", PULUMI_ACCESS_TOKEN: "" },
      `s3://${bucket}?region=eu-west-1`,
    ],
  ])("%s", async (_, input, variables, url) => {
    const { aws } = fakeAws({ [read]: parameter("managed-passphrase") });
    const backend = await prepareBackend(
      aws,
      request({ input, environment: variables }),
    );
    expect(backend.url).toBe(url);
    expect(backend.exists).toBe(true);
  });

  test("Pulumi Cloud and other services keep their own secrets: AWS is not asked", async () => {
    const { aws, asked } = fakeAws();
    for (const input of ["https://api.pulumi.com", "http://localhost:8080"])
      expect(await prepareBackend(aws, request({ input }))).toEqual({
        url: input,
        environment: {},
        exists: true,
      });
    const cloud = { PULUMI_ACCESS_TOKEN: "pul-token" };
    expect(await prepareBackend(aws, request({ environment: cloud }))).toEqual({
      url: undefined,
      environment: {},
      exists: true,
    });
    expect(asked).toEqual([]);
  });
});

test.each([
  ["relative", "file://state/here", () => path.join(workspace, "state/here")],
  ["with a dot", "file://./state", () => path.join(workspace, "state")],
  [
    "absolute",
    "file:///TMP/elsewhere",
    () => path.join(workspace, "elsewhere"),
  ],
])(
  "file://, %s: an absolute URL of a directory that is there",
  async (_, given, expected) => {
    const { aws } = fakeAws({ [read]: parameter("managed-passphrase") });
    const input = given.replace("/TMP", workspace);
    const { url } = await prepareBackend(aws, request({ input }));
    expect(url).toBe(`file://${expected()}`);
    expect(existsSync(expected())).toBe(true);
  },
);

test("file://~ is the engine's own matter", async () => {
  const { aws } = fakeAws({ [read]: parameter("managed-passphrase") });
  const { url } = await prepareBackend(aws, request({ input: "file://~" }));
  expect(url).toBe("file://~");
  expect(existsSync(path.join(workspace, "~"))).toBe(false);
});

test.each(["state", "./state", "ftp://x", "S3://x", "://x", "s3:x"])(
  "%s is no backend",
  async (input) => {
    const { aws, asked } = fakeAws();
    await expect(prepareBackend(aws, request({ input }))).rejects.toMatchObject(
      {
        reason: "invalid-input",
        problems: [
          {
            where: "backend",
            message: `"${input}" is no backend: give a URL that begins with s3://, file://, https://, azblob:// or gs://`,
          },
        ],
      },
    );
    expect(asked).toEqual([]);
  },
);

describe("the passphrase", () => {
  const input = "s3://own";

  test("one that is there is read and masked", async () => {
    const { aws, asked, requests } = fakeAws({ [read]: parameter("there") });
    const { environment } = await prepareBackend(aws, request({ input }));
    expect(environment).toEqual({ PULUMI_CONFIG_PASSPHRASE: "there" });
    expect(masked).toEqual(["there"]);
    expect(asked).toEqual([read]);
    expect(JSON.parse(requests[0]?.body ?? "")).toEqual({
      Name: "/ai-gate/state-passphrase",
      WithDecryption: true,
    });
  });

  test("a new one is random, encrypted, and overwrites nothing", async () => {
    const { aws, requests } = fakeAws({ [read]: missing });
    const first = await prepareBackend(aws, request({ input }));
    const second = await prepareBackend(aws, request({ input }));
    const { PULUMI_CONFIG_PASSPHRASE: value = "" } = first.environment;
    expect(value).toMatch(/^[\w-]{43}$/);
    expect(second.environment).not.toEqual(first.environment);
    const put = JSON.parse(requests[1]?.body ?? "") as Record<string, unknown>;
    expect(put).toMatchObject({ Value: value, Type: "SecureString" });
    expect(put).not.toHaveProperty("Overwrite");
    expect(masked[0]).toBe(value);
  });

  test("the loser of a race takes the winner's", async () => {
    const { aws, asked } = fakeAws({
      [read]: [missing, parameter("the-winner's")],
      [write]: { status: 400, errorCode: "ParameterAlreadyExists" },
    });
    const { environment } = await prepareBackend(aws, request({ input }));
    expect(environment).toEqual({ PULUMI_CONFIG_PASSPHRASE: "the-winner's" });
    expect(masked).toEqual(["the-winner's"]);
    expect(asked).toEqual([read, write, read]);
  });

  test.each([
    ["its own variable", { PULUMI_CONFIG_PASSPHRASE: "mine" }, ["mine"]],
    ["its own file", { PULUMI_CONFIG_PASSPHRASE_FILE: "/p" }, []],
  ])("the user's own stays: %s", async (_, environment, masks) => {
    const { aws, asked } = fakeAws();
    const backend = await prepareBackend(aws, request({ input, environment }));
    expect(backend.environment).toEqual({});
    expect(masked).toEqual(masks);
    expect(asked).toEqual([]);
  });

  test("an empty one of the user's is none: a missing secret must not leave the state in clear", async () => {
    const { aws } = fakeAws({ [read]: parameter("managed") });
    const { environment } = await prepareBackend(
      aws,
      request({
        input,
        environment: {
          PULUMI_CONFIG_PASSPHRASE: "",
          PULUMI_CONFIG_PASSPHRASE_FILE: "",
        },
      }),
    );
    expect(environment).toEqual({ PULUMI_CONFIG_PASSPHRASE: "managed" });
  });

  test.each([
    [
      "read",
      { [read]: { status: 400, errorCode: "AccessDeniedException" } },
      "ssm:GetParameter",
    ],
    [
      "made",
      {
        [read]: missing,
        [write]: { status: 400, errorCode: "AccessDeniedException" },
      },
      "ssm:PutParameter",
    ],
  ])("one that may not be %s", async (_, replies, permission) => {
    const { aws } = fakeAws(replies);
    await expect(prepareBackend(aws, request({ input }))).rejects.toMatchObject(
      {
        reason: "aws-denied",
        message: `The state's passphrase /ai-gate/state-passphrase could not be used (AccessDeniedException): allow ${permission}, or give another backend with the input backend`,
      },
    );
  });
});

describe("the managed bucket", () => {
  const absent = { status: 404, errorCode: "HTTP 404" };
  const passphrase = { [read]: parameter("managed") };
  const settings = ["publicAccessBlock", "versioning", "policy"].map(
    (name) => `${make}?${name}`,
  );

  test("one that is there is used as it is", async () => {
    const { aws, asked } = fakeAws(passphrase);
    await prepareBackend(aws, request());
    expect(asked).toEqual([head, read]);
  });

  test("a new one is private, versioned and takes TLS only", async () => {
    const { aws, asked, requests } = fakeAws({ ...passphrase, [head]: absent });
    await prepareBackend(aws, request());
    expect(asked).toEqual([head, make, ...settings, read]);
    const [, created, block, versioning, policy] = requests.map(
      ({ body }) => body ?? "",
    );
    expect(created).toContain(
      "<LocationConstraint>eu-west-1</LocationConstraint>",
    );
    expect(block?.match(/>true</g)).toHaveLength(4);
    expect(versioning).toContain("<Status>Enabled</Status>");
    expect(JSON.parse(policy ?? "")).toMatchObject({
      Statement: [
        {
          Effect: "Deny",
          Principal: "*",
          Action: "s3:*",
          Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
          Condition: { Bool: { "aws:SecureTransport": "false" } },
        },
      ],
    });
    for (const { service, headers } of requests.slice(0, 5)) {
      expect(service).toBe("s3");
      expect(headers?.["x-amz-expected-bucket-owner"]).toBe("111122223333");
    }
  });

  test("us-east-1 is named by no constraint, China by its partition", async () => {
    const east = fakeAws({
      ...passphrase,
      "s3 HEAD /ai-gate-state-111122223333-us-east-1": absent,
    });
    await prepareBackend(east.aws, request({ region: "us-east-1" }));
    expect(east.requests[1]?.body ?? "").toBe("");
    const china = fakeAws({
      ...passphrase,
      "s3 HEAD /ai-gate-state-111122223333-cn-north-1": absent,
    });
    await prepareBackend(china.aws, request({ region: "cn-north-1" }));
    expect(china.requests[4]?.body).toContain("arn:aws-cn:s3:::ai-gate-state");
  });

  test("a race lost on it is harmless: the settings are made all the same", async () => {
    const { aws, asked } = fakeAws({
      ...passphrase,
      [head]: absent,
      [make]: { status: 409, errorCode: "BucketAlreadyOwnedByYou" },
    });
    const { exists } = await prepareBackend(aws, request());
    expect(exists).toBe(true);
    expect(asked).toEqual([head, make, ...settings, read]);
  });

  test("a command that makes nothing makes neither bucket nor passphrase", async () => {
    const { aws, asked } = fakeAws({ [head]: absent, [read]: missing });
    const backend = await prepareBackend(aws, request({ mayCreate: false }));
    expect(backend).toMatchObject({ exists: false, environment: {} });
    expect(asked).toEqual([head]);
  });

  test.each([
    [
      "another account's (seen)",
      { [head]: { status: 403, errorCode: "HTTP 403" } },
      /belongs to another account/,
    ],
    [
      "another account's (taken)",
      {
        [head]: absent,
        [make]: { status: 409, errorCode: "BucketAlreadyExists" },
      },
      /BucketAlreadyExists.*allow s3:CreateBucket/,
    ],
    [
      "one that may not be made private",
      {
        [head]: absent,
        [`${make}?publicAccessBlock`]: {
          status: 403,
          errorCode: "AccessDenied",
        },
      },
      /allow s3:PutBucketPublicAccessBlock/,
    ],
    [
      "one that may not be versioned",
      {
        [head]: absent,
        [`${make}?versioning`]: { status: 403, errorCode: "AccessDenied" },
      },
      /allow s3:PutBucketVersioning/,
    ],
    [
      "one without a policy",
      {
        [head]: absent,
        [`${make}?policy`]: { status: 403, errorCode: "AccessDenied" },
      },
      /allow s3:PutBucketPolicy/,
    ],
  ])(
    "%s is refused, and nothing is kept in it",
    async (_, replies, message) => {
      const { aws, asked } = fakeAws(replies);
      await expect(prepareBackend(aws, request())).rejects.toMatchObject({
        reason: "aws-denied",
        message: expect.stringMatching(message) as string,
      });
      expect(asked).not.toContain(read);
    },
  );

  test("an S3 that says later", async () => {
    const { aws } = fakeAws({ [head]: { status: 503, errorCode: "HTTP 503" } });
    await expect(prepareBackend(aws, request())).rejects.toMatchObject({
      reason: "aws-throttled",
      message: `The state's bucket ${bucket} could not be used for now (HTTP 503): run the job again in a minute`,
    });
  });

  test("another endpoint goes into the URL", async () => {
    const { aws } = fakeAws(passphrase);
    const environment = { AWS_ENDPOINT_URL: "http://127.0.0.1:4566" };
    const { url } = await prepareBackend(aws, request({ environment }));
    expect(url).toBe(
      `s3://${bucket}?region=eu-west-1&endpoint=http%3A%2F%2F127.0.0.1%3A4566&s3ForcePathStyle=true`,
    );
  });
});
