// The bucket that holds the state when the user names no backend: versioned, private, TLS only, in the user's own account.
import { createHash } from "node:crypto";
import { GateFailure } from "../gate/failure.ts";
import { partitionOf } from "../gate/rules/identity.ts";
import {
  type Aws,
  type AwsAnswer,
  type AwsRequest,
  isThrottled,
} from "./aws.ts";

export interface BucketRequest {
  readonly region: string;
  readonly account: string;
  /** False for commands that must not create anything. */
  readonly mayCreate: boolean;
}

/** @returns whether the bucket is there (now). A bucket of that name in another account is refused: names are global. */
export async function ensureBucket(
  aws: Aws,
  request: BucketRequest,
  bucket: string,
): Promise<boolean> {
  const s3 = (
    call: Omit<AwsRequest, "service" | "region" | "path"> & { query?: string },
  ) =>
    aws({
      ...call,
      service: "s3",
      region: request.region,
      path: `/${bucket}${call.query === undefined ? "" : `?${call.query}`}`,
      headers: {
        "x-amz-expected-bucket-owner": request.account,
        // S3 wants an integrity check with settings of a bucket.
        ...(call.body
          ? {
              "content-md5": createHash("md5")
                .update(call.body)
                .digest("base64"),
            }
          : {}),
      },
    });
  const head = await s3({ method: "HEAD" });
  if (head.status === 200) return true;
  if (head.status !== 404)
    throw denied(head, permissionToLook, `bucket ${bucket}`);
  if (!request.mayCreate) return false;
  const created = await s3({ method: "PUT", body: locationOf(request.region) });
  if (created.status >= 400 && created.errorCode !== "BucketAlreadyOwnedByYou")
    throw denied(created, "s3:CreateBucket", `bucket ${bucket}`);
  for (const setting of bucketSettings(bucket, request.region)) {
    const answer = await s3({ method: "PUT", ...setting });
    if (answer.status >= 400)
      throw denied(answer, setting.permission, `bucket ${bucket}`);
  }
  return true;
}

/** S3 answers 403 to both. */
const permissionToLook =
  "s3:ListBucket (or, bucket names being global, it belongs to another account)";

function locationOf(region: string): string {
  return region === "us-east-1"
    ? ""
    : `<CreateBucketConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`;
}

/** Versioned, no public access, TLS only; S3 encrypts every object by itself since 2023. */
function bucketSettings(bucket: string, region: string) {
  const arn = `arn:${partitionOf(region)}:s3:::${bucket}`;
  const tlsOnly = {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [arn, `${arn}/*`],
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  };
  return [
    {
      query: "publicAccessBlock",
      permission: "s3:PutBucketPublicAccessBlock",
      body: `<PublicAccessBlockConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><BlockPublicAcls>true</BlockPublicAcls><IgnorePublicAcls>true</IgnorePublicAcls><BlockPublicPolicy>true</BlockPublicPolicy><RestrictPublicBuckets>true</RestrictPublicBuckets></PublicAccessBlockConfiguration>`,
    },
    {
      query: "versioning",
      permission: "s3:PutBucketVersioning",
      body: `<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>Enabled</Status></VersioningConfiguration>`,
    },
    {
      query: "policy",
      permission: "s3:PutBucketPolicy",
      body: JSON.stringify(tlsOnly),
    },
  ];
}

/** @returns the failure that names the permission AWS wants, or says that AWS wants to be asked later. */
export function denied(
  answer: AwsAnswer,
  permission: string,
  subject: string,
): GateFailure {
  if (isThrottled(answer) || answer.status >= 500)
    return new GateFailure(
      "aws-throttled",
      `The state's ${subject} could not be used for now (${answer.errorCode}): run the job again in a minute`,
    );
  return new GateFailure(
    "aws-denied",
    `The state's ${subject} could not be used (${answer.errorCode}): allow ${permission}, or give another backend with the input backend`,
  );
}
