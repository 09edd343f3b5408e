// What a gate is, after validation: the one model that the document, the program, the proof and the report read. Pure.
import type {
  Condition,
  HttpMethod,
  SettingsGrant,
} from "../../contract/authorizer-settings.ts";
import type { JwtAlgorithm } from "../../contract/public-keys.ts";

export { httpMethods } from "../../contract/authorizer-settings.ts";
export { jwtAlgorithms } from "../../contract/public-keys.ts";
export type { Condition, HttpMethod };

/** One deployed gateway: RestApi + authorizer + stage. */
export interface Gate {
  /** Names the gate everywhere: `<project>/<stack>`; the audience of the proof's credential. */
  readonly id: string;
  readonly stack: string;
  readonly region: string;
  readonly stageName: string;
  /** The headers the authorizer reads, as the user spelled them (`Authorization`, `x-api-key`); at least one. */
  readonly tokenHeaders: readonly string[];
  /** More headers that never reach an upstream as the caller wrote them. */
  readonly stripHeaders: readonly string[];
  readonly auth: BuiltInAuth | CustomAuth;
  /** At least one; every upstream is used by a route. Sorted by name. */
  readonly upstreams: readonly Upstream[];
  /** At least one; in the user's order. */
  readonly routes: readonly Route[];
  /** In the user's order; at least one with the built-in authorizer, none with a custom one. */
  readonly consumers: readonly Consumer[];
  /** In the user's order; every plan is used by a consumer. */
  readonly plans: readonly Plan[];
  /** Always set: `defaults.throttle` when the user says nothing. */
  readonly throttle: Throttle;
  readonly cors?: Cors;
  /** CloudWatch retention of the authorizer's log group, in days. */
  readonly logRetentionDays: number;
  readonly tags: Readonly<Record<string, string>>;
}

/** The authorizer of the action: it knows tokens, JWTs of issuers and GitHub workflows. */
export interface BuiltInAuth {
  readonly mode: "built-in";
  /** Seconds API Gateway caches an allowed result; 0 to 3600. */
  readonly cacheTtl: number;
  /** Where token hashes are kept: in the authorizer's settings file, or in a table of the gate's own. */
  readonly store: "bundled" | "dynamodb";
  /** Every one is used by a consumer; in the user's order, GitHub last. */
  readonly issuers: readonly Issuer[];
}

/** Whose JWTs the gate takes, and what must hold for all of them. */
export interface Issuer {
  /** `[a-z][a-z0-9-]{0,31}`; `github` is GitHub Actions. */
  readonly name: string;
  /** The claim `iss`, exactly. */
  readonly issuer: string;
  /** At least one; a token must be made out to one of them. */
  readonly audiences: readonly string[];
  /** The claim that names the audience: `aud`, or `client_id` in Cognito's access tokens. */
  readonly audienceClaim: string;
  /** At least one; asymmetric only. */
  readonly algorithms: readonly JwtAlgorithm[];
  readonly keys: IssuerKeys;
  /** Seconds by which the issuer's clock may run ahead; 0 to 60. */
  readonly clockSkew: number;
  /** Seconds from `iat` to `exp` at most. */
  readonly maxLifetime?: number;
  readonly conditions: readonly Condition[];
}

/** Where an issuer's public keys are: `discovery` is resolved to a `uri` before anything is deployed. */
export type IssuerKeys =
  | { readonly kind: "discovery" }
  | { readonly kind: "uri"; readonly uri: string }
  | {
      readonly kind: "given";
      readonly jwks: { readonly keys: readonly object[] };
    };

export const authorizerTypes = ["token", "request"] as const;

/** The user's own authorizer directory, deployed as it is. */
export interface CustomAuth {
  readonly mode: "custom";
  /** The form of event that it expects: API Gateway's TOKEN authorizer, or its REQUEST authorizer. */
  readonly type: (typeof authorizerTypes)[number];
  readonly cacheTtl: number;
  /** Directory, relative to the workspace. */
  readonly directory: string;
  /** A Lambda runtime identifier: `nodejs24.x`, `python3.13`. */
  readonly runtime: string;
  /** `file.function`. */
  readonly handler: string;
}

/** The AI service behind a route, with the credential the gate adds. */
export interface Upstream {
  /** `[a-z][a-z0-9-]{0,31}`. */
  readonly name: string;
  /** https, no trailing slash, no query, no credentials. */
  readonly url: string;
  /** The credential to inject; absent when the upstream wants none. */
  readonly credential?: UpstreamCredential;
  /** Static headers sent with every call, e.g. `anthropic-version`. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface UpstreamCredential {
  /** Header name, e.g. `Authorization` or `x-api-key`. */
  readonly header: string;
  /** Put before the secret: `"Bearer "` or `""`. */
  readonly prefix: string;
  readonly secret: SecretReference;
}

/** Where the authorizer reads an upstream's secret at run time; the action itself never reads it. */
export type SecretReference =
  | { readonly store: "secrets-manager"; readonly arn: string }
  | { readonly store: "ssm"; readonly name: string };

/** A path and methods on the gate, leading to one upstream. */
export interface Route {
  /** Starts with a slash: `/openai/{proxy+}`, `/score`. */
  readonly path: string;
  /** At least one, no duplicates, in the order of `httpMethods`. */
  readonly methods: readonly HttpMethod[];
  /** The name of an upstream. */
  readonly upstream: string;
  /** STREAM transfer mode (default) or BUFFERED. */
  readonly stream: boolean;
  /** Seconds; 1 to 900 when streaming, 1 to 29 when buffered. */
  readonly timeout: number;
}

/** A known caller. */
export interface Consumer {
  /** `[A-Za-z0-9][A-Za-z0-9._-]{0,63}`. */
  readonly id: string;
  /** At most two lower-case hex SHA-256 digests of the consumer's tokens. */
  readonly tokenHashes: readonly string[];
  /** JWTs that stand for the consumer; the first consumer whose conditions hold gets the token. */
  readonly identities: readonly Identity[];
  readonly access: Access;
  /** Last day (UTC, inclusive) on which the token passes: `2027-06-30`. */
  readonly expires?: string;
  /** Kept in the file, but nothing of it passes. */
  readonly disabled: boolean;
  /** The name of a plan. */
  readonly plan?: string;
}

/** What a consumer may call: `*` for every route, also those to come, else parts of routes; at least one. */
export type Access = "*" | readonly Grant[];

/** A route, or of a greedy one what is below a path or one path only; all its methods or some. */
export type Grant = SettingsGrant;

export interface Identity {
  /** The name of an issuer. */
  readonly issuer: string;
  readonly conditions: readonly Condition[];
}

/** A usage plan of API Gateway: each of its consumers has a bucket of its own. */
export interface Plan {
  readonly name: string;
  /** Requests per second. */
  readonly rate: number;
  readonly burst: number;
  readonly quota?: {
    readonly limit: number;
    readonly period: "DAY" | "WEEK" | "MONTH";
  };
}

interface Throttle {
  /** Requests per second, over the whole stage. */
  readonly rate: number;
  readonly burst: number;
}

export interface Cors {
  /** Exact origins (`https://app.example.com`) or `["*"]`. */
  readonly origins: readonly string[];
}

// What holds when neither an input nor the config file says otherwise. Pure.

export const defaults = {
  path: "myservice",
  methods: "GET,POST",
  upstreamHeader: "Authorization: Bearer",
  tokenHeader: "Authorization",
  stage: "v1",
  /** Seconds API Gateway caches an allowed result: the longest a revoked token can still pass. */
  cacheTtl: 0,
  /** What OpenID Connect has every issuer support (Discovery 1.0, section 3). */
  algorithm: "RS256",
  /** Seconds by which an issuer's clock may run ahead of Lambda's. */
  clockSkew: 30,
  githubIssuer: "https://token.actions.githubusercontent.com",
  authorizerType: "token",
  authorizerHandler: "authorizer.handler",
  logRetentionDays: 30,
  /** Requests a second and burst over the whole stage: a lid on what a leaked token can spend. */
  throttle: { rate: 100, burst: 200 },
} as const;
