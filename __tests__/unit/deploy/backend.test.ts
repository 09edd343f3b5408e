import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import {
  backendFault,
  type BackendRequest,
  prepareBackend,
} from "../../../src/deploy/backend.ts";
import { fakeAws } from "../../fixtures/fake-aws.ts";

const formerBucket = "ai-gate-state-111122223333-eu-west-1";
const bucket = `${formerBucket}-an`;
const read = "ssm GetParameter";
const look = "s3 GET /own/.pulumi/stacks/ai-gate.acme.app/prod.json";
const write = "ssm PutParameter";
const head = `s3 HEAD /${bucket}`;
const formerHead = `s3 HEAD /${formerBucket}`;
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
  project: "ai-gate.acme.app",
  stack: "prod",
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
    // A bucket that the user names may be another account's.
    const isManaged = url?.includes(bucket) ?? false;
    expect(backend.owner).toBe(isManaged ? "111122223333" : undefined);
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

test("a directory that cannot be made", async () => {
  writeFileSync(path.join(workspace, "file"), "");
  const { aws, asked } = fakeAws();
  const input = "file://./file/below";
  await expect(prepareBackend(aws, request({ input }))).rejects.toMatchObject({
    reason: "invalid-input",
    problems: [
      {
        where: "backend",
        message: `"${input}" cannot be made (ENOTDIR): use the URL of a directory that may be written to`,
      },
    ],
  });
  expect(asked).toEqual([]);
});

test.each(["state", "./state", "ftp://x", "S3://x", "://x", "s3:x"])(
  "%s is not a backend",
  (input) => {
    expect(backendFault(input, workspace)).toBe(
      `Invalid value "${input}": use a URL that begins with s3://, file://, https://, azblob:// or gs://`,
    );
  },
);

test.each([
  "file://state",
  "file://~",
  "s3://own?region=eu-west-1",
  "https://api.pulumi.com",
  "http://localhost:8080",
  "azblob://container",
  "gs://bucket/below",
])("%s is one", (input) => {
  expect(backendFault(input, workspace)).toBeUndefined();
});

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
    const { PULUMI_CONFIG_PASSPHRASE: value = "" } = first.environment;
    expect(value).toMatch(/^[\w-]{43}$/);
    expect(await first.keepPassphrase?.()).toEqual(first.environment);
    const second = await prepareBackend(aws, request({ input }));
    expect(second.environment).not.toEqual(first.environment);
    const put = JSON.parse(requests[2]?.body ?? "") as Record<string, unknown>;
    expect(put).toMatchObject({ Value: value, Type: "SecureString" });
    expect(put).not.toHaveProperty("Overwrite");
    expect(masked[0]).toBe(value);
  });

  test("a new one is not kept before that is asked for: the run may be refused", async () => {
    const { aws, asked } = fakeAws({ [read]: missing });
    const { keepPassphrase } = await prepareBackend(aws, request({ input }));
    expect(asked).toEqual([read]);
    await keepPassphrase?.();
    expect(asked).toEqual([read, look, write]);
  });

  test("a command that makes nothing keeps none", async () => {
    const { aws, asked } = fakeAws({ [read]: missing });
    const { environment, keepPassphrase } = await prepareBackend(
      aws,
      request({ input, mayCreate: false }),
    );
    expect(environment["PULUMI_CONFIG_PASSPHRASE"]).toMatch(/^[\w-]{43}$/);
    expect(keepPassphrase).toBeUndefined();
    expect(asked).toEqual([read]);
  });

  test("the loser of a race takes the winner's", async () => {
    const { aws, asked } = fakeAws({
      [read]: [missing, parameter("the-winner's")],
      [write]: { status: 400, errorCode: "ParameterAlreadyExists" },
    });
    const { environment, keepPassphrase } = await prepareBackend(
      aws,
      request({ input }),
    );
    const kept = await keepPassphrase?.();
    expect(kept).toEqual({ PULUMI_CONFIG_PASSPHRASE: "the-winner's" });
    expect(masked).toEqual([
      environment["PULUMI_CONFIG_PASSPHRASE"],
      "the-winner's",
    ]);
    expect(asked).toEqual([read, look, write, read]);
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
      "ssm:GetParameter, the statement ReadPassphrase of the deploy policy",
    ],
    [
      "made",
      {
        [read]: missing,
        [write]: { status: 400, errorCode: "AccessDeniedException" },
      },
      "ssm:PutParameter, the statement MakePassphrase of the deploy policy",
    ],
  ])("one that may not be %s", async (_, replies, permission) => {
    const { aws } = fakeAws(replies);
    const kept = prepareBackend(aws, request({ input })).then(
      ({ keepPassphrase }) => keepPassphrase?.(),
    );
    await expect(kept).rejects.toMatchObject({
      reason: "aws-denied",
      message: `The state's passphrase /ai-gate/state-passphrase cannot be used (AccessDeniedException): allow ${permission}, or name another backend with the input backend`,
    });
  });
});

describe("a secrets provider", () => {
  const kms = "awskms://alias/gate?region=eu-west-1" as const;

  test.each([
    ["a bucket of one's own", { input: "s3://own" }],
    ["Pulumi Cloud", { environment: { PULUMI_ACCESS_TOKEN: "pul-token" } }],
    ["a directory", { input: "file://state" }],
  ])("with a KMS key no passphrase is read or made: %s", async (_, more) => {
    const { aws, asked } = fakeAws({ [read]: missing });
    const backend = await prepareBackend(
      aws,
      request({ secretsProvider: kms, ...more }),
    );
    expect(backend).toMatchObject({ environment: {}, secretsProvider: kms });
    expect(asked).toEqual([]);
  });

  test.each([
    ["Pulumi Cloud", { environment: { PULUMI_ACCESS_TOKEN: "pul-token" } }],
    ["its URL", { input: "https://api.pulumi.com" }],
  ])("the passphrase, where it is asked for: %s", async (_, more) => {
    const { aws } = fakeAws({ [read]: parameter("there") });
    const backend = await prepareBackend(
      aws,
      request({ secretsProvider: "passphrase", ...more }),
    );
    expect(backend.environment).toEqual({ PULUMI_CONFIG_PASSPHRASE: "there" });
  });
});

describe("the managed bucket", () => {
  const absent = { status: 404, errorCode: "HTTP 404" };
  const passphrase = { [read]: parameter("managed") };
  const names = [
    "publicAccessBlock",
    "ownershipControls",
    "versioning",
    "policy",
  ] as const;
  const none = { [head]: absent, [formerHead]: absent };
  const get = (name: string) => `s3 GET /${bucket}?${name}`;
  const put = (name: string) => `${make}?${name}`;
  const tlsOnly = {
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
  /** As S3 answers for a bucket that was just made. */
  const bare = {
    [get("publicAccessBlock")]: {
      status: 404,
      errorCode: "NoSuchPublicAccessBlockConfiguration",
    },
    [get("ownershipControls")]: {
      status: 404,
      errorCode: "OwnershipControlsNotFoundError",
    },
    [get("versioning")]: { body: "<VersioningConfiguration/>" },
    [get("policy")]: { status: 404, errorCode: "NoSuchBucketPolicy" },
  };
  /** As S3 answers for a bucket that is as it should be; `Sid` is what another version of this action left out. */
  const hardened = {
    [get("publicAccessBlock")]: {
      body: "<C><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></C>",
    },
    [get("ownershipControls")]: {
      body: "<C><Rule><ObjectOwnership>BucketOwnerEnforced</ObjectOwnership></Rule></C>",
    },
    [get("versioning")]: { body: "<C><Status>Enabled</Status></C>" },
    [get("policy")]: { body: JSON.stringify({ Statement: [tlsOnly] }) },
  };
  const looked = names.map(get);
  const made = [...looked, ...names.map(put)];

  test("one that is as it should be is looked at, and nothing is written", async () => {
    const { aws, asked, requests } = fakeAws({ ...passphrase, ...hardened });
    await prepareBackend(aws, request());
    expect(asked).toEqual([head, ...looked, read]);
    for (const { headers } of requests.slice(0, 5))
      expect(headers["x-amz-expected-bucket-owner"]).toBe("111122223333");
  });

  test("one that a run left half-way is put right by the next", async () => {
    const denied = { status: 403, errorCode: "AccessDenied" };
    const replies = { ...passphrase, ...bare, ...none };
    const first = fakeAws({ ...replies, [put("policy")]: denied });
    await expect(prepareBackend(first.aws, request())).rejects.toThrow(
      /allow s3:PutBucketPolicy/,
    );
    const second = fakeAws({ ...passphrase, ...bare });
    await prepareBackend(second.aws, request());
    expect(second.asked).toEqual([head, ...made, read]);
  });

  test.each<[(typeof names)[number], string]>([
    ["publicAccessBlock", "<C><BlockPublicAcls>true</BlockPublicAcls></C>"],
    [
      "ownershipControls",
      "<C><Rule><ObjectOwnership>ObjectWriter</ObjectOwnership></Rule></C>",
    ],
    ["versioning", "<C><Status>Suspended</Status></C>"],
    ["policy", JSON.stringify({ Statement: [] })],
    [
      "policy",
      JSON.stringify({
        Statement: [{ ...tlsOnly, Sid: "TlsOnly", Action: "s3:GetObject" }],
      }),
    ],
  ])(
    "%s that is not as it should be (%s) is set, alone",
    async (name, body) => {
      const replies = { ...passphrase, ...hardened, [get(name)]: { body } };
      const { aws, asked } = fakeAws(replies);
      await prepareBackend(aws, request());
      expect(asked.filter((one) => one.includes("PUT"))).toEqual([put(name)]);
    },
  );

  test("a statement added to the policy by hand stays", async () => {
    const own = { Sid: "Own", Effect: "Deny", Principal: "*", Action: "s3:*" };
    const { aws, requests } = fakeAws({
      ...passphrase,
      ...hardened,
      [get("policy")]: { body: JSON.stringify({ Statement: [own] }) },
    });
    await prepareBackend(aws, request());
    const body = requests.find(({ method }) => method === "PUT")?.body ?? "";
    expect(JSON.parse(body)).toMatchObject({ Statement: [own, tlsOnly] });
  });

  test("a new one is private, versioned and takes TLS only", async () => {
    const { aws, asked, requests } = fakeAws({
      ...passphrase,
      ...bare,
      ...none,
    });
    await prepareBackend(aws, request());
    expect(asked).toEqual([head, formerHead, make, ...made, read]);
    const [created, block, owner, versioning, policy] = requests
      .filter(({ method }) => method === "PUT")
      .map(({ body }) => body);
    expect(created).toContain(
      "<LocationConstraint>eu-west-1</LocationConstraint>",
    );
    const [creation] = requests.filter(({ method }) => method === "PUT");
    expect(creation?.headers).toMatchObject({
      "x-amz-bucket-namespace": "account-regional",
      "x-amz-object-ownership": "BucketOwnerEnforced",
    });
    expect(block?.match(/>true</g)).toHaveLength(4);
    expect(owner).toContain("BucketOwnerEnforced");
    expect(versioning).toContain("<Status>Enabled</Status>");
    expect(JSON.parse(policy ?? "")).toMatchObject({ Statement: [tlsOnly] });
    // All but the one that makes it.
    const owners = requests
      .filter(({ service }) => service === "s3")
      .map(({ headers }) => headers["x-amz-expected-bucket-owner"]);
    expect(owners.filter((owner) => owner === undefined)).toHaveLength(1);
  });

  describe("what S3 does not do at once is asked for again", () => {
    const conflict = { status: 409, errorCode: "OperationAborted" };
    const unknown = { status: 404, errorCode: "NoSuchBucket" };
    test.each([
      ["the bucket", make, [conflict, conflict, {}], 2],
      ["a setting", put("versioning"), [conflict, {}], 1],
      ["a bucket not seen yet", put("policy"), [unknown, unknown, {}], 2],
    ])("%s", async (_, call, replies, times) => {
      const { aws, asked, waits } = fakeAws({
        ...passphrase,
        ...bare,
        ...none,
        [call]: replies,
      });
      await prepareBackend(aws, request());
      expect(asked.filter((one) => one === call)).toHaveLength(times + 1);
      expect(waits).toHaveLength(times);
    });

    test("but not for ever", async () => {
      const { aws, waits } = fakeAws({ ...bare, [put("policy")]: conflict });
      await expect(prepareBackend(aws, request())).rejects.toThrow(
        /cannot be used now \(s3:\w+: OperationAborted\): run the job again/,
      );
      expect(waits.reduce((sum, one) => sum + one)).toBeLessThan(60_000);
    });
  });

  test("one of an earlier version is kept, with its settings corrected", async () => {
    const { aws, asked } = fakeAws({
      ...passphrase,
      [head]: absent,
      [`s3 GET /${formerBucket}?versioning`]: {
        body: "<C><Status>Suspended</Status></C>",
      },
    });
    const { exists, url } = await prepareBackend(aws, request());
    expect({ exists, url }).toEqual({
      exists: true,
      url: `s3://${formerBucket}?region=eu-west-1`,
    });
    expect(asked).toContain(`s3 PUT /${formerBucket}?versioning`);
    expect(asked).not.toContain(make);
  });

  test("another account's with the name of an earlier version is nothing", async () => {
    const { aws, asked } = fakeAws({
      ...passphrase,
      ...hardened,
      [head]: absent,
      [formerHead]: { status: 403, errorCode: "HTTP 403" },
    });
    const { url } = await prepareBackend(aws, request());
    expect(url).toBe(`s3://${bucket}?region=eu-west-1`);
    expect(asked).toContain(make);
  });

  test.each(["me-south-1", "me-central-1", "us-iso-east-1"])(
    "%s has no namespaces of accounts: a name that anybody can take",
    async (region) => {
      const name = `ai-gate-state-111122223333-${region}`;
      const { aws, asked, requests } = fakeAws({
        ...passphrase,
        [`s3 HEAD /${name}`]: absent,
      });
      const { url } = await prepareBackend(aws, request({ region }));
      expect(url).toBe(`s3://${name}?region=${region}`);
      expect(asked.slice(0, 2)).toEqual([
        `s3 HEAD /${name}`,
        `s3 PUT /${name}`,
      ]);
      expect(requests[1]?.headers).not.toHaveProperty("x-amz-bucket-namespace");
      const taken = fakeAws({
        [`s3 HEAD /${name}`]: { status: 403, errorCode: "HTTP 403" },
      });
      await expect(
        prepareBackend(taken.aws, request({ region })),
      ).rejects.toThrow(
        /allow s3:ListBucket, the statement FindState of the deploy policy \(or, bucket names being global, it belongs to another account\), or name another backend/,
      );
    },
  );

  test("us-east-1 is named by no constraint, China by its partition", async () => {
    const east = fakeAws({
      ...passphrase,
      ...hardened,
      "s3 HEAD /ai-gate-state-111122223333-us-east-1": absent,
      "s3 HEAD /ai-gate-state-111122223333-us-east-1-an": absent,
    });
    await prepareBackend(east.aws, request({ region: "us-east-1" }));
    expect(east.requests[2]).toMatchObject({ method: "PUT", body: "" });
    const china = fakeAws({
      ...passphrase,
      "s3 HEAD /ai-gate-state-111122223333-cn-north-1-an": absent,
      "s3 HEAD /ai-gate-state-111122223333-cn-north-1": absent,
    });
    await prepareBackend(china.aws, request({ region: "cn-north-1" }));
    const bodies = china.requests.map(({ body }) => body).join();
    expect(bodies).toContain("arn:aws-cn:s3:::ai-gate-state");
  });

  test("a race lost on it is harmless: the settings are made all the same", async () => {
    const { aws, asked } = fakeAws({
      ...passphrase,
      ...bare,
      ...none,
      [make]: { status: 409, errorCode: "BucketAlreadyOwnedByYou" },
    });
    const { exists } = await prepareBackend(aws, request());
    expect(exists).toBe(true);
    expect(asked).toEqual([head, formerHead, make, ...made, read]);
  });

  test("a command that changes nothing writes nothing, whatever the bucket is like", async () => {
    const { aws, asked } = fakeAws({ ...passphrase, ...bare });
    await prepareBackend(aws, request({ mayCreate: false }));
    expect(asked).toEqual([head, read]);
  });

  test("a command that makes nothing makes neither bucket nor passphrase", async () => {
    const { aws, asked } = fakeAws({ ...none, [read]: missing });
    const backend = await prepareBackend(aws, request({ mayCreate: false }));
    expect(backend).toMatchObject({ exists: false, environment: {} });
    expect(asked).toEqual([head, formerHead]);
  });

  test.each([
    [
      "one that may not be looked at",
      { [head]: { status: 403, errorCode: "HTTP 403" } },
      /\(HTTP 403\): allow s3:ListBucket, the statement FindState of the deploy policy, or name/,
    ],
    [
      "another account's (taken)",
      {
        ...none,
        [make]: { status: 409, errorCode: "BucketAlreadyExists" },
      },
      /belongs to another account \(BucketAlreadyExists\): name a bucket of yours with the input backend/,
    ],
    [
      "one that may not be made private",
      {
        ...none,
        [put("publicAccessBlock")]: {
          status: 403,
          errorCode: "AccessDenied",
        },
      },
      /allow s3:PutBucketPublicAccessBlock/,
    ],
    [
      "one that may not be versioned",
      {
        ...none,
        [put("versioning")]: { status: 403, errorCode: "AccessDenied" },
      },
      /allow s3:PutBucketVersioning/,
    ],
    [
      "one without a policy",
      {
        ...none,
        [put("policy")]: { status: 403, errorCode: "AccessDenied" },
      },
      /allow s3:PutBucketPolicy/,
    ],
    [
      "one whose policy may not be seen",
      {
        ...hardened,
        [get("policy")]: { status: 403, errorCode: "AccessDenied" },
      },
      /allow s3:GetBucketPolicy/,
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
      message: `The state's bucket ${bucket} cannot be used now (s3:ListBucket: HTTP 503): run the job again in a minute`,
    });
  });

  test("an account that has all the buckets it may", async () => {
    const { aws } = fakeAws({
      ...none,
      [make]: {
        status: 400,
        errorCode: "TooManyBuckets",
      },
    });
    await expect(prepareBackend(aws, request())).rejects.toMatchObject({
      reason: "aws-quota",
      message: expect.stringMatching(
        /^The state's bucket .* cannot be used \(s3:CreateBucket: TooManyBuckets, .*\): a limit of AWS is reached/,
      ) as string,
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
