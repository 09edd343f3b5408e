import type {
  AuthorizerSettings,
  Condition,
  HttpMethod,
  SettingsConsumer,
  SettingsGrant,
  SettingsIssuer,
} from "../../contract/authorizer-settings.ts";

export { httpMethods } from "../../contract/authorizer-settings.ts";
export { jwtAlgorithms } from "../../contract/public-keys.ts";
export type { Condition, HttpMethod };

/** One deployed gateway: RestApi + authorizer + stage. Valid by construction: only `parseGate` makes one. */
export interface Gate {
  /** `<project>/<stack>`; the audience of the proof's JWTs and of GitHub's. */
  readonly id: string;
  readonly stack: string;
  readonly region: string;
  readonly stageName: string;
  /** The headers the authorizer reads, as the user spelled them; at least one. */
  readonly tokenHeaders: readonly string[];
  /** More headers that never reach an upstream as the caller wrote them. */
  readonly stripHeaders: readonly string[];
  readonly auth: BuiltInAuth | CustomAuth;
  /** Each is used by a route. Sorted by name. */
  readonly upstreams: readonly Upstream[];
  readonly routes: readonly Route[];
  /** None with a custom authorizer. */
  readonly consumers: readonly Consumer[];
  /** Each is used by a consumer. */
  readonly plans: readonly Plan[];
  readonly throttle: Limits;
  readonly cors?: Cors;
  readonly logRetentionDays: number;
  readonly tags: Readonly<Record<string, string>>;
}

export interface BuiltInAuth {
  readonly mode: "built-in";
  /** Seconds API Gateway caches an allowed result; 0 to 3600. */
  readonly cacheTtl: number;
  /** Where token hashes are kept: in the settings file, or in a table of the gate's own. */
  readonly store: "bundled" | "dynamodb";
  /** Each is used by a consumer; GitHub last. */
  readonly issuers: readonly Issuer[];
}

export interface Issuer extends Omit<SettingsIssuer, "keys"> {
  readonly keys: IssuerKeys;
}

/** Where an issuer's public keys are; `discovery` becomes a `uri` before anything is deployed. */
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
  /** The event that it expects, of API Gateway's TOKEN or REQUEST authorizer. */
  readonly type: (typeof authorizerTypes)[number];
  readonly cacheTtl: number;
  /** Relative to the workspace. */
  readonly directory: string;
  /** As Lambda names it: `nodejs24.x`. */
  readonly runtime: string;
  /** `file.function`. */
  readonly handler: string;
}

/**
 * Whether the gate's authorizer stands in front of the user's: one of the user's cannot hand the gate an upstream's credential, so
 * the gate's takes the calls, asks the user's, and adds the credential.
 */
export const isFronted = (gate: Pick<Gate, "auth" | "upstreams">): boolean =>
  gate.auth.mode === "custom" &&
  gate.upstreams.some(({ credential }) => credential !== undefined);

export interface Upstream {
  readonly name: string;
  /** https, no trailing slash, no query, no credentials. */
  readonly url: string;
  readonly credential?: UpstreamCredential;
  /** Static headers sent with every call. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface UpstreamCredential {
  readonly header: string;
  /** Put before the secret: `"Bearer "` or `""`. */
  readonly prefix: string;
  readonly secret: SecretReference;
}

/** Where the authorizer reads a secret at run time; the action never reads it. */
export type SecretReference = AuthorizerSettings["upstreams"][string]["secret"];

export interface Route {
  /** `/openai/{proxy+}`, `/score`. */
  readonly path: string;
  /** Distinct, in the order of `httpMethods`. */
  readonly methods: readonly HttpMethod[];
  /** The name of an upstream. */
  readonly upstream: string;
  /** STREAM transfer mode or BUFFERED. */
  readonly stream: boolean;
  /** Seconds; 1 to 900 when streaming, 1 to 29 when buffered. */
  readonly timeout: number;
}

/** @throws Error for an upstream that is not of the gate: a bug of ours */
export function upstreamOf(
  { upstreams }: Pick<Gate, "upstreams">,
  { path, upstream }: Route,
): Upstream {
  const found = upstreams.find(({ name }) => name === upstream);
  if (found === undefined)
    throw new Error(`route ${path} without upstream ${upstream}`);
  return found;
}

/** A known caller. */
export interface Consumer {
  readonly id: string;
  /** At most two lower-case hex SHA-256 digests. */
  readonly tokenHashes: readonly string[];
  /** JWTs that stand for the consumer; the first consumer whose conditions hold gets the JWT. */
  readonly identities: readonly Identity[];
  readonly access: Access;
  /** Last day (UTC, inclusive): `2027-06-30`. */
  readonly expires?: string;
  readonly disabled: boolean;
  /** The name of a plan. */
  readonly plan?: string;
}

export type Identity = SettingsConsumer["identities"][number];

/** `*` for every route, also those to come, else at least one grant. */
export type Access = "*" | readonly Grant[];

/** A route, or of a greedy one what is below a path or one path only; all its methods or some. */
export type Grant = SettingsGrant;

interface Limits {
  /** Requests per second. */
  readonly rate: number;
  readonly burst: number;
}

/** A usage plan of API Gateway, which limits each of its consumers by itself. */
export interface Plan extends Limits {
  readonly name: string;
  readonly quota?: {
    readonly limit: number;
    readonly period: "DAY" | "WEEK" | "MONTH";
  };
}

export interface Cors {
  /** Exact origins (`https://app.example.com`) or `["*"]`. */
  readonly origins: readonly string[];
}

/** What holds when neither an input nor the config file says otherwise. */
export const defaults = {
  path: "myservice",
  methods: "GET,POST",
  upstreamHeader: "Authorization: Bearer",
  tokenHeader: "Authorization",
  stage: "v1",
  cacheTtl: 0,
  /** What OpenID Connect has every issuer support (Discovery 1.0, section 3). */
  algorithm: "RS256",
  /** Seconds by which an issuer's clock may run ahead of Lambda's. */
  clockSkew: 30,
  githubIssuer: "https://token.actions.githubusercontent.com",
  authorizerType: "token",
  authorizerHandler: "authorizer.handler",
  logRetentionDays: 30,
  throttle: { rate: 100, burst: 200 },
} as const;
