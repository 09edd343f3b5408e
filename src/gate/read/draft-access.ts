// Issuers, consumers and plans of the config file as parts of a draft. Pure.
import type * as z from "zod";
import { issuerShape, planShape } from "./config-access.ts";
import { consumerShape } from "./config-consumers.ts";
import type {
  DraftClaim,
  DraftConsumer,
  DraftGithub,
  DraftIssuer,
  DraftPlan,
  DraftToken,
} from "./draft.ts";
import { entriesOf, type Giver, listOf, oneOrMore, part } from "./parts.ts";
import type { Given } from "./place.ts";
import type { ConfigPath } from "./source.ts";

type ConsumerData = z.infer<typeof consumerShape>;
type ClaimValue = string | number | boolean;

export function draftIssuers(data: unknown, given: Giver): DraftIssuer[] {
  return entriesOf(data).flatMap(([name, entry]) => {
    const issuer = part(issuerShape, entry);
    if (issuer === undefined) return [];
    const path = ["auth", "issuers", name];
    const optional = (key: "audience-claim" | "jwks-uri" | "jwks") =>
      ifGiven(issuer[key], [...path, key], given);
    const { algorithms } = issuer;
    return [
      {
        name,
        place: given(name, path).place,
        issuer: given(issuer.issuer, [...path, "issuer"]),
        audiences: oneOrMore(issuer.audience, [...path, "audience"], given),
        audienceClaim: optional("audience-claim"),
        algorithms:
          algorithms && oneOrMore(algorithms, [...path, "algorithms"], given),
        jwksUri: optional("jwks-uri"),
        jwks: optional("jwks"),
        claims: draftClaims(issuer.claims, [...path, "claims"], given),
        clockSkew: issuer["clock-skew"],
        maxLifetime: issuer["max-lifetime"],
      },
    ];
  });
}

export function draftPlans(data: unknown, given: Giver): DraftPlan[] {
  return entriesOf(data).flatMap(([name, entry]) => {
    const plan = part(planShape, entry);
    const { place } = given(name, ["plans", name]);
    return plan === undefined
      ? []
      : [{ name, place, quota: undefined, ...plan }];
  });
}

export function draftConsumers(data: unknown, given: Giver): DraftConsumer[] {
  return listOf(data).flatMap((entry, index) => {
    const consumer = part(consumerShape, entry);
    if (consumer === undefined) return [];
    const { jwt, plan, expires, routes, disabled = false } = consumer;
    const path = ["consumers", index];
    return [
      {
        id: given(consumer.id, [...path, "id"]),
        tokens: draftTokens(consumer.token, [...path, "token"], given),
        jwt: jwt && {
          place: given(jwt, [...path, "jwt"]).place,
          issuer: given(jwt.issuer, [...path, "jwt", "issuer"]),
          claims: draftClaims(jwt.claims, [...path, "jwt", "claims"], given),
        },
        github: draftGithub(consumer.github, [...path, "github"], given),
        access: routes && oneOrMore(routes, [...path, "routes"], given),
        plan: ifGiven(plan, [...path, "plan"], given),
        expires: ifGiven(expires, [...path, "expires"], given),
        disabled,
      },
    ];
  });
}

function draftTokens(
  token: ConsumerData["token"],
  path: ConfigPath,
  given: Giver,
): Given<DraftToken>[] {
  if (token === undefined) return [];
  return oneOrMore(token, path, given).map(({ value, place }) => ({
    value: { label: labelOf(value), ...value },
    place,
  }));
}

function labelOf(
  token: { env: string } | { sha256: string },
): DraftToken["label"] {
  return "env" in token ? `the token in ${token.env}` : "the SHA-256";
}

const githubClaims = {
  ref: "ref",
  environment: "environment",
  "workflow-ref": "workflow_ref",
  "job-workflow-ref": "job_workflow_ref",
} as const;

function draftGithub(
  github: ConsumerData["github"],
  path: ConfigPath,
  given: Giver,
): DraftGithub | undefined {
  if (github === undefined) return undefined;
  const id = (key: "repository-id" | "repository-owner-id") => {
    const value = github[key];
    const digits = value === undefined ? undefined : String(value);
    return ifGiven(digits, [...path, key], given);
  };
  const { event } = github;
  return {
    place: given(github, path).place,
    repositoryId: id("repository-id"),
    ownerId: id("repository-owner-id"),
    claims: Object.entries(githubClaims).flatMap(([key, name]) => {
      const value = github[key as keyof typeof githubClaims];
      return value === undefined
        ? []
        : [{ ...draftClaim(value, [...path, key], given), name }];
    }),
    events:
      event === undefined
        ? undefined
        : oneOrMore(event, [...path, "event"], given),
  };
}

function draftClaims(
  claims: Readonly<Record<string, ClaimValue | ClaimValue[]>> | undefined,
  path: ConfigPath,
  given: Giver,
): DraftClaim[] {
  return Object.entries(claims ?? {}).map(([name, value]) => ({
    ...draftClaim(value, [...path, name], given),
    name,
  }));
}

function draftClaim(
  value: ClaimValue | ClaimValue[],
  path: ConfigPath,
  given: Giver,
): Omit<DraftClaim, "name"> {
  return {
    place: given(value, path).place,
    values: oneOrMore(value, path, given),
  };
}

function ifGiven<T>(value: T | undefined, path: ConfigPath, given: Giver) {
  return value === undefined ? undefined : given(value, path);
}
