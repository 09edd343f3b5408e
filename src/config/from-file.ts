// The config file as parts of a draft. A part without the right shape was reported already and is left out here, so that
// the rules can still judge the rest. Pure.
import type * as z from "zod";
import { defaults } from "../gate/gate.ts";
import type {
  Draft,
  DraftClaim,
  DraftConsumer,
  DraftGithub,
  DraftIssuer,
  DraftPlan,
  DraftRoute,
  DraftToken,
  DraftUpstream,
} from "./draft.ts";
import {
  entriesOf,
  type Given,
  type Giver,
  listOf,
  oneOrMore,
  part,
} from "./location.ts";
import {
  authShape,
  configShape,
  consumerShape,
  corsShape,
  issuerShape,
  logsShape,
  planShape,
  routeShape,
  throttleShape,
  upstreamShape,
} from "./schema.ts";
import type { ConfigPath, ConfigSource } from "./yaml.ts";

export interface ConfigDraft extends Pick<
  Draft,
  "upstreams" | "routes" | "consumers" | "plans" | "throttle" | "origins"
> {
  readonly stage: Given<string> | undefined;
  readonly tokenHeaders: readonly Given<string>[] | undefined;
  readonly stripHeaders: readonly Given<string>[] | undefined;
  /** Without the issuers, of which one may be sound when another is not. */
  readonly auth: Omit<Partial<z.infer<typeof authShape>>, "issuers">;
  readonly issuers: readonly DraftIssuer[];
  readonly store: Given<string> | undefined;
  readonly logRetentionDays: number | undefined;
  /** Places a value of the file. */
  readonly given: <T>(value: T, path: ConfigPath) => Given<T>;
}

/** @returns the parts of the file that have the right shape. */
export function draftFromConfig({ data, place }: ConfigSource): ConfigDraft {
  const given = <T>(value: T, path: ConfigPath) => ({
    value,
    place: place(path),
  });
  const text = (key: string) => {
    const value = data[key];
    return typeof value === "string" ? given(value, [key]) : undefined;
  };
  const names = (key: "token-header" | "strip-headers") => {
    const value = configShape.shape[key].safeParse(data[key]).data;
    return value === undefined ? undefined : oneOrMore(value, [key], given);
  };
  const origins = part(corsShape, data.cors)?.origins;
  return {
    given,
    stage: text("stage"),
    tokenHeaders: names("token-header"),
    stripHeaders: names("strip-headers"),
    auth: part(authShape.omit({ issuers: true }), data.auth) ?? {},
    issuers: draftIssuers(issuersIn(data.auth), given),
    store: text("store"),
    upstreams: draftUpstreams(data.upstreams, given),
    routes: draftRoutes(data.routes, given),
    consumers: draftConsumers(data.consumers, given),
    plans: draftPlans(data.plans, given),
    throttle: part(throttleShape, data.throttle),
    origins: origins?.map((value, index) =>
      given(value, ["cors", "origins", index]),
    ),
    logRetentionDays: part(logsShape, data.logs)?.["retention-days"],
  };
}

function issuersIn(auth: unknown): unknown {
  return entriesOf(auth).find(([key]) => key === "issuers")?.[1];
}

function draftUpstreams(
  data: unknown,
  given: ConfigDraft["given"],
): DraftUpstream[] {
  return entriesOf(data).flatMap(([name, entry]) => {
    const upstream = part(upstreamShape, entry);
    if (upstream === undefined) return [];
    const path = ["upstreams", name];
    const optional = (key: "header" | "secret") => {
      const value = upstream[key];
      return value === undefined ? undefined : given(value, [...path, key]);
    };
    const headers = Object.entries(upstream.headers ?? {}).map(
      ([header, value]) => ({
        name: header,
        ...given(value, [...path, "headers", header]),
      }),
    );
    return [
      {
        name,
        place: given(name, path).place,
        url: given(upstream.url, [...path, "url"]),
        header: optional("header"),
        secret: optional("secret"),
        headers,
      },
    ];
  });
}

function draftRoutes(data: unknown, given: ConfigDraft["given"]): DraftRoute[] {
  return listOf(data).flatMap((entry, index) => {
    const route = part(routeShape, entry);
    if (route === undefined) return [];
    const { methods = defaults.methods.split(","), timeout } = route;
    const path = ["routes", index];
    return [
      {
        place: given(route, path).place,
        path: given(route.path, [...path, "path"]),
        methods: given(methods, [...path, "methods"]),
        upstream: given(route.upstream, [...path, "upstream"]),
        stream: route.stream ?? true,
        timeout:
          timeout === undefined
            ? undefined
            : given(timeout, [...path, "timeout"]),
      },
    ];
  });
}

// Issuers, consumers and plans of the config file as parts of a draft. Pure.

type ConsumerData = z.infer<typeof consumerShape>;
type ClaimValue = string | number | boolean;

function draftIssuers(data: unknown, given: Giver): DraftIssuer[] {
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

function draftPlans(data: unknown, given: Giver): DraftPlan[] {
  return entriesOf(data).flatMap(([name, entry]) => {
    const plan = part(planShape, entry);
    const { place } = given(name, ["plans", name]);
    return plan === undefined
      ? []
      : [{ name, place, quota: undefined, ...plan }];
  });
}

function draftConsumers(data: unknown, given: Giver): DraftConsumer[] {
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
  return "env" in token ? `The token in ${token.env}` : "The SHA-256 digest";
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
