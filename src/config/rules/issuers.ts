// JWT issuers: whose tokens the gate accepts, and what is required of each.
import {
  isClaimText,
  settingsLimits,
} from "../../../contract/authorizer-settings.ts";
import { dnsSuffixOf } from "../../../contract/partitions.ts";
import {
  algorithmNamed,
  type JwtAlgorithm,
  jwtAlgorithms,
} from "../../../contract/public-keys.ts";
import { defaults, type Issuer, type IssuerKeys } from "../../gate/gate.ts";
import type { Config } from "../from-inputs.ts";
import type { Located } from "../location.ts";
import { listed, quoted } from "../messages.ts";
import {
  checkList,
  checkName,
  type Checks,
  reportTooMany,
} from "./value-checks.ts";
import { checkClaims, claimNameFault } from "./claims.ts";
import { checkJwks } from "./jwks.ts";
import { checkIssuerUrl, isGithubUrl } from "./urls.ts";

type IssuerConfig = NonNullable<Config["auth"]["issuers"]>[string];

/** The name under which GitHub Actions is an issuer. */
export const githubName = "github";

export const useGithub =
  "use `github` in the consumer, with a repository-id (and `auth.github` for GitHub Enterprise)";

/** @returns the valid issuers, GitHub last if a consumer is a workflow; invalid ones were reported */
export function checkIssuers(checks: Checks, gateId: string): Issuer[] {
  const { config, whole } = checks;
  const auth = config.at("auth");
  const enterprise = auth.at("github")?.at("issuer");
  const consumers = config.at("consumers").items();
  const used = new Set(consumers.map(({ value }) => value.jwt?.issuer));
  const hasWorkflows = consumers.some(({ value }) => value.github);
  const given = auth.at("issuers")?.entries() ?? [];
  const issuers = given.map(([name, issuer]) => {
    if (whole && !used.has(name) && name !== githubName)
      issuer.report(
        `Unused issuer ${quoted(name)}: add \`jwt: { issuer: ${name} }\` to a consumer, or remove it`,
      );
    return checkIssuer(name, issuer, checks);
  });
  if (enterprise !== undefined && !hasWorkflows && whole)
    enterprise.report(
      "Unused issuer of GitHub: add `github` to a consumer, or remove it",
    );
  const github = hasWorkflows ? [githubIssuer(enterprise, gateId)] : [];
  const urls = given.map(([name, one]) => [name, one.at("issuer")] as const);
  reportSameUrl([
    ...urls,
    ...(enterprise ? [[githubName, enterprise] as const] : []),
  ]);
  const most = settingsLimits.issuers - github.length;
  reportTooMany(
    "issuers",
    given.map(([, issuer]) => issuer),
    most,
  );
  return [...issuers, ...github];
}

/** The audience is always the gate's own: any other can be had by workflows that mean another service. */
function githubIssuer(
  given: Located<string> | undefined,
  gateId: string,
): Issuer {
  const issuer = given?.value ?? defaults.githubIssuer;
  if (given !== undefined) checkIssuerUrl(given);
  return {
    name: githubName,
    issuer,
    audiences: [gateId],
    audienceClaim: "aud",
    algorithms: [defaults.algorithm],
    // GitHub documents the place (OpenID Connect reference), of github.com and of Enterprise alike: nothing to ask at deploy time.
    keys: {
      kind: "uri",
      uri: `${issuer.replace(/\/$/, "")}/.well-known/jwks`,
    },
    clockSkew: defaults.clockSkew,
    conditions: [],
  };
}

/** The claim `iss` picks the issuer. */
function reportSameUrl(
  urls: readonly (readonly [name: string, url: Located<string>])[],
): void {
  const owners = new Map<string, string>();
  for (const [name, url] of urls) {
    const owner = owners.get(url.value);
    if (owner !== undefined)
      url.report(
        `Same URL as the issuer ${quoted(owner)}: make them one issuer with both audiences, and tell consumers apart by \`claims\``,
      );
    owners.set(url.value, owner ?? name);
  }
}

function checkIssuer(
  name: string,
  given: Located<IssuerConfig>,
  checks: Checks,
): Issuer {
  const url = given.at("issuer");
  if (name === githubName)
    given.report(`Reserved name ${quoted(name)}: ${useGithub}`);
  else checkName(name, given);
  if (isGithubUrl(url.value))
    url.report(`Issuer of GitHub Actions: ${useGithub}`);
  else checkIssuerUrl(url);
  checkCognito(given);
  const algorithms = checkAlgorithms(given.at("algorithms")?.items());
  const { "clock-skew": clockSkew, "max-lifetime": maxLifetime } = given.value;
  return {
    name,
    issuer: url.value,
    audiences: checkList("audience", given.at("audience").items(), {
      most: settingsLimits.audiences,
      faultOf: audienceFault,
    }),
    audienceClaim: checkAudienceClaim(given.at("audience-claim")),
    algorithms,
    keys: checkKeys(given, algorithms, checks),
    clockSkew: clockSkew ?? defaults.clockSkew,
    ...(maxLifetime !== undefined && { maxLifetime }),
    conditions: checkClaims(given.at("claims")?.entries() ?? []),
  };
}

function audienceFault(value: string): string | undefined {
  if (value.trim() === "")
    return "is empty: use what the issuer writes into tokens for this gate";
  if (value.includes("*"))
    return "has a wildcard, which is not supported here: write each audience in full";
  return isClaimText(value) && value === value.trim()
    ? undefined
    : `is longer than ${settingsLimits.claimText} characters, or has spaces around it or control characters in it: correct it`;
}

function checkAudienceClaim(given: Located<string> | undefined): string {
  if (given === undefined) return "aud";
  const fault = claimNameFault(given.value);
  if (fault !== undefined) given.report(fault);
  return given.value;
}

function checkAlgorithms(
  given: readonly Located<string>[] | undefined,
): JwtAlgorithm[] {
  if (given === undefined) return [defaults.algorithm];
  const nameOf = (value: string) => algorithmNamed(value) ?? value;
  const names = checkList("algorithm", given, {
    faultOf: algorithmFault,
    keyOf: nameOf,
  }).map(nameOf);
  return jwtAlgorithms.filter((name) => names.includes(name));
}

function algorithmFault(name: string): string | undefined {
  if (algorithmNamed(name) !== undefined) return undefined;
  const use = `use ${listed(jwtAlgorithms)}`;
  if (/^none$/i.test(name))
    return `leaves tokens unsigned, so anybody could make one: ${use}`;
  return /^HS/i.test(name)
    ? `is symmetric, so every service that checks tokens could also make them: ${use}`
    : `is not supported: ${use}`;
}

function checkKeys(
  given: Located<IssuerConfig>,
  algorithms: readonly JwtAlgorithm[],
  { source }: Checks,
): IssuerKeys {
  const jwksUri = given.at("jwks-uri");
  const jwks = given.at("jwks");
  if (jwksUri !== undefined) checkIssuerUrl(jwksUri);
  if (jwksUri !== undefined && jwks !== undefined)
    jwks.report("Given twice, as `jwks-uri` and as `jwks`: remove one of them");
  else if (jwks !== undefined && algorithms.length > 0) {
    const keys = checkJwks(jwks, algorithms, source);
    if (keys !== undefined) return { kind: "given", jwks: { keys } };
  }
  return jwksUri === undefined
    ? { kind: "discovery" }
    : { kind: "uri", uri: jwksUri.value };
}

/**
 * Cognito signs access and ID tokens with one key, for all clients of a pool: a gate must say which of the two it accepts,
 * and the two name the client in different claims (developer guide, "Verifying JSON web tokens").
 */
function checkCognito(given: Located<IssuerConfig>): void {
  const { hostname } = URL.parse(given.value.issuer) ?? { hostname: "" };
  const [, region = ""] = /^cognito-idp\.([a-z0-9-]+)\./.exec(hostname) ?? [];
  if (hostname !== `cognito-idp.${region}.${dnsSuffixOf(region)}`) return;
  const claims = given.at("claims")?.entries();
  const [, tokenUse] = claims?.find(([name]) => name === "token_use") ?? [];
  const uses = [tokenUse?.value].flat().join();
  const audienceClaim = given.at("audience-claim");
  const claim = audienceClaim?.value ?? "aud";
  const isAccess = uses === "access" && claim === "client_id";
  if (!isAccess && !(uses === "id" && claim === "aud"))
    (audienceClaim ?? tokenUse ?? given).report(
      "Cognito needs the kind of token: in `auth.issuers` of the config file write `audience-claim: client_id` and `claims: { token_use: access }` for access tokens, or only `claims: { token_use: id }` for ID tokens",
    );
}
