// JWT issuers: whose tokens the gate accepts, and what must hold for every one of them.
import {
  isClaimText,
  settingsLimits,
} from "../../../contract/authorizer-settings.ts";
import {
  algorithmNamed,
  type JwtAlgorithm,
  jwtAlgorithms,
} from "../../../contract/public-keys.ts";
import { defaults, type Issuer, type IssuerKeys } from "../../gate/gate.ts";
import type { Draft, DraftAuth, DraftIssuer } from "../draft.ts";
import type { GateSource } from "../gate-source.ts";
import type { Given, Report } from "../location.ts";
import { listed, quoted } from "../messages.ts";
import {
  checkName,
  reportDuplicates,
  reportFault,
  reportTooMany,
} from "./value-checks.ts";
import { checkClaims, claimNameFault } from "./claims.ts";
import { checkJwks } from "./jwks.ts";
import { checkIssuerUrl, isGithubUrl } from "./urls.ts";

/** The name under which GitHub Actions is an issuer. */
export const githubName = "github";

export const useGithub =
  "use `github` in the consumer, with a repository-id (and `auth.github` for GitHub Enterprise)";

interface Checking {
  readonly source: GateSource;
  readonly report: Report;
}

/** @returns the issuers that hold, GitHub last if a consumer is a workflow; the others were reported */
export function checkIssuers(
  { auth, consumers, whole }: Draft,
  gateId: string,
  checking: Checking,
): Issuer[] {
  const { report } = checking;
  const used = new Set(consumers.map(({ jwt }) => jwt?.issuer.value));
  const hasWorkflows = consumers.some(({ github }) => github !== undefined);
  const issuers = auth.issuers.map((one) => {
    if (whole && !used.has(one.name) && one.name !== githubName)
      report(
        one.place,
        `Unused issuer ${quoted(one.name)}: add \`jwt: { issuer: ${one.name} }\` to a consumer, or remove it`,
      );
    return checkIssuer(one, checking);
  });
  if (auth.githubIssuer !== undefined && !hasWorkflows && whole)
    report(
      auth.githubIssuer.place,
      "Unused issuer of GitHub: add `github` to a consumer, or remove it",
    );
  const github = hasWorkflows
    ? [githubIssuer(auth.githubIssuer, gateId, report)]
    : [];
  reportSameUrl(auth, report);
  const most = settingsLimits.issuers - github.length;
  reportTooMany("issuers", auth.issuers, most, report);
  return [...issuers, ...github];
}

/** The audience is always the gate's own: any other can be had by workflows that mean another service. */
function githubIssuer(
  given: Given<string> | undefined,
  gateId: string,
  report: Report,
): Issuer {
  const issuer = given?.value ?? defaults.githubIssuer;
  if (given !== undefined) checkIssuerUrl(given, report);
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
  { githubIssuer: github, issuers }: DraftAuth,
  report: Report,
): void {
  const owners = new Map<string, string>();
  const all = issuers.map(({ name, issuer }) => ({ name, ...issuer }));
  for (const { name, value, place } of [
    ...all,
    ...(github ? [{ name: githubName, ...github }] : []),
  ]) {
    const owner = owners.get(value);
    if (owner !== undefined)
      report(
        place,
        `Same URL as the issuer ${quoted(owner)}: make them one issuer with both audiences, and tell consumers apart by \`claims\``,
      );
    owners.set(value, owner ?? name);
  }
}

function checkIssuer(draft: DraftIssuer, checking: Checking): Issuer {
  const { report } = checking;
  const { name, place, issuer } = draft;
  if (name === githubName)
    report(place, `Reserved name ${quoted(name)}: ${useGithub}`);
  else checkName(name, place, report);
  if (isGithubUrl(issuer.value))
    report(issuer.place, `Issuer of GitHub Actions: ${useGithub}`);
  else checkIssuerUrl(issuer, report);
  checkCognito(draft, report);
  const algorithms = checkAlgorithms(draft, report);
  const { clockSkew = defaults.clockSkew, maxLifetime } = draft;
  return {
    name,
    issuer: issuer.value,
    audiences: checkAudiences(draft, report),
    audienceClaim: checkAudienceClaim(draft, report),
    algorithms,
    keys: checkKeys(draft, algorithms, checking),
    clockSkew,
    ...(maxLifetime !== undefined && { maxLifetime }),
    conditions: checkClaims(draft.claims, report),
  };
}

function checkAudiences({ audiences }: DraftIssuer, report: Report): string[] {
  for (const one of audiences)
    reportFault(one, audienceFault(one.value), report);
  reportDuplicates("audience", audiences, report);
  reportTooMany("audiences", audiences, settingsLimits.audiences, report);
  return audiences.map(({ value }) => value);
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

function checkAudienceClaim(
  { audienceClaim: given }: DraftIssuer,
  report: Report,
): string {
  if (given === undefined) return "aud";
  const fault = claimNameFault(given.value);
  if (fault !== undefined) report(given.place, fault);
  return given.value;
}

function checkAlgorithms(
  { algorithms: given }: DraftIssuer,
  report: Report,
): JwtAlgorithm[] {
  if (given === undefined) return [defaults.algorithm];
  for (const one of given) reportFault(one, algorithmFault(one.value), report);
  const nameOf = (value: string) => algorithmNamed(value) ?? value;
  reportDuplicates("algorithm", given, report, nameOf);
  const names = given.map(({ value }) => nameOf(value));
  return jwtAlgorithms.filter((name) => names.includes(name));
}

function algorithmFault(name: string): string | undefined {
  if (algorithmNamed(name) !== undefined) return undefined;
  const use = `use ${listed(jwtAlgorithms)}`;
  if (/^none$/i.test(name))
    return `leaves tokens unsigned, so anybody could make one: ${use}`;
  return /^HS/i.test(name)
    ? `is symmetric, so whoever checks a token could also make one: ${use}`
    : `is not supported: ${use}`;
}

function checkKeys(
  { jwksUri, jwks }: DraftIssuer,
  algorithms: readonly JwtAlgorithm[],
  { source, report }: Checking,
): IssuerKeys {
  if (jwksUri !== undefined) checkIssuerUrl(jwksUri, report);
  if (jwksUri !== undefined && jwks !== undefined)
    report(
      jwks.place,
      "Given twice, as `jwks-uri` and as `jwks`: remove one of them",
    );
  else if (jwks !== undefined && algorithms.length > 0) {
    const keys = checkJwks(jwks, algorithms, source, report);
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
function checkCognito(draft: DraftIssuer, report: Report): void {
  const { hostname } = URL.parse(draft.issuer.value) ?? { hostname: "" };
  if (!/^cognito-idp\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/.test(hostname))
    return;
  const tokenUse = draft.claims.find(({ name }) => name === "token_use");
  const uses = tokenUse?.values.map(({ value }) => value).join();
  const claim = draft.audienceClaim?.value ?? "aud";
  const isAccess = uses === "access" && claim === "client_id";
  if (!isAccess && !(uses === "id" && claim === "aud"))
    report(
      (draft.audienceClaim ?? tokenUse)?.place ?? draft.place,
      "Cognito needs the kind of token: in `auth.issuers` of the config file write `audience-claim: client_id` and `claims: { token_use: access }` for access tokens, or only `claims: { token_use: id }` for ID tokens",
    );
}
