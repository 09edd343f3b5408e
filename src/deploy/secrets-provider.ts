// What encrypts the secrets in the state: a passphrase, or a key of AWS KMS that the input `secrets-provider` names.
import type { Deployment } from "@pulumi/pulumi/automation";
import { GateFailure } from "../gate/failure.ts";

export type SecretsProvider = "passphrase" | `awskms://${string}`;

export const isKms = (
  provider: SecretsProvider | undefined,
): provider is `awskms://${string}` =>
  provider?.startsWith("awskms://") === true;

const key =
  /^(?:alias\/[A-Za-z0-9/_-]{1,250}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|mrk-[0-9a-f]{32}|\/arn:aws[a-z-]*:kms:[a-z0-9-]+:\d{12}:(?:key|alias)\/[A-Za-z0-9/_-]{1,250})$/;

/** Key and values of an encryption context, or the region; anything else the engine takes (a profile, an endpoint) is not the action's. */
const parameter =
  /^(?:region=[a-z0-9-]{1,30}|context_[A-Za-z0-9_.-]{1,100}=[A-Za-z0-9_.:/-]{1,200})$/;

/** @returns what is wrong with a value of the input. The engine knows other providers, whose credentials a run here does not have. */
export function secretsProviderFault(given: string): string | undefined {
  if (given === "passphrase") return undefined;
  const [, body = "", query] =
    /^awskms:\/\/([^?]*)(?:\?(.*))?$/.exec(given) ?? [];
  const isArn = body.startsWith("arn:") && key.test(`/${body}`);
  if (isArn)
    return `"${given}" lacks a slash in front of the ARN: write awskms:///${body}`;
  const parameters = query === undefined ? [] : query.split("&");
  return key.test(body) && parameters.every((one) => parameter.test(one))
    ? undefined
    : `Invalid value ${JSON.stringify(given.slice(0, 120))}: use passphrase, or a KMS key as awskms://alias/NAME?region=REGION, awskms://KEY-ID?region=REGION or awskms:///KEY-ARN?region=REGION`;
}

/** As an exported state has it. */
export interface StoredProvider {
  readonly type?: string;
  readonly state?: {
    /** Of a KMS key. */
    readonly url?: string;
    readonly encryptedkey?: string;
    /** Of a passphrase. */
    readonly salt?: string;
  };
}

export const providerOf = ({ deployment }: Deployment) =>
  (deployment as { secrets_providers?: StoredProvider } | undefined)
    ?.secrets_providers;

/**
 * The engine would encrypt the state anew with what this run has, or fail on it half-way.
 * @throws GateFailure `invalid-input` when the state is encrypted by something else than the input says.
 */
export function refuseAnotherProvider(
  stored: StoredProvider | undefined,
  given: SecretsProvider | undefined,
): void {
  const present =
    stored?.type === "cloud" ? (stored.state?.url ?? "") : stored?.type;
  // A state without resources, and a service that keeps its own secrets unless told otherwise.
  if (present === undefined || (present === "service" && given === undefined))
    return;
  if (present !== (given ?? "passphrase"))
    throw anotherProvider(present, given);
}

/** Without a passphrase the engine cannot even read a state that has one. */
export function anotherProvider(
  present: string,
  given: SecretsProvider | undefined,
): GateFailure {
  const keep =
    present === "passphrase" || present === "service"
      ? "leave the input out"
      : `give \`${present}\``;
  const message = `the secrets of this stack are encrypted by ${present}, not by ${given ?? "the passphrase"}: ${keep}, or change the state once by hand with \`pulumi stack change-secrets-provider\` (docs/state.md)`;
  return new GateFailure(
    "invalid-input",
    "the state has another secrets provider",
    [{ where: "secrets-provider", message }],
  );
}
