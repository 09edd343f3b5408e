// Keys of Amazon Bedrock that the authorizer makes itself: for which region, and for which models.
import type { BedrockKey, Upstream } from "../../gate/gate.ts";
import { partitionOf } from "../../../contract/partitions.ts";
import type { Config } from "../from-inputs.ts";
import type { Located } from "../location.ts";
import { listed, quoted } from "../messages.ts";
import { regionName } from "./names-and-tags.ts";
import { allowanceFault, type SecretLimits } from "./secrets.ts";
import { checkList, checkPattern, type Checks } from "./value-checks.ts";

/** So that one region's always fit into the role's policy. */
const mostModels = 20;

/** Seconds. A key is valid for an hour at most, up to five minutes old when it is sent, and may end with the role's session. */
const longestCache = 900;

/** PROVIDER.MODEL, where MODEL may have dots and a version behind a colon, and a place before it for an inference profile. */
const modelId =
  /^(?=.{3,140}$)[a-z0-9][a-z0-9-]*(\.[a-z0-9][a-z0-9-]*){1,6}(:[a-z0-9]{1,16}){0,2}$/;

const ownModel =
  /^arn:aws[a-z-]*:bedrock:([a-z0-9-]+):\d{12}:(application-inference-profile|imported-model|provisioned-model)\/[a-z0-9]{1,64}$/;

/** Where Bedrock takes API keys under this host name. */
const partitions = ["aws", "aws-us-gov"];

type UpstreamConfig = Config["upstreams"][string];

/** @returns the region of Bedrock: its own, or the gate's */
export function checkBedrockRegion(
  upstream: Located<UpstreamConfig>,
  gateRegion: string,
): string {
  const region = upstream.at("region") ?? upstream.as(gateRegion);
  const { value } = region;
  if (!regionName.test(value)) {
    // The gate's own was reported already.
    if (value !== gateRegion)
      checkPattern(region, regionName, "an AWS region like us-east-1");
  } else if (!partitions.includes(partitionOf(value)))
    region.refuse(
      "is a region without keys of Bedrock: use one of AWS's commercial or GovCloud regions",
    );
  else if (partitionOf(value) !== partitionOf(gateRegion))
    region.refuse(
      `is of another AWS partition than the region ${gateRegion} of the gate: use a region of ${partitionOf(gateRegion)}`,
    );
  return value;
}

/** The key opens no other host, and must not get to one. */
export function checkBedrockUrl(
  given: Located<string>,
  checked: string | undefined,
  own: string,
): void {
  if (
    checked !== undefined &&
    checked !== own &&
    !checked.startsWith(`${own}/`)
  )
    given.refuse(
      `is not Bedrock in the upstream's region: use ${own}, with a path where needed, or another kind`,
    );
}

/** @returns the key that the authorizer is to make */
export function checkBedrockKey(
  upstream: Located<UpstreamConfig>,
  region: string,
  { allowedSecrets }: Pick<SecretLimits, "allowedSecrets">,
): BedrockKey {
  const fault = allowanceFault(`bedrock:${region}`, allowedSecrets);
  if (fault !== undefined) upstream.as(`bedrock:${region}`).refuse(fault);
  const models = upstream.at("models");
  if (models === undefined)
    upstream.report(
      "Missing `models`, all that the gate's role may call, and so every caller of its routes: list ids of models and inference profiles, or set a `secret` with a key of your own",
    );
  return {
    store: "bedrock",
    region,
    models: checkList("model", models?.items() ?? [], {
      most: mostModels,
      faultOf: (value) => modelFault(value, region),
    }).toSorted(),
  };
}

function modelFault(value: string, region: string): string | undefined {
  const [, of] = ownModel.exec(value) ?? [];
  if (of !== undefined)
    return of === region && value.split(":")[1] === partitionOf(region)
      ? undefined
      : `is not in the upstream's region ${region}: use one that is`;
  if (/^arn:[^/]*:(foundation-model|inference-profile)\//.test(value))
    return `is an ARN: write its id, ${value.replace(/^[^/]*\//, "")}`;
  return modelId.test(value)
    ? undefined
    : "is not a model: use the id of a model or inference profile, like us.anthropic.claude-sonnet-4-5-20250929-v1:0, or the ARN of an application inference profile, imported or provisioned model";
}

/** All of a gate's keys are of one role: with two lists for a region, callers of the one upstream could call the other's models. */
export function checkBedrockKeys(
  { config }: Checks,
  upstreams: readonly Upstream[],
): void {
  const keys = upstreams.flatMap(({ credential, name }) =>
    credential?.secret.store === "bedrock"
      ? [{ name, ...credential.secret }]
      : [],
  );
  for (const { models, name, region } of keys) {
    const others = keys.filter(
      (one) => one.region === region && one.models.join() !== models.join(),
    );
    if (others.length > 0)
      config
        .at("upstreams")
        .at(name)
        .report(
          `Other \`models\` than ${listed(others.map((one) => quoted(one.name)))} for Bedrock in ${region}, but the gate's role may call those of both: give them the same list, or a gate of its own`,
        );
  }
  const cache = config.at("auth").at("cache-ttl");
  if (keys.length > 0 && cache !== undefined && cache.value > longestCache)
    cache.report(
      `Invalid value ${cache.value}: use at most ${longestCache} with keys of Bedrock, which end after an hour or with the role's session`,
    );
}
