// Consumers: their names, credentials and expiry, and that each of them can call something. A token never appears in a problem,
// and neither does a name that may be a token in the wrong place.
import { consumerIdPattern } from "../../../contract/authorizer-settings.ts";
import type { Consumer, Identity, Network, Route } from "../../gate/gate.ts";
import type { Config } from "../from-inputs.ts";
import type { GateSource } from "../gate-source.ts";
import type { Located } from "../location.ts";
import { consumerIdForm, hidden, listed, quoted } from "../messages.ts";
import { checkClaims } from "./claims.ts";
import { type AccessReader, createAccessReader } from "./consumer-access.ts";
import { checkGithub } from "./github.ts";
import { githubName, useGithub } from "./issuers.ts";
import { checkNetwork, warnOfShutOut } from "./network.ts";
import {
  checkKnown,
  checkPattern,
  type Checks,
  reportDuplicates,
  reportTooMany,
} from "./value-checks.ts";

/** All of them are in one file that the authorizer reads at every cold start: 20,000 are about 8 MB and 50 ms. */
const mostConsumers = 20_000;

type ConsumerConfig = Config["consumers"][number];
type TokenConfig = Exclude<
  ConsumerConfig["token"],
  readonly unknown[] | undefined
>;

interface ConsumerChecks extends Checks {
  /** Ids of the consumers before, by the digests of their tokens. */
  readonly owners: Map<string, string>;
  readonly readAccess: AccessReader;
  readonly issuers: readonly string[];
  /** The only kinds of credential allowed; undefined allows all. */
  readonly modes: readonly string[] | undefined;
  readonly gateNetwork: Network | undefined;
}

type ConsumerGiven = Located<ConsumerConfig>;

/**
 * @param routes undefined when they are not all known, and access cannot be checked
 * @returns all consumers; what is invalid was reported
 */
export function checkConsumers(
  checks: Checks,
  routes: readonly Route[] | undefined,
  gateNetwork: Network | undefined,
): Consumer[] {
  const { config } = checks;
  const all = config.at("consumers").items();
  reportNone(all, checks);
  if (all.length > mostConsumers) return [];
  const { issuers = {}, mode } = config.value.auth;
  const consumerChecks = {
    ...checks,
    owners: new Map<string, string>(),
    readAccess: createAccessReader(routes),
    issuers: Object.keys(issuers),
    modes: mode && [mode].flat(),
    gateNetwork,
  };
  const consumers = all.map((one) => checkConsumer(one, consumerChecks));
  const ids = all.map((one) => one.at("id"));
  reportDuplicates("consumer", ids);
  reportUnreachable(consumers, all);
  return consumers;
}

const callerInputs = [
  "tokens",
  "jwt-issuer",
  "jwt-audience",
  "github-repositories",
] as const;

function reportNone(
  consumers: readonly ConsumerGiven[],
  { source, whole, report }: Checks,
): void {
  const [first] = consumers;
  // Lines of an input that could not be read were reported.
  const isInput = callerInputs.some((name) => source.inputs[name]?.trim());
  if (first === undefined) {
    if (whole && !isInput)
      report(
        { where: "tokens" },
        "No consumers: set `tokens` (name=token lines; a secret that does not exist is empty), `jwt-issuer`, `github-repositories`, or `consumers` in the config file",
      );
    return;
  }
  const { position, where } = first.at("id").place;
  const place = position ? { where: "consumers", position } : { where };
  if (whole && consumers.every(({ value }) => value.disabled))
    report(
      place,
      "All consumers are disabled: enable one, or remove the gate with the command destroy",
    );
  if (consumers.length > mostConsumers)
    report(
      place,
      `Too many consumers (${consumers.length}): use at most ${mostConsumers}, and let callers of equal access share one, each with a token of its own (\`store: dynamodb\`)`,
    );
}

function checkConsumer(given: ConsumerGiven, checks: ConsumerChecks): Consumer {
  const { source, config } = checks;
  const { token, jwt, github, plan, disabled = false } = given.value;
  const id = given.at("id");
  checkPattern(id, consumerIdPattern, consumerIdForm);
  if (!token && !jwt && !github && config.value.store !== "dynamodb")
    id.report(
      `${quoted(id.value)} has no credential: add \`token\`, \`jwt\` or \`github\` (optional only with \`store: dynamodb\`)`,
    );
  const tokenHashes = checkTokens(given, checks);
  const identities = checkIdentities(given, checks);
  const expires = given.at("expires");
  if (expires !== undefined) checkExpiry(expires, source.today);
  const access = given.at("routes")?.items() ?? [id.as("/**")];
  const network = checkNetwork(given.at("network"));
  warnOfShutOut(given.at("network"), checks.gateNetwork);
  return {
    id: id.value,
    tokenHashes,
    identities,
    access: checks.readAccess(access),
    ...(expires && { expires: expires.value }),
    disabled,
    ...(plan !== undefined && { plan }),
    ...(network && { network }),
  };
}

function checkTokens(given: ConsumerGiven, checks: ConsumerChecks): string[] {
  const { source, owners } = checks;
  const { id } = given.value;
  const tokens = given.at("token")?.items() ?? [];
  const [first] = tokens;
  if (first === undefined) return [];
  checkMode("token", first, checks);
  reportTooMany(`tokens of ${quoted(id)}`, tokens, 2);
  return tokens.flatMap((token) => {
    const hash = digestToken(token, source);
    if (hash === undefined) return [];
    const owner = owners.get(hash);
    owners.set(hash, id);
    if (owner !== undefined)
      token.report(
        `${labelOf(token.value)} of ${quoted(id)} is also a token of ${quoted(owner)}: use another token`,
      );
    return [hash];
  });
}

function checkIdentities(
  given: ConsumerGiven,
  checks: ConsumerChecks,
): Identity[] {
  const { whole, issuers } = checks;
  const identities: Identity[] = [];
  const jwt = given.at("jwt");
  if (jwt !== undefined) {
    const issuer = jwt.at("issuer");
    checkMode("jwt", jwt, checks);
    if (issuer.value === githubName)
      issuer.report(`Reserved issuer "github": ${useGithub}`);
    else if (whole) checkKnown("issuer", issuer, issuers);
    const conditions = checkClaims(jwt.at("claims")?.entries() ?? []);
    identities.push({ issuer: issuer.value, conditions });
  }
  const github = given.at("github");
  if (github !== undefined) {
    checkMode("github-oidc", github, checks);
    const conditions = checkGithub(github);
    identities.push({ issuer: githubName, conditions });
  }
  return identities;
}

function checkMode(
  mode: "token" | "jwt" | "github-oidc",
  credential: Located<unknown>,
  { modes }: ConsumerChecks,
): void {
  if (modes !== undefined && !modes.includes(mode))
    credential.report(
      `Credential of the mode ${mode}, but \`auth.mode\` allows ${listed(modes)}: add ${mode} to it, or use another credential`,
    );
}

function checkExpiry(given: Located<string>, today: string): void {
  const { value } = given;
  if (!isDate(value))
    given.report(`Invalid value ${quoted(value)}: use a date as YYYY-MM-DD`);
  else if (value < today)
    given.refuse("is in the past: use a later date, or remove the consumer");
}

function isDate(text: string): boolean {
  const time = /^\d{4}-\d{2}-\d{2}$/.test(text)
    ? Date.parse(`${text}T00:00:00Z`)
    : NaN;
  // Date.parse takes 30 February for 2 March.
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(text);
}

/** JWTs of one issuer that a consumer accepts, each condition as text. */
interface Accepted {
  readonly id: string;
  readonly conditions: readonly string[];
}

/** The first consumer whose conditions a JWT meets is its caller: one after another with no further conditions is never reached. */
function reportUnreachable(
  consumers: readonly Consumer[],
  given: readonly ConsumerGiven[],
): void {
  const accepted = new Map<string, Accepted[]>();
  const under = (key: string) => accepted.get(key) ?? [];
  for (const [index, { id, identities }] of consumers.entries())
    for (const { issuer, conditions: all } of identities) {
      const conditions = all.map((one) => JSON.stringify([issuer, one]));
      const earlier = [issuer, ...conditions]
        .flatMap(under)
        .find((one) => one.conditions.every((key) => conditions.includes(key)));
      const place = given[index]?.at(issuer === githubName ? "github" : "jwt");
      if (earlier !== undefined && place !== undefined) {
        place.report(
          `${quoted(id)} is never matched, since ${quoted(earlier.id)} before it accepts the same JWTs: use other conditions, or put it first`,
        );
        continue;
      }
      // Under the condition that fewest share: comparing thousands in pairs would take minutes.
      const [rarest = issuer] = conditions.toSorted(
        (a, b) => under(a).length - under(b).length,
      );
      accepted.set(rarest, [...under(rarest), { id, conditions }]);
    }
}

/** Says in a problem which token is meant, without its value. */
function labelOf(token: TokenConfig): string {
  if ("plain" in token) return `Line ${token.line}: the token`;
  return "env" in token ? `The token in ${token.env}` : "The SHA-256 digest";
}

/** @returns the token's SHA-256 as lower-case hex, or undefined when it was reported */
function digestToken(
  given: Located<TokenConfig>,
  source: GateSource,
): string | undefined {
  const { value: token } = given;
  const fault =
    "sha256" in token
      ? digestFault(token.sha256)
      : "env" in token
        ? variableFault(token.env)
        : undefined;
  if (fault !== undefined) {
    given.report(fault);
    return undefined;
  }
  if ("sha256" in token) return token.sha256.toLowerCase();
  const text =
    "plain" in token ? token.plain : (source.environment(token.env) ?? "");
  const weakness = tokenFault(text);
  if (weakness === undefined) return source.sha256(text);
  given.report(`${labelOf(token)} ${weakness}`);
  return undefined;
}

/** 32 characters keep an unsalted SHA-256 from being searched. */
const leastLength = 32;
const leastVariety = 10;

function digestFault(text: string): string | undefined {
  return /^[0-9a-f]{64}$/i.test(text)
    ? undefined
    : `Invalid SHA-256 ${hidden(text)}: use 64 hex digits (printf %s "$TOKEN" | sha256sum)`;
}

/** Their values are known to others, or are not for callers of a gate. */
const reservedVariable =
  /^(GITHUB|GH|RUNNER|ACTIONS|INPUT|STATE|AWS|PULUMI|AZURE|ARM|GOOGLE|NODE|NPM)_/i;

function variableFault(name: string): string | undefined {
  // What is no name, or not one of a token, may be the token itself.
  if (!/^[A-Za-z_][A-Za-z0-9_]{0,127}$/.test(name))
    return `Invalid name of an environment variable ${hidden(name)}: use the name, never the token`;
  const form =
    "pass the token by a name of its own with TOKEN, SECRET or KEY in it, like TEAM_A_TOKEN";
  if (reservedVariable.test(name))
    return `Environment variable ${name} is reserved for the runner, the action or a cloud: ${form}`;
  return /TOKEN|SECRET|KEY/i.test(name)
    ? undefined
    : `Environment variable ${hidden(name)} is not named like a token: ${form}`;
}

function tokenFault(token: string): string | undefined {
  const random = "random characters (openssl rand -hex 32)";
  if (token === "")
    return "is empty: check that the secret exists, and that `env:` passes a variable to the step";
  if (/\s/.test(token))
    return `${hidden(token)} has a space or line break: remove it`;
  if (token.length < leastLength)
    return `${hidden(token)} is too short: use at least ${leastLength} ${random}`;
  if (!/^[A-Za-z0-9._~+/=-]{32,4096}$/.test(token))
    return `${hidden(token)} is too long or has another character: use at most 4096 letters, digits and . _ ~ + / = -`;
  return new Set(token).size < leastVariety
    ? `${hidden(token)} has fewer than ${leastVariety} different characters: use ${random}`
    : undefined;
}
