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
  /** False for commands that must not create or change anything. */
  readonly mayCreate: boolean;
}

/**
 * Makes the bucket where it may, and corrects its settings: a run that was refused half-way left it open, or somebody changed it.
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
  for (const setting of bucketSettings(s3, at, region)) {
    const change = await call(`s3:GetBucket${setting.name}`, setting.change);
    if (change) await call(`s3:PutBucket${setting.name}`, change);
  }
  return true;
}

/** S3 answers 403 to both. */
const permissionToLook =
  "s3:ListBucket (or, bucket names being global, it belongs to another account)";

/** @returns undefined in place of that error. */
const unless = (name: string) => (error: unknown) => {
  if (awsError(error).name === name) return undefined;
  throw error;
};

/**
 * S3 refuses a change while another one of the same bucket is under way, and may not know for some seconds a bucket that was just
 * made: both are asked again, for half a minute.
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

interface BucketSetting {
  /** In the names of its two permissions. */
  readonly name: string;
  /** Looks. @returns what corrects it; undefined when it is right. */
  readonly change: () => Promise<(() => Promise<unknown>) | undefined>;
}

/** Encryption is none of them: S3 encrypts every object by itself since 2023, and nobody can turn that off. */
function bucketSettings(
  s3: S3Client,
  at: { readonly Bucket: string; readonly ExpectedBucketOwner: string },
  region: string,
): BucketSetting[] {
  return [
    {
      name: "PublicAccessBlock",
      change: async () => {
        const present = await s3
          .send(new GetPublicAccessBlockCommand(at))
          .catch(unless("NoSuchPublicAccessBlockConfiguration"));
        const block = { PublicAccessBlockConfiguration: nothingPublic };
        return isDeepStrictEqual(
          present?.PublicAccessBlockConfiguration,
          nothingPublic,
        )
          ? undefined
          : () => s3.send(new PutPublicAccessBlockCommand({ ...at, ...block }));
      },
    },
    {
      name: "Versioning",
      change: async () => {
        const { Status } = await s3.send(new GetBucketVersioningCommand(at));
        const enabled = { Status: "Enabled" } as const;
        const versioning = { VersioningConfiguration: enabled };
        return Status === enabled.Status
          ? undefined
          : () =>
              s3.send(new PutBucketVersioningCommand({ ...at, ...versioning }));
      },
    },
    {
      name: "Policy",
      change: async () => {
        const present = await s3
          .send(new GetBucketPolicyCommand(at))
          .catch(unless("NoSuchBucketPolicy"));
        const arn = `arn:${partitionOf(region)}:s3:::${at.Bucket}`;
        const Policy = withTlsOnly(present?.Policy, [arn, `${arn}/*`]);
        return Policy === undefined
          ? undefined
          : () => s3.send(new PutBucketPolicyCommand({ ...at, Policy }));
      },
    },
  ];
}

const nothingPublic = {
  BlockPublicAcls: true,
  IgnorePublicAcls: true,
  BlockPublicPolicy: true,
  RestrictPublicBuckets: true,
};

/** Statements that somebody added to the bucket's policy stay. @returns undefined for a policy that needs no change. */
function withTlsOnly(
  present: string | undefined,
  resources: readonly string[],
): string | undefined {
  const tlsOnly = {
    Sid: "TlsOnly",
    Effect: "Deny",
    Principal: "*",
    Action: "s3:*",
    Resource: resources,
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  };
  const { Statement: statements = [] } = JSON.parse(present ?? "{}") as {
    Statement?: { Sid?: string }[];
  };
  const isThere = statements.some((statement) =>
    isDeepStrictEqual({ ...statement, Sid: tlsOnly.Sid }, tlsOnly),
  );
  const others = statements.filter(({ Sid }) => Sid !== tlsOnly.Sid);
  return isThere
    ? undefined
    : JSON.stringify({
        Version: "2012-10-17",
        Statement: [...others, tlsOnly],
      });
}
