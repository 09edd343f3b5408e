// A permissions boundary for the roles that the program makes: the most that any of them may ever do.
import {
  isKept,
  regionOf,
  type Statement,
} from "../../gate/credential-stores.ts";
import { type Gate, isFronted, type KeptSecret } from "../../gate/gate.ts";
import {
  buildAccountLogPolicy,
  buildInvokePolicy,
  buildPolicy,
  type PolicyDocument,
} from "../../gate/iam-policies.ts";
import { arnIn, type PolicyPlace } from "./row.ts";

/** What the roles' own policies allow, with patterns in place of the gates' names. */
export function buildBoundary(
  gates: readonly Gate[],
  place: PolicyPlace,
): PolicyDocument {
  const statements = gates.flatMap((gate) => [
    ...authorizerStatements(gate, place),
    ...gate.upstreams.flatMap((upstream) =>
      upstream.kind === "sagemaker"
        ? buildInvokePolicy(
            place.region,
            upstream.endpoint,
            `arn:${place.partition}:iam::${place.account}:role`,
          ).Statement
        : [],
    ),
    ...decryptStatements(gate, place),
    ...(gate.accessLog?.makesRole ? buildAccountLogPolicy().Statement : []),
  ]);
  return { Version: "2012-10-17", Statement: distinct(statements) };
}

function authorizerStatements(gate: Gate, place: PolicyPlace) {
  const { auth } = gate;
  const { names } = place;
  const isStored = auth.mode === "built-in" && auth.store === "dynamodb";
  const reachable = {
    ...(isStored && { table: names }),
    ...(isFronted(gate) && { customFunction: names }),
  };
  const logGroups = arnIn(place, "logs", `log-group:/aws/lambda/${names}`);
  return buildPolicy(gate, logGroups, reachable).Statement;
}

/** Which key a secret is encrypted with is only known when it was looked up: any of its account, through its store alone. */
function decryptStatements({ upstreams }: Gate, place: PolicyPlace) {
  return upstreams.flatMap(({ credential }): Statement[] => {
    const secret = credential?.secret;
    if (!secret || !isKept(secret) || secret.kmsKey !== undefined) return [];
    const { account, region, service } = storeOf(secret, place);
    const suffix = place.partition === "aws-cn" ? ".cn" : "";
    return [
      {
        Effect: "Allow",
        Action: "kms:Decrypt",
        Resource: [`arn:${place.partition}:kms:${region}:${account}:key/*`],
        Condition: {
          StringEquals: {
            "kms:ViaService": [
              ...new Set([
                `${service}.${region}.amazonaws.com`,
                `${service}.${region}.amazonaws.com${suffix}`,
              ]),
            ],
          },
        },
      },
    ];
  });
}

const storeOf = (secret: KeptSecret, { account, region }: PolicyPlace) =>
  secret.store === "ssm"
    ? { service: "ssm", account, region }
    : {
        service: "secretsmanager",
        account: secret.arn.split(":")[4] ?? account,
        region: regionOf(secret.arn),
      };

/** Two gates' statements of one name may differ, and a policy must not have a name twice: a boundary goes without. */
function distinct(statements: readonly Statement[]): Statement[] {
  const texts = statements.map((one) =>
    JSON.stringify({ ...one, Sid: undefined }),
  );
  return [...new Set(texts)].map((text) => JSON.parse(text) as Statement);
}
