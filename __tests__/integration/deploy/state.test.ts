// The place of the state and its passphrase against services that keep what they are given: many runs at once, what an earlier run
// left half-made, and each permission that may be missing. No engine: what it writes is put there by hand.
import { createAws, callerAccount } from "../../../src/deploy/aws.ts";
import {
  type Backend,
  type BackendRequest,
  prepareBackend,
} from "../../../src/deploy/backend.ts";
import { type Cloud, startCloud } from "../../../local/cloud/cloud.ts";
import { callAws } from "../../fixtures/action-rig.ts";

jest.setTimeout(120_000);

const region = "eu-west-1";
const name = "/ai-gate/state-passphrase";
let cloud: Cloud;
beforeAll(async () => {
  cloud = await startCloud({ region, engine: false });
  process.env["AWS_ENDPOINT_URL"] = cloud.gateway.url;
}, 120_000);
afterAll(() => cloud.stop());

let accounts = 0;
/** Each test has an account of its own, so that it begins without bucket and passphrase. */
const newAccount = () => `${700_000_000_000 + (accounts += 1)}`;

const awsOf = (account: string) =>
  createAws(
    {
      AWS_ACCESS_KEY_ID: account,
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_ENDPOINT_URL: cloud.gateway.url,
    },
    // Only the order of calls matters.
    {
      wait: () => new Promise((resolve) => setTimeout(resolve, 20)),
      maxAttempts: 1,
    },
  );

const prepare = (account: string, more: Partial<BackendRequest> = {}) =>
  prepareBackend(awsOf(account), {
    input: "",
    environment: { AWS_ENDPOINT_URL: cloud.gateway.url },
    workspace: "/",
    region,
    project: "ai-gate.acme.app",
    stack: "prod",
    account,
    mask: () => undefined,
    mayCreate: true,
    ...more,
  });

/** As an `up` does it, up to the first call of the engine that writes. */
async function bootstrap(
  account: string,
  more: Partial<BackendRequest> = {},
): Promise<Pick<Backend, "url" | "environment">> {
  const { environment, keepPassphrase, url } = await prepare(account, more);
  return { url, environment: (await keepPassphrase?.()) ?? environment };
}

const bucketOf = (account: string) => `ai-gate-state-${account}-${region}-an`;

const ssm = (account: string, operation: string, body: object) =>
  callAws(cloud, {
    service: "ssm",
    account,
    target: `AmazonSSM.${operation}`,
    body,
  });

const calls = (account: string, operation: string) =>
  cloud.gateway.ledger.filter(
    (call) => call.caller === account && call.operation === operation,
  );

test("bucket and passphrase are made once, and found again", async () => {
  const account = newAccount();
  expect(await callerAccount(awsOf(account), region)).toBe(account);
  expect(await prepare(account, { mayCreate: false })).toMatchObject({
    exists: false,
  });
  const made = await bootstrap(account);
  expect(made.environment["PULUMI_CONFIG_PASSPHRASE"]).toMatch(/^[\w-]{43}$/);
  expect(await bootstrap(account)).toEqual(made);
  expect(await prepare(account, { mayCreate: false })).toMatchObject(made);
});

const many = 20;

/** What several runs got, all of them. */
async function together(account: string) {
  const got = await Promise.all(
    Array.from({ length: many }, () => bootstrap(account)),
  );
  return new Set(got.map((one) => JSON.stringify(one)));
}

async function expectInOrder(account: string): Promise<void> {
  const before = cloud.gateway.ledger.length;
  await bootstrap(account);
  const after = cloud.gateway.ledger.slice(before).filter(({ write }) => write);
  // The action reads every setting, and writes those that are not as they should be.
  expect(after.map(({ operation }) => operation)).toEqual([]);
}

/** What S3 and SSM answer while others change the same, and before all of their machines have heard of it. */
const disturbances: Readonly<
  Record<
    string,
    readonly [
      service: string,
      operation: string,
      status: number,
      errorType: string,
      times: number,
    ][]
  >
> = {
  none: [],
  "changes under way (409 OperationAborted)": [
    ["s3", "CreateBucket", 409, "OperationAborted", 7],
    ["s3", "PutPublicAccessBlock", 409, "OperationAborted", 5],
    ["s3", "PutBucketVersioning", 409, "OperationAborted", 5],
    ["s3", "PutBucketPolicy", 409, "OperationAborted", 5],
    ["ssm", "PutParameter", 400, "TooManyUpdates", 3],
  ],
  "a bucket that is seen late": [
    ["s3", "HeadBucket", 404, "NotFound", 60],
    ["s3", "GetPublicAccessBlock", 404, "NoSuchBucket", 9],
    ["s3", "GetBucketVersioning", 404, "NoSuchBucket", 9],
    ["s3", "PutBucketPolicy", 404, "NoSuchBucket", 9],
  ],
  "a passphrase that is seen late": [
    ["ssm", "GetParameter", 400, "ParameterNotFound", 23],
  ],
};

test.each(Object.entries(disturbances))(
  "twenty runs at once get one bucket and one passphrase; %s",
  async (_, faults) => {
    const account = newAccount();
    for (const [service, operation, status, errorType, times] of faults)
      cloud.gateway.failNext({
        service,
        operation,
        status,
        errorType,
        times,
        caller: account,
      });
    const got = await together(account);
    cloud.gateway.forgetFaults(account);
    expect(got.size).toBe(1);
    expect(
      calls(account, "PutParameter").filter(({ status }) => status === 200),
    ).toHaveLength(1);
    expect([
      ...new Set(calls(account, "CreateBucket").map(({ path }) => path)),
    ]).toEqual([`/${bucketOf(account)}/`]);
    expect(got).toEqual(new Set([JSON.stringify(await bootstrap(account))]));
    await expectInOrder(account);
  },
);

describe("what an earlier run left half-made", () => {
  const putObject = async (
    account: string,
    key: string,
    state: object | string,
  ) => {
    const { PutObjectCommand, S3Client } = await import("@aws-sdk/client-s3");
    const s3 = new S3Client(awsOf(account).config(region));
    await s3.send(
      new PutObjectCommand({
        Bucket: bucketOf(account),
        Key: key,
        Body: typeof state === "string" ? state : JSON.stringify(state),
      }),
    );
  };
  const stateOf = (type?: string, resources: readonly object[] = [{}]) => ({
    version: 3,
    checkpoint: {
      latest:
        type === undefined
          ? null
          : {
              secrets_providers: { type, state: { salt: "v1:x" } },
              ...(resources.length > 0 && { resources }),
            },
    },
  });
  const file = ".pulumi/stacks/ai-gate.acme.app/prod.json";

  test("a bucket without settings gets them", async () => {
    const account = newAccount();
    const { CreateBucketCommand, S3Client } =
      await import("@aws-sdk/client-s3");
    const s3 = new S3Client(awsOf(account).config(region));
    await s3.send(new CreateBucketCommand({ Bucket: bucketOf(account) }));
    await bootstrap(account);
    expect(calls(account, "CreateBucket")).toHaveLength(1);
    await expectInOrder(account);
  });

  test("a state that is encrypted, without its passphrase: no new one is made", async () => {
    const account = newAccount();
    const { environment } = await bootstrap(account);
    await putObject(account, file, stateOf("passphrase"));
    await ssm(account, "DeleteParameter", { Name: name });
    await expect(bootstrap(account)).rejects.toMatchObject({
      reason: "invalid-input",
      message: expect.stringMatching(
        /^The state's passphrase \/ai-gate\/state-passphrase is not there, but \.pulumi\/stacks\/ai-gate\.acme\.app\/prod\.json in the same backend is encrypted by one: put it back .*, or set PULUMI_CONFIG_PASSPHRASE;[^\n]*$/,
      ) as string,
    });
    await expect(ssm(account, "GetParameter", { Name: name })).rejects.toThrow(
      "ParameterNotFound",
    );
    // As the line says.
    const Value = environment["PULUMI_CONFIG_PASSPHRASE"];
    await ssm(account, "PutParameter", {
      Name: name,
      Type: "SecureString",
      Value,
    });
    expect((await bootstrap(account)).environment).toEqual(environment);
  });

  test.each([
    ["a stack that was made and never brought up", stateOf()],
    ["one that a KMS key encrypts", stateOf("cloud")],
    ["one that was destroyed", stateOf("passphrase", [])],
  ])("%s does not keep a passphrase from being made", async (_, state) => {
    const account = newAccount();
    await prepare(account);
    await putObject(account, file, state);
    const { environment } = await bootstrap(account);
    expect(environment["PULUMI_CONFIG_PASSPHRASE"]).toMatch(/^[\w-]{43}$/);
  });

  test("a file that is no state does not hide one that is encrypted", async () => {
    const account = newAccount();
    await prepare(account);
    await putObject(account, ".pulumi/stacks/a/half.json", '{"version": 3,');
    await putObject(account, file, stateOf("passphrase"));
    await expect(bootstrap(account)).rejects.toMatchObject({
      message: expect.stringContaining(file) as string,
    });
  });

  test.each<[string, Partial<BackendRequest>, boolean]>([
    ["its own state", {}, true],
    ["that of the same gate in another region", { stack: "prod-us" }, false],
    ["that of another repository", { project: "ai-gate.acme.other" }, false],
  ])(
    "of a bucket that the user names, a run looks at %s: %j",
    async (_, run, isRefused) => {
      const account = newAccount();
      await prepare(account);
      await putObject(account, file, stateOf("passphrase"));
      const endpoint = encodeURIComponent(cloud.gateway.url);
      const input = `s3://${bucketOf(account)}?region=${region}&endpoint=${endpoint}&s3ForcePathStyle=true`;
      const booted = bootstrap(account, { ...run, input });
      if (isRefused)
        await expect(booted).rejects.toMatchObject({
          message: expect.stringContaining(file) as string,
        });
      else
        expect((await booted).environment).toMatchObject({
          PULUMI_CONFIG_PASSPHRASE: expect.any(String) as string,
        });
    },
  );

  test("a parameter without a text is not taken for a passphrase", async () => {
    const account = newAccount();
    await prepare(account);
    await ssm(account, "PutParameter", {
      Name: name,
      Type: "SecureString",
      Value: " ",
    });
    await expect(bootstrap(account)).rejects.toMatchObject({
      reason: "invalid-input",
      message: expect.stringMatching(
        /^The state's passphrase \S+ is empty: put the passphrase back [^\n]*, or delete the parameter/,
      ) as string,
    });
    await ssm(account, "DeleteParameter", { Name: name });
    await bootstrap(account);
  });
});

describe("a permission that is missing", () => {
  const ofBucket = "MakeStateBucket";
  test.each([
    ["HeadBucket", "s3:ListBucket", "FindState"],
    ["CreateBucket", "s3:CreateBucket", ofBucket],
    ["GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock", ofBucket],
    ["PutPublicAccessBlock", "s3:PutBucketPublicAccessBlock", ofBucket],
    ["GetBucketOwnershipControls", "s3:GetBucketOwnershipControls", ofBucket],
    ["PutBucketOwnershipControls", "s3:PutBucketOwnershipControls", ofBucket],
    ["GetBucketVersioning", "s3:GetBucketVersioning", ofBucket],
    ["PutBucketVersioning", "s3:PutBucketVersioning", ofBucket],
    ["GetBucketPolicy", "s3:GetBucketPolicy", ofBucket],
    ["PutBucketPolicy", "s3:PutBucketPolicy", ofBucket],
    ["GetParameter", "ssm:GetParameter", "ReadPassphrase"],
    ["PutParameter", "ssm:PutParameter", "MakePassphrase"],
  ])(
    "%s: one line names %s and the statement %s, and the next run goes on",
    async (operation, action, sid) => {
      const account = newAccount();
      const service = action.split(":")[0] ?? "";
      // A new bucket has its owner's objects only, as it is made: this setting is written where somebody changed it.
      if (operation === "PutBucketOwnershipControls")
        cloud.gateway.failNext({
          service,
          operation: "GetBucketOwnershipControls",
          status: 404,
          errorType: "OwnershipControlsNotFoundError",
          caller: account,
        });
      const [status, errorType] =
        service === "s3"
          ? [403, "AccessDenied"]
          : [400, "AccessDeniedException"];
      cloud.gateway.failNext({
        service,
        operation,
        status,
        errorType,
        times: Infinity,
        caller: account,
      });
      const failure = await bootstrap(account).catch((error: unknown) => error);
      const subject =
        service === "s3" ? `bucket ${bucketOf(account)}` : `passphrase ${name}`;
      const code = operation === "HeadBucket" ? "HTTP 403" : errorType;
      expect(failure).toMatchObject({
        reason: "aws-denied",
        message: `The state's ${subject} cannot be used (${code}): allow ${action}, the statement ${sid} of the deploy policy, or name another backend with the input backend`,
      });
      cloud.gateway.forgetFaults(account);
      const { environment } = await bootstrap(account);
      expect(environment["PULUMI_CONFIG_PASSPHRASE"]).toMatch(/^[\w-]{43}$/);
      await expectInOrder(account);
    },
  );

  test("every call of it has a row", () => {
    const asked = new Set(
      cloud.gateway.ledger.map(
        ({ operation, service }) => `${service} ${operation}`,
      ),
    );
    expect([...asked].sort()).toMatchInlineSnapshot(`
     [
       "s3 CreateBucket",
       "s3 GetBucketOwnershipControls",
       "s3 GetBucketPolicy",
       "s3 GetBucketVersioning",
       "s3 GetObject",
       "s3 GetPublicAccessBlock",
       "s3 HeadBucket",
       "s3 ListObjectsV2",
       "s3 PutBucketOwnershipControls",
       "s3 PutBucketPolicy",
       "s3 PutBucketVersioning",
       "s3 PutObject",
       "s3 PutPublicAccessBlock",
       "ssm DeleteParameter",
       "ssm GetParameter",
       "ssm PutParameter",
       "sts GetCallerIdentity",
     ]
    `);
  });
});
