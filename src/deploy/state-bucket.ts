// The bucket that holds the state when the user names no backend: versioned, private, TLS only, in the user's own account.
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import { GateFailure } from "../gate/failure.ts";
import { partitionOf } from "../gate/iam-policies.ts";
import {
  type Aws,
  type AwsAnswer,
  type AwsRequest,
  isThrottled,
} from "./aws.ts";

export interface BucketRequest {
  readonly region: string;
  readonly account: string;
  /** False for commands that must not create or change anything. */
  readonly mayCreate: boolean;
  /** Milliseconds; for tests. */
  readonly wait?: (milliseconds: number) => Promise<unknown>;
}

/**
 * Makes the bucket where it may, and puts right whatever of its settings is not as it should be: a run that was refused half-way
 * left it open, or somebody changed it. A bucket of that name in another account is refused: names are global.
 * @returns whether the bucket is there (now).
 */
export async function ensureBucket(
  aws: Aws,
  request: BucketRequest,
  bucket: string,
): Promise<boolean> {
  const s3 = createCall(aws, request, bucket);
  const head = await s3({ method: "HEAD" });
  if (head.status !== 200 && head.status !== 404)
    throw denied(head, permissionToLook, `bucket ${bucket}`);
  if (!request.mayCreate) return head.status === 200;
  if (head.status === 404) {
    const created = await s3({
      method: "PUT",
      body: locationOf(request.region),
    });
    if (
      created.status >= 400 &&
      created.errorCode !== "BucketAlreadyOwnedByYou"
    )
      throw denied(created, "s3:CreateBucket", `bucket ${bucket}`);
  }
  for (const setting of bucketSettings(bucket, request.region)) {
    const { name, query, wanted } = setting;
    const present = await s3({ method: "GET", query });
    if (present.status >= 400 && !unset.includes(present.errorCode))
      throw denied(present, `s3:GetBucket${name}`, `bucket ${bucket}`);
    const body = wanted(present.status === 200 ? present.body : "");
    if (body === undefined) continue;
    const put = await s3({ method: "PUT", query, body });
    if (put.status >= 400)
      throw denied(put, `s3:PutBucket${name}`, `bucket ${bucket}`);
  }
  return true;
}

type S3Call = Pick<AwsRequest, "method" | "body"> & { query?: string };

/**
 * S3 refuses a change while another one of the same bucket is under way, and may not know for some seconds a bucket that was just
 * made: both are asked again, for half a minute.
 */
function createCall(
  aws: Aws,
  { account, region, wait = sleep }: BucketRequest,
  bucket: string,
) {
  const pauses = [500, 1000, 2000, 4000, 8000, 15_000];
  return async ({ query, ...call }: S3Call): Promise<AwsAnswer> => {
    const request: AwsRequest = {
      ...call,
      service: "s3",
      region,
      path: `/${bucket}${query === undefined ? "" : `?${query}`}`,
      headers: {
        "x-amz-expected-bucket-owner": account,
        // S3 wants an integrity check with settings of a bucket.
        ...(call.body && {
          "content-md5": createHash("md5").update(call.body).digest("base64"),
        }),
      },
    };
    for (let attempt = 0; ; attempt++) {
      const answer = await aws(request);
      const pause = pauses[attempt];
      const later = ["OperationAborted", "NoSuchBucket"];
      if (pause === undefined || !later.includes(answer.errorCode))
        return answer;
      await wait(pause);
    }
  };
}

/** How S3 says that a setting was never made. */
const unset = ["NoSuchPublicAccessBlockConfiguration", "NoSuchBucketPolicy"];

/** S3 answers 403 to both. */
const permissionToLook =
  "s3:ListBucket (or, bucket names being global, it belongs to another account)";

const xmlNames = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

function locationOf(region: string): string {
  return region === "us-east-1"
    ? ""
    : `<CreateBucketConfiguration ${xmlNames}><LocationConstraint>${region}</LocationConstraint></CreateBucketConfiguration>`;
}

interface BucketSetting {
  readonly query: string;
  /** In the names of its two permissions. */
  readonly name: string;
  /** @returns what to put for what is there (empty: nothing); undefined when that is right. */
  readonly wanted: (present: string) => string | undefined;
}

/** Versioned, no public access, TLS only; S3 encrypts every object by itself since 2023, and nobody can turn that off. */
function bucketSettings(bucket: string, region: string): BucketSetting[] {
  const blocks = [
    "BlockPublicAcls",
    "IgnorePublicAcls",
    "BlockPublicPolicy",
    "RestrictPublicBuckets",
  ].map((name) => `<${name}>true</${name}>`);
  const versioned = "<Status>Enabled</Status>";
  const arn = `arn:${partitionOf(region)}:s3:::${bucket}`;
  return [
    {
      query: "publicAccessBlock",
      name: "PublicAccessBlock",
      wanted: (present) =>
        blocks.every((block) => present.includes(block))
          ? undefined
          : `<PublicAccessBlockConfiguration ${xmlNames}>${blocks.join("")}</PublicAccessBlockConfiguration>`,
    },
    {
      query: "versioning",
      name: "Versioning",
      wanted: (present) =>
        present.includes(versioned)
          ? undefined
          : `<VersioningConfiguration ${xmlNames}>${versioned}</VersioningConfiguration>`,
    },
    {
      query: "policy",
      name: "Policy",
      wanted: (present) => withTlsOnly(present, [arn, `${arn}/*`]),
    },
  ];
}

/** Statements that somebody added to the bucket's policy stay. */
function withTlsOnly(
  present: string,
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
  const { Statement: statements = [] } = JSON.parse(present || "{}") as {
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

/** @returns the failure that names the permission AWS wants, or says that AWS wants to be asked later. */
export function denied(
  answer: AwsAnswer,
  permission: string,
  subject: string,
): GateFailure {
  if (
    isThrottled(answer) ||
    answer.status >= 500 ||
    answer.errorCode === "OperationAborted"
  )
    return new GateFailure(
      "aws-throttled",
      `The state's ${subject} could not be used for now (${answer.errorCode}): run the job again in a minute`,
    );
  return new GateFailure(
    "aws-denied",
    `The state's ${subject} could not be used (${answer.errorCode}): allow ${permission}, or give another backend with the input backend`,
  );
}
