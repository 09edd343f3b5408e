import { isKept, secretName } from "../../gate/credential-stores.ts";
import type { Gate, KeptSecret } from "../../gate/gate.ts";
import { actions, arnIn, type PolicyPlace, type PolicyRow } from "./row.ts";

const table = (place: PolicyPlace, { auth }: Gate): string[] =>
  auth.mode === "built-in" && auth.store === "dynamodb"
    ? [arnIn(place, "dynamodb", `table/${place.names}`)]
    : [];

const secretsOf = ({ upstreams }: Gate, store: KeptSecret["store"]) =>
  upstreams.flatMap(({ credential }) => {
    const secret = credential?.secret;
    return secret && isKept(secret) && secret.store === store
      ? [secretName(secret)]
      : [];
  });

/** The table of `store: dynamodb`, and the tokens that an `up` puts into it. */
export const tableRows: readonly PolicyRow[] = [
  {
    sid: "ChangeTable",
    access: "write",
    actions: actions(
      "dynamodb",
      "CreateTable UpdateTable DeleteTable UpdateTimeToLive TagResource UntagResource PutItem DeleteItem BatchWriteItem ConditionCheckItem",
    ),
    resources: table,
  },
  {
    sid: "ReadTable",
    access: "read",
    actions: actions(
      "dynamodb",
      "DescribeTable DescribeTimeToLive DescribeContinuousBackups ListTagsOfResource BatchGetItem",
    ),
    resources: table,
  },
];

/** Whether the upstreams' secrets exist and with which KMS key they are encrypted; never what they hold. */
export const secretRows: readonly PolicyRow[] = [
  {
    sid: "FindSecrets",
    access: "read",
    actions: actions("secretsmanager", "DescribeSecret"),
    // Users often give the ARN without the six characters that Secrets Manager appends. Where it may have them, it is named as well.
    resources: (_place, gate) =>
      secretsOf(gate, "secrets-manager").flatMap((arn) => [
        ...(/(?:-[A-Za-z0-9]{6}|\*)$/.test(arn) ? [arn] : []),
        `${arn}-??????`,
      ]),
  },
  {
    // AWS knows no narrower resource for it.
    sid: "FindParameters",
    access: "read",
    actions: actions("ssm", "DescribeParameters"),
    resources: (_place, gate) =>
      secretsOf(gate, "ssm").length > 0 ? ["*"] : [],
  },
];
