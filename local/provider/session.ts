// Configures the provider: where AWS is, who calls it, and which tags everything gets.
import { callerIdentity, type Cloud } from "./aws/cloud.ts";
import { httpSender, type Credentials } from "./aws/http.ts";
import { mapOf, textOf, type Properties } from "./values.ts";

export interface Session {
  readonly cloud: Cloud;
  readonly defaultTags: Properties;
}

export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly wait: (milliseconds: number) => Promise<void>;
}

const NO_CREDENTIALS =
  "No valid credential sources found.\nPlease see https://www.pulumi.com/registry/packages/aws/installation-configuration/ " +
  "for more information about providing credentials.";
const NO_REGION =
  "missing region information\nMake sure you have set your AWS region, e.g. `pulumi config set aws:region us-west-2`.";
const NO_ENDPOINT =
  "AWS_ENDPOINT_URL is not set. This is the stand-in for the AWS plugin: it speaks to a local cloud only, never to AWS.";

/** What is wrong with the configuration, in the real plugin's words; undefined when nothing is. */
export function misconfiguration(
  surroundings: Surroundings,
  config: Properties,
): string | undefined {
  const { environment } = surroundings;
  if (!environment["AWS_ENDPOINT_URL"]) return NO_ENDPOINT;
  if (regionOf(surroundings, config) === "") return NO_REGION;
  return credentialsOf(environment) ? undefined : NO_CREDENTIALS;
}

/** Throws when the configuration is wrong or AWS does not know the credentials. */
export async function openSession(
  surroundings: Surroundings,
  config: Properties,
): Promise<Session> {
  const wrong = misconfiguration(surroundings, config);
  const credentials = credentialsOf(surroundings.environment);
  if (wrong !== undefined || !credentials) throw new Error(wrong);
  const region = regionOf(surroundings, config);
  const endpoint = surroundings.environment["AWS_ENDPOINT_URL"] ?? "";
  const sender = {
    send: httpSender({ endpoint, region, credentials }),
    wait: surroundings.wait,
  };
  const { account } = await callerIdentity(sender);
  const cloud = { ...sender, region, account, partition: partitionOf(region) };
  return { cloud, defaultTags: mapOf(nested(config, "defaultTags"), "tags") };
}

export function partitionOf(region: string): string {
  if (region.startsWith("cn-")) return "aws-cn";
  return region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
}

function regionOf({ environment }: Surroundings, config: Properties): string {
  return (
    textOf(config, "region") ||
    (environment["AWS_REGION"] ?? environment["AWS_DEFAULT_REGION"] ?? "")
  );
}

function credentialsOf(
  environment: Surroundings["environment"],
): Credentials | undefined {
  const accessKeyId = environment["AWS_ACCESS_KEY_ID"];
  const secretAccessKey = environment["AWS_SECRET_ACCESS_KEY"];
  const sessionToken = environment["AWS_SESSION_TOKEN"];
  if (!accessKeyId || !secretAccessKey) return undefined;
  return {
    accessKeyId,
    secretAccessKey,
    ...(sessionToken ? { sessionToken } : {}),
  };
}

/** Provider settings that are no texts arrive as JSON texts. */
function nested(config: Properties, key: string): Properties {
  const value = config[key];
  return typeof value === "string" && value !== ""
    ? (JSON.parse(value) as Properties)
    : mapOf(config, key);
}
