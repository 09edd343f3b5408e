// What follows from where an upstream's credential comes from. A store more is an error of the compiler here, and hardly elsewhere.
import type { SecretReference } from "../../contract/authorizer-settings.ts";
import type { BedrockKey, CredentialSource, Gate, KeptSecret } from "./gate.ts";

export interface Statement {
  readonly Sid?: string;
  readonly Effect: "Allow";
  readonly Principal?: { readonly Service: string };
  readonly Action: string | readonly string[];
  readonly Resource?: readonly string[];
  readonly Condition?: Readonly<
    Record<string, Readonly<Record<string, string | readonly string[]>>>
  >;
}

/** Of the gate. */
interface Place {
  readonly partition: string;
  readonly region: string;
  readonly account: string;
}

interface StoreFacts {
  /** As the authorizer's settings have it. */
  readonly reference: SecretReference;
  /** For people, without region and account. */
  readonly name: string;
  /** Another text for another credential. */
  readonly identity: string;
  /** What the authorizer's role needs, in a gate at that place. */
  readonly statements: (place: Place) => readonly Statement[];
}

/** What a reviewer reads before its name; in the order in which a policy has their statements. */
export const storeNouns = {
  "secrets-manager": "secret",
  ssm: "parameter",
  bedrock: "Bedrock key of",
} as const satisfies Readonly<Record<CredentialSource["store"], string>>;

export const storeNames = Object.keys(storeNouns) as [
  CredentialSource["store"],
];

export function factsOf(source: CredentialSource): StoreFacts {
  switch (source.store) {
    case "secrets-manager": {
      const { arn, store } = source;
      const part = partOf(source);
      return {
        reference: { store, arn, ...partsOf(source) },
        // `arn:aws:secretsmanager:eu-west-1:111122223333:secret:openai-key` → `openai-key`
        name: arn.replace(/.*:/s, "") + part,
        identity: arn + part,
        statements: ({ partition }) => [
          // Secrets Manager appends a hyphen and six random characters to a secret's ARN. Users often give the ARN without them,
          // which the service takes but IAM does not match.
          allow("ReadSecrets", "secretsmanager:GetSecretValue", [
            arn,
            `${arn}-??????`,
          ]),
          ...decrypt("DecryptSecrets", source, "secretsmanager", {
            partition,
            region: regionOf(arn),
          }),
        ],
      };
    }
    case "ssm": {
      const { name, store } = source;
      const whole = name + partOf(source);
      return {
        reference: { store, name, ...partsOf(source) },
        name: whole,
        identity: whole,
        statements: (place) => [
          allow("ReadParameters", "ssm:GetParameter", [
            `arn:${place.partition}:ssm:${place.region}:${place.account}:parameter${name}`,
          ]),
          ...decrypt("DecryptParameters", source, "ssm", place),
        ],
      };
    }
    case "bedrock": {
      const { region, store } = source;
      return {
        reference: { store, region },
        name: region,
        identity: region,
        statements: (place) => callModels(source, place),
      };
    }
  }
}

const partsOf = ({ key, version }: KeptSecret) => ({
  ...(version !== undefined && { version }),
  ...(key !== undefined && { key }),
});

const partOf = ({ key, version }: KeptSecret): string =>
  [version && `:${version}`, key && `#${key}`].join("");

export const regionOf = (arn: string): string => arn.split(":")[3] ?? "";

export const isKept = (source: CredentialSource): source is KeptSecret =>
  source.store !== "bedrock";

/** Of the secret as a whole. */
export const secretName = (secret: KeptSecret): string =>
  secret.store === "ssm" ? secret.name : secret.arn;

/** @returns the KMS keys of the gate's secrets by their names, without AWS's own; undefined for none */
export function kmsKeysOf({
  upstreams,
}: Pick<Gate, "upstreams">): Readonly<Record<string, string>> | undefined {
  const known = upstreams.flatMap(({ credential }) => {
    const secret = credential?.secret;
    return secret !== undefined && isKept(secret) && secret.kmsKey
      ? [[secretName(secret), secret.kmsKey] as const]
      : [];
  });
  return known.length === 0 ? undefined : Object.fromEntries(known);
}

const allow = (
  Sid: string,
  Action: Statement["Action"],
  Resource: readonly string[],
  Condition?: Statement["Condition"],
): Statement => ({
  Sid,
  Effect: "Allow",
  Action,
  Resource,
  ...(Condition && { Condition }),
});

/** A policy names keys by ARN, so an alias is a condition on all keys of its account (KMS, "Specifying KMS keys in IAM policies"). */
function decrypt(
  Sid: string,
  { kmsKey }: KeptSecret,
  service: "secretsmanager" | "ssm",
  { partition, region }: Pick<Place, "partition" | "region">,
): Statement[] {
  if (!kmsKey) return [];
  const [, scope = "", alias] =
    /^(.*:)(alias\/.+)$/s.exec(kmsKey) ?? ([] as string[]);
  const host = `${service}.${region}.amazonaws.com`;
  return [
    allow(
      Sid,
      "kms:Decrypt",
      [alias === undefined ? kmsKey : `${scope}key/*`],
      {
        StringEquals: {
          "kms:ViaService":
            partition === "aws-cn" ? [host, `${host}.cn`] : host,
        },
        ...(alias !== undefined && {
          "ForAnyValue:StringEquals": { "kms:ResourceAliases": alias },
        }),
      },
    ),
  ];
}

/** Of a profile that sends calls to several regions: `us.anthropic.claude-…` is one of `anthropic.claude-…`. */
const profile = /^(?:us|us-gov|eu|apac|jp|au|ca|global)\.(.+\..+)$/;

/** "Prerequisites for inference profiles": the profile, and its models in whatever region, but only through the profile. */
function callModels(
  { models, region }: BedrockKey,
  { account, partition }: Place,
): Statement[] {
  const own = `arn:${partition}:bedrock:${region}:${account}:`;
  const modelIn = (where: string, id: string) =>
    `arn:${partition}:bedrock:${where}::foundation-model/${id}`;
  const shared: string[] = [];
  const profiles: string[] = [];
  const ownProfiles: string[] = [];
  const resources = models.map((id) => {
    const model = profile.exec(id)?.[1];
    if (model !== undefined) {
      // A global profile's destination has no region.
      if (id.startsWith("global.")) shared.push(modelIn("", model));
      shared.push(modelIn("*", model));
      profiles.push(`${own}inference-profile/${id}`);
      return `${own}inference-profile/${id}`;
    }
    if (!id.startsWith("arn:")) return modelIn(region, id);
    if (id.includes(":application-inference-profile/")) ownProfiles.push(id);
    return id;
  });
  const invoke = [
    "bedrock:InvokeModel",
    "bedrock:InvokeModelWithResponseStream",
  ];
  const through = (arns: readonly string[]) => ({
    StringEquals: { "bedrock:InferenceProfileArn": arns },
  });
  return [
    // The action has no resource; the models limit what a key is good for.
    allow("UseBedrockKeys", "bedrock:CallWithBearerToken", ["*"], {
      StringEquals: { "bedrock:BearerTokenType": "SHORT_TERM" },
    }),
    // The Responses API also asks for the account's default project, which is no model.
    allow("CallModels", invoke, [...resources, `${own}project/default`]),
    ...(profiles.length > 0
      ? [allow("CallModelsOfProfiles", invoke, shared, through(profiles))]
      : []),
    // Which model is behind a profile of your own, its ARN does not tell.
    ...(ownProfiles.length > 0
      ? [
          allow(
            "CallModelsOfOwnProfiles",
            invoke,
            [modelIn("*", "*")],
            through(ownProfiles),
          ),
        ]
      : []),
  ];
}
