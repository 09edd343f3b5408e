// What the user wrote, read but not yet judged: the one form that inputs and config file are brought into. Pure.
import type { Given, Place } from "./location.ts";

export type AuthModeName = "token" | "jwt" | "github-oidc" | "custom";

export interface Draft {
  readonly stack: Given<string> | undefined;
  readonly region: Given<string> | undefined;
  readonly stageName: Given<string>;
  /** At least one. */
  readonly tokenHeaders: readonly Given<string>[];
  readonly stripHeaders: readonly Given<string>[];
  readonly tags: Given<string> | undefined;
  readonly allowedSecrets: Given<string> | undefined;
  readonly auth: DraftAuth;
  readonly upstreams: readonly DraftUpstream[];
  readonly routes: readonly DraftRoute[];
  readonly consumers: readonly DraftConsumer[];
  readonly plans: readonly DraftPlan[];
  readonly throttle:
    { readonly rate: number; readonly burst: number } | undefined;
  readonly origins: readonly Given<string>[] | undefined;
  readonly logRetentionDays: number | undefined;
  /** False when parts of the config file could not be read: then nothing may be called missing or unused. */
  readonly whole: boolean;
}

export interface DraftAuth {
  readonly place: Place;
  readonly kind: "built-in" | "custom";
  /** The only kinds of credential allowed; undefined allows those the consumers have. */
  readonly modes: readonly Given<AuthModeName>[] | undefined;
  readonly cacheTtl: Given<number> | undefined;
  readonly store: Given<"bundled" | "dynamodb"> | undefined;
  readonly issuers: readonly DraftIssuer[];
  /** GitHub's issuer, when it is not github.com's. */
  readonly githubIssuer: Given<string> | undefined;
  /** Of the user's own authorizer, as it is written. */
  readonly type: Given<string> | undefined;
  readonly directory: Given<string> | undefined;
  readonly runtime: Given<string> | undefined;
  readonly handler: Given<string> | undefined;
}

export interface DraftIssuer {
  readonly name: string;
  readonly place: Place;
  readonly issuer: Given<string>;
  readonly audiences: readonly Given<string>[];
  readonly audienceClaim: Given<string> | undefined;
  readonly algorithms: readonly Given<string>[] | undefined;
  readonly jwksUri: Given<string> | undefined;
  readonly jwks: Given<string> | undefined;
  readonly claims: readonly DraftClaim[];
  readonly clockSkew: number | undefined;
  readonly maxLifetime: number | undefined;
}

/** What a claim must be: one of the values. */
export interface DraftClaim {
  readonly name: string;
  readonly place: Place;
  readonly values: readonly Given<string | number | boolean>[];
}

export interface DraftUpstream {
  readonly name: string;
  readonly place: Place;
  readonly url: Given<string> | undefined;
  readonly header: Given<string> | undefined;
  readonly secret: Given<string> | undefined;
  readonly headers: readonly (Given<string> & { readonly name: string })[];
}

export interface DraftRoute {
  readonly place: Place;
  readonly path: Given<string>;
  readonly methods: Given<readonly string[]>;
  readonly upstream: Given<string>;
  readonly stream: boolean;
  readonly timeout: Given<number> | undefined;
}

export interface DraftConsumer {
  readonly id: Given<string>;
  readonly tokens: readonly Given<DraftToken>[];
  readonly jwt: DraftJwt | undefined;
  readonly github: DraftGithub | undefined;
  /** Entries of its access; undefined is every route. */
  readonly access: readonly Given<string>[] | undefined;
  readonly plan: Given<string> | undefined;
  readonly expires: Given<string> | undefined;
  readonly disabled: boolean;
}

interface DraftJwt {
  readonly place: Place;
  readonly issuer: Given<string>;
  readonly claims: readonly DraftClaim[];
}

export interface DraftGithub {
  readonly place: Place;
  readonly repositoryId: Given<string> | undefined;
  readonly ownerId: Given<string> | undefined;
  /** On `ref`, `environment`, `workflow_ref` and `job_workflow_ref`. */
  readonly claims: readonly DraftClaim[];
  readonly events: readonly Given<string>[] | undefined;
}

export interface DraftPlan {
  readonly name: string;
  readonly place: Place;
  readonly rate: number;
  readonly burst: number;
  readonly quota:
    | { readonly limit: number; readonly period: "day" | "week" | "month" }
    | undefined;
}

/** A consumer of which nothing but its name is known yet. */
export function draftConsumer(id: Given<string>): DraftConsumer {
  return {
    id,
    tokens: [],
    jwt: undefined,
    github: undefined,
    access: undefined,
    plan: undefined,
    expires: undefined,
    disabled: false,
  };
}

/** `label` says in a problem which token is meant, without its value. */
export type DraftToken =
  | { readonly label: string; readonly plain: string }
  | { readonly label: string; readonly env: string }
  | { readonly label: string; readonly sha256: string };
