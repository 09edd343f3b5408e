// The bucket of the state when the user names no backend: versioned, private, TLS only, in the user's own account.
import { isDeepStrictEqual } from "node:util";
import {
  CreateBucketCommand,
  GetBucketOwnershipControlsCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  PutBucketOwnershipControlsCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { partitionOf } from "../../contract/partitions.ts";
import { GateFailure } from "../gate/failure.ts";
import {
  type Aws,
  type AwsError,
  awsError,
  repeated,
  stateDenied,
} from "./aws.ts";
import { sharedBucketName, stateBucketName } from "./names.ts";

export interface BucketRequest {
  readonly region: string;
  readonly account: string;
  /** False for commands that must not create or change anything (preview, output). */
  readonly mayCreate: boolean;
}

const nothingPublic = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};

/**
 * Finds the bucket, or makes it where it may, and corrects its settings: a run that was refused half-way left it open, or they were
 * changed.
 * @returns its name, and whether it is there (now).
 */
export async function ensureBucket(
  aws: Aws,
  { account, mayCreate, region }: BucketRequest,
): Promise<{ readonly name: string; readonly exists: boolean }> {
  const s3 = new S3Client(aws.config(region));
  const look = (Bucket: string, denied?: "none") => {
    const command = new HeadBucketCommand({
      Bucket,
      ExpectedBucketOwner: account,
    });
    return createCall(aws, Bucket)(permissionToLook, () =>
      s3.send(command).catch((error: unknown) => {
        const { name, $metadata } = awsError(error);
        const isNone = denied && $metadata.httpStatusCode === 403;
        if (name === "NotFound" || isNone) return undefined;
        throw error;
      }),
    );
  };
  const shared = sharedBucketName({ account, region });
  const own = stateBucketName({ account, region });
  if (await look(own)) return harden(own);
  // Earlier versions made it in the namespace of all accounts, where one of that name may be another's.
  if (own !== shared && (await look(shared, "none"))) return harden(shared);
  if (!mayCreate) return { name: own, exists: false };
  await createCall(aws, own)("s3:CreateBucket", () =>
    s3
      .send(
        new CreateBucketCommand({
          Bucket: own,
          ObjectOwnership: ownership,
          ...(own !== shared && { BucketNamespace: "account-regional" }),
        }),
      )
      .catch(unless("BucketAlreadyOwnedByYou")),
  );
  return harden(own);

  async function harden(name: string) {
    const at = { Bucket: name, ExpectedBucketOwner: account };
    const call = createCall(aws, name);
    if (mayCreate) await correctSettings(s3, at, { call, region });
    return { name, exists: true };
  }
}

const ownership = "BucketOwnerEnforced" as const;

/**
 * Encryption is none of them: S3 encrypts every object by itself since 2023, and that cannot be turned off. Read side by side; written
 * one by one, since S3 refuses a change while another one of the same bucket is under way.
 */
async function correctSettings(
  s3: S3Client,
  at: { readonly Bucket: string; readonly ExpectedBucketOwner: string },
  { call, region }: { call: ReturnType<typeof createCall>; region: string },
): Promise<void> {
  const [block, owner, versioning, policy] = await Promise.all([
    call("s3:GetBucketPublicAccessBlock", () =>
      s3
        .send(new GetPublicAccessBlockCommand(at))
        .catch(unless("NoSuchPublicAccessBlockConfiguration")),
    ),
    call("s3:GetBucketOwnershipControls", () =>
      s3
        .send(new GetBucketOwnershipControlsCommand(at))
        .catch(unless("OwnershipControlsNotFoundError")),
    ),
    call("s3:GetBucketVersioning", () =>
      s3.send(new GetBucketVersioningCommand(at)),
    ),
    call("s3:GetBucketPolicy", () =>
      s3
        .send(new GetBucketPolicyCommand(at))
        .catch(unless("NoSuchBucketPolicy")),
    ),
  ]);
  const PublicAccessBlockConfiguration = nothingPublic;
  if (!isDeepStrictEqual(block?.PublicAccessBlockConfiguration, nothingPublic))
    await call("s3:PutBucketPublicAccessBlock", () =>
      s3.send(
        new PutPublicAccessBlockCommand({
          ...at,
          PublicAccessBlockConfiguration,
        }),
      ),
    );
  const { Rules: [rule] = [] } = owner?.OwnershipControls ?? {};
  const OwnershipControls = { Rules: [{ ObjectOwnership: ownership }] };
  if (rule?.ObjectOwnership !== ownership)
    await call("s3:PutBucketOwnershipControls", () =>
      s3.send(
        new PutBucketOwnershipControlsCommand({ ...at, OwnershipControls }),
      ),
    );
  const VersioningConfiguration = { Status: "Enabled" } as const;
  if (versioning.Status !== "Enabled")
    await call("s3:PutBucketVersioning", () =>
      s3.send(
        new PutBucketVersioningCommand({ ...at, VersioningConfiguration }),
      ),
    );
  const Policy = withTlsOnly(policy?.Policy, region, at.Bucket);
  if (Policy !== undefined)
    await call("s3:PutBucketPolicy", () =>
      s3.send(new PutBucketPolicyCommand({ ...at, Policy })),
    );
}

const permissionToLook = "s3:ListBucket";

const unless = (name: string) => (error: unknown) => {
  if (awsError(error).name === name) return undefined;
  throw error;
};

/**
 * S3 refuses a change while another one of the same bucket is under way, and may not know for some seconds a bucket that was just
 * made: both are repeated, for half a minute.
 */
function createCall({ wait }: Aws, bucket: string) {
  // Many runs may make the same bucket at once: each waits another while.
  const pauses = [500, 1000, 2000, 4000, 8000, 15_000].map(
    (pause) => pause * (0.75 + Math.random() / 2),
  );
  const waitsOut = ({ name }: AwsError) =>
    name === "OperationAborted" || name === "NoSuchBucket";
  return async <Result>(permission: string, act: () => Promise<Result>) =>
    repeated(act, waitsOut, { pauses, wait }).catch((error: unknown) => {
      throw bucketFailure(awsError(error), permission, bucket);
    });
}

/** HEAD has no body: for a bucket of another owner S3 says no more than for a missing permission. */
function bucketFailure(
  error: AwsError,
  permission: string,
  bucket: string,
): GateFailure {
  const isTaken = error.name === "BucketAlreadyExists";
  const mayBeTaken = permission === permissionToLook && !bucket.endsWith("-an");
  if (isTaken)
    return new GateFailure(
      "aws-denied",
      `The state's bucket ${bucket} belongs to another account (${error.name}): name a bucket of yours with the input backend, as in \`backend: s3://my-bucket?region=eu-west-1\``,
    );
  return stateDenied(
    error,
    mayBeTaken
      ? `${permission} (or, bucket names being global, it belongs to another account)`
      : permission,
    `bucket ${bucket}`,
  );
}

/** Other statements of the bucket's policy stay. @returns undefined for a policy that needs no change. */
function withTlsOnly(
  present: string | undefined,
  region: string,
  bucket: string,
): string | undefined {
  const arn = `arn:${partitionOf(region)}:s3:::${bucket}`;
  const tlsOnly = {
    Sid: "TlsOnly",
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: [arn, `${arn}/*`],
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
  const { Statement: statements = [] } = JSON.parse(present ?? "{}") as {
    Statement?: { Sid?: string }[];
  };
  const isThere = statements.some((statement) =>
    isDeepStrictEqual({ ...statement, Sid: tlsOnly.Sid }, tlsOnly),
  );
  if (isThere) return undefined;
  const others = statements.filter(({ Sid }) => Sid !== tlsOnly.Sid);
  const Statement = [...others, tlsOnly];
  return JSON.stringify({ Version: "2012-10-17", Statement });
}
