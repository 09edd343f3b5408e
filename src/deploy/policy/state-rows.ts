import { passphraseName, stateBucketName } from "../names.ts";
import { actions, arnIn, type PolicyPlace, type PolicyRow } from "./row.ts";

const bucketOf = (place: PolicyPlace): string | undefined =>
  place.state.bucket === "managed"
    ? stateBucketName(place)
    : place.state.bucket;

const bucket = (place: PolicyPlace): string[] => {
  const name = bucketOf(place);
  return name === undefined ? [] : [`arn:${place.partition}:s3:::${name}`];
};
const managedBucket = (place: PolicyPlace): string[] =>
  place.state.bucket === "managed" ? bucket(place) : [];
const files = (place: PolicyPlace): string[] =>
  bucket(place).map((arn) => `${arn}/*`);
const passphrase = (place: PolicyPlace): string[] =>
  place.state.passphrase === "managed"
    ? [arnIn(place, "ssm", `parameter${passphraseName}`)]
    : [];

const key = ({ state }: PolicyPlace): string[] =>
  state.key === undefined ? [] : [state.key.arn];
const hasAlias: PolicyRow["condition"] = ({ state: { key } }) =>
  key?.alias === undefined
    ? undefined
    : { "ForAnyValue:StringEquals": { "kms:ResourceAliases": key.alias } };

/** The stack's state: its bucket, which the action makes unless `backend` names one, and the passphrase or the key. */
export const stateRows: readonly PolicyRow[] = [
  {
    sid: "MakeStateBucket",
    access: "write",
    actions: actions(
      "s3",
      "CreateBucket GetBucketPublicAccessBlock PutBucketPublicAccessBlock GetBucketOwnershipControls PutBucketOwnershipControls GetBucketVersioning PutBucketVersioning GetBucketPolicy PutBucketPolicy",
    ),
    resources: managedBucket,
  },
  {
    sid: "FindState",
    access: "read",
    actions: actions("s3", "ListBucket"),
    resources: bucket,
  },
  {
    sid: "WriteState",
    access: "write",
    actions: actions("s3", "PutObject DeleteObject"),
    resources: files,
  },
  {
    sid: "ReadState",
    access: "read",
    actions: actions("s3", "GetObject"),
    resources: files,
  },
  {
    sid: "MakePassphrase",
    access: "write",
    actions: actions("ssm", "PutParameter"),
    resources: passphrase,
  },
  {
    sid: "ReadPassphrase",
    access: "read",
    actions: actions("ssm", "GetParameter"),
    resources: passphrase,
  },
  {
    sid: "EncryptState",
    access: "write",
    actions: actions("kms", "Encrypt"),
    resources: key,
    condition: hasAlias,
  },
  {
    sid: "DecryptState",
    access: "read",
    actions: actions("kms", "Decrypt"),
    resources: key,
    condition: hasAlias,
  },
];
