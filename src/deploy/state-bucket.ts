// The bucket of the state when the user names no backend: versioned, private, TLS only, in the user's own account.
import { isDeepStrictEqual } from "node:util";
import {
  CreateBucketCommand,
  GetBucketPolicyCommand,
  GetBucketVersioningCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { partitionOf } from "../gate/iam-policies.ts";
import {
  type Aws,
  type AwsError,
  awsError,
  repeated,
  stateDenied,
} from "./aws.ts";

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
 * Makes the bucket where it may, and corrects its settings: a run that was refused half-way left it open, or they were changed.
 * A bucket of that name in another account is refused: names are global.
 * @returns whether the bucket is there (now).
 */
export async function ensureBucket(
  aws: Aws,
  { account, mayCreate, region }: BucketRequest,
  name: string,
): Promise<boolean> {
  const s3 = new S3Client(aws.config(region));
  const at = { Bucket: name, ExpectedBucketOwner: account };
  const call = createCall(aws, name);
  const exists = await call(permissionToLook, () =>
    s3.send(new HeadBucketCommand(at)).catch(unless("NotFound")),
  );
  if (!mayCreate) return exists !== undefined;
  if (exists === undefined)
    await call("s3:CreateBucket", () =>
      s3
        .send(new CreateBucketCommand({ Bucket: name }))
        .catch(unless("BucketAlreadyOwnedByYou")),
    );
  await correctSettings(s3, at, { call, region });
  return true;
}

/** Encryption is none of them: S3 encrypts every object by itself since 2023, and that cannot be turned off. */
async function correctSettings(
  s3: S3Client,
  at: { readonly Bucket: string; readonly ExpectedBucketOwner: string },
  { call, region }: { call: ReturnType<typeof createCall>; region: string },
): Promise<void> {
  const PublicAccessBlockConfiguration = nothingPublic;
  const block = await call("s3:GetBucketPublicAccessBlock", () =>
    s3
      .send(new GetPublicAccessBlockCommand(at))
      .catch(unless("NoSuchPublicAccessBlockConfiguration")),
  );
  if (!isDeepStrictEqual(block?.PublicAccessBlockConfiguration, nothingPublic))
    await call("s3:PutBucketPublicAccessBlock", () =>
      s3.send(
        new PutPublicAccessBlockCommand({
          ...at,
          PublicAccessBlockConfiguration,
        }),
      ),
    );
  const VersioningConfiguration = { Status: "Enabled" } as const;
  const { Status } = await call("s3:GetBucketVersioning", () =>
    s3.send(new GetBucketVersioningCommand(at)),
  );
  if (Status !== "Enabled")
    await call("s3:PutBucketVersioning", () =>
      s3.send(
        new PutBucketVersioningCommand({ ...at, VersioningConfiguration }),
      ),
    );
  const present = await call("s3:GetBucketPolicy", () =>
    s3.send(new GetBucketPolicyCommand(at)).catch(unless("NoSuchBucketPolicy")),
  );
  const Policy = withTlsOnly(present?.Policy, region, at.Bucket);
  if (Policy !== undefined)
    await call("s3:PutBucketPolicy", () =>
      s3.send(new PutBucketPolicyCommand({ ...at, Policy })),
    );
}

const permissionToLook =
  "s3:ListBucket (or, bucket names being global, it belongs to another account)";

const unless = (name: string) => (error: unknown) => {
  if (awsError(error).name === name) return undefined;
  throw error;
};

/**
 * S3 refuses a change while another one of the same bucket is under way, and may not know for some seconds a bucket that was just
 * made: both are repeated, for half a minute.
 */
function createCall({ wait }: Aws, bucket: string) {
  const pauses = [500, 1000, 2000, 4000, 8000, 15_000];
  const waitsOut = ({ name }: AwsError) =>
    name === "OperationAborted" || name === "NoSuchBucket";
  return async <Result>(permission: string, act: () => Promise<Result>) =>
    repeated(act, waitsOut, { pauses, wait }).catch((error: unknown) => {
      throw stateDenied(awsError(error), permission, `bucket ${bucket}`);
    });
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
