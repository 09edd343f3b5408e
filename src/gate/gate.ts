import type {
  Condition,
  HttpMethod,
  SettingsConsumer,
  SettingsGrant,
  SettingsIssuer,
  SettingsNetwork,
  StoredSecret,
} from "../../contract/authorizer-settings.ts";
import type { Domain, TlsPolicy } from "./edge.ts";
import {
  kindsWithoutUrl,
  upstreamKinds,
  type UpstreamKindName,
} from "./upstream-kinds.ts";

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
  /** All headers that the authorizer reads on some route, as the user spelled them; at least one. */
  readonly tokenHeaders: readonly string[];
  /** More headers that never reach an upstream as the caller wrote them. */
  readonly stripHeaders: readonly string[];
  readonly auth: BuiltInAuth | CustomAuth;
  readonly upstreams: readonly Upstream[];
  readonly routes: readonly Route[];
  readonly consumers: readonly Consumer[];
  readonly plans: readonly Plan[];
  readonly throttle: Limits;
  readonly cors?: Cors;
  /** Where all calls must come from. */
  readonly network?: Network;
  /** Of a private gate: the only ones through which calls come; sorted. */
  readonly vpcEndpoints?: readonly string[];
  /** The deployed gate is private, and this one is not. */
  readonly leavesVpc?: true;
  readonly domain?: Domain;
  readonly tls: TlsPolicy;
  /** ARN of the firewall's web ACL, in the gate's region. */
  readonly webAcl?: string;
  readonly logRetentionDays: number;
  /** A line for each call, in a log group of its own. */
  readonly accessLog?: {
    /** Whether `up` makes the account's role for API Gateway's logs where there is none. */
    readonly makesRole: boolean;
  };
  readonly alarms?: Alarms;
  /** With X-Ray. */
  readonly tracing?: true;
  readonly tags: Readonly<Record<string, string>>;
  /** IAM path of the roles that the program makes, with a slash at both ends; absent for `/`. */
  readonly rolePath?: string;
  /** ARN of the policy that bounds what those roles may do. */
  readonly permissionsBoundary?: string;
}

export interface BuiltInAuth {
  readonly mode: "built-in";
  /** Seconds; 0 to 3600. */
  readonly cacheTtl: number;
  /** Where token hashes are kept: in the settings file, or in a table of the gate's own. */
  readonly store: "bundled" | "dynamodb";
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

export interface CustomAuth {
  readonly mode: "custom";
  /** The event that it expects. */
  readonly type: (typeof authorizerTypes)[number];
  readonly cacheTtl: number;
  /** Relative to the workspace. */
  readonly directory: string;
  readonly runtime: string;
  readonly handler: string;
}

/**
 * A user's own authorizer cannot hand the gate an upstream's credential: the gate's takes the calls, asks it, and adds the credential.
 * Nor does it refuse what a Lambda function would see of a call that API Gateway cannot overwrite, or a call of another network, and the
 * policy of a private API would stand for an answer that it does not give.
 */
export const isFronted = (
  gate: Pick<Gate, "auth" | "network" | "upstreams" | "vpcEndpoints">,
): boolean =>
  gate.auth.mode === "custom" &&
  (gate.network !== undefined ||
    gate.vpcEndpoints !== undefined ||
    gate.upstreams.some(
      ({ credential, kind }) => credential !== undefined || kind === "lambda",
    ));

/** By `kind`; all but three are services at a URL. */
export type Upstream =
  HttpUpstream | LambdaUpstream | SageMakerUpstream | MockUpstream;

interface NamedUpstream {
  readonly name: string;
  /** The headers in which callers of its routes may send their credential; at least one. */
  readonly tokenHeaders: readonly string[];
}

export interface HttpUpstream extends NamedUpstream {
  readonly kind: UpstreamKindName;
  /** https, no query, no credentials; a slash at the end of its path is one. */
  readonly url: string;
  readonly credential?: UpstreamCredential;
  readonly headers: Readonly<Record<string, string>>;
  /** Static parameters of the query; a call with the same name is refused. */
  readonly query: Readonly<Record<string, string>>;
  /** Id of the VPC link by which it is called. */
  readonly vpcLink?: string;
  /** Of the kind mcp: the OAuth scopes that its clients ask their authorization server for. */
  readonly scopes?: readonly string[];
}

/** The gate adds nothing to what a caller sends there. */
interface PlainUpstream extends NamedUpstream {
  readonly credential?: never;
  readonly scopes?: never;
}

export interface LambdaUpstream extends PlainUpstream {
  readonly kind: "lambda";
  /** In the gate's region, with the alias or version if any. */
  readonly functionArn: string;
}

export interface SageMakerUpstream extends PlainUpstream {
  readonly kind: "sagemaker";
  /** Name of an endpoint in the gate's account and region. */
  readonly endpoint: string;
}

/** API Gateway answers itself. */
export interface MockUpstream extends PlainUpstream {
  readonly kind: "mock";
  readonly status: number;
  readonly contentType: string;
  readonly body: string;
}

export const isHttp = (upstream: Upstream): upstream is HttpUpstream =>
  !kindsWithoutUrl.some((kind) => kind === upstream.kind);

export interface UpstreamCredential {
  readonly header: string;
  /** Put before the secret: `"Bearer "` or `""`. */
  readonly prefix: string;
  readonly secret: CredentialSource;
}

/** The action never sees the credential itself: the authorizer reads it from its store, or makes it. */
export type CredentialSource = KeptSecret | BedrockKey;

export type KeptSecret = StoredSecret & {
  /**
   * ARN of your own KMS key that encrypts it, or of an alias of it; null for AWS's key. Absent until it is known: named in the config,
   * or found before a deployment.
   */
  readonly kmsKey?: string | null;
};

/** Short-term API keys of Amazon Bedrock, with the permissions of the authorizer's role. */
export interface BedrockKey {
  readonly store: "bedrock";
  readonly region: string;
  /** All that the role may call there: ids of models and of inference profiles, or ARNs of your own. */
  readonly models: readonly string[];
}

export interface Route {
  readonly path: string;
  /** Distinct, in the order of `httpMethods`. */
  readonly methods: readonly HttpMethod[];
  readonly upstream: string;
  readonly stream: boolean;
  /** Seconds; 1 to 900 when streaming, 1 to 29 when buffered. */
  readonly timeout: number;
  /** The values that `model` of the JSON body may have, sorted; then its path has no parameter, and its methods have bodies. */
  readonly models?: readonly string[];
}

export function upstreamOf(
  { upstreams }: Pick<Gate, "upstreams">,
  { path, upstream }: Route,
): Upstream {
  const found = upstreams.find(({ name }) => name === upstream);
  if (found === undefined)
    throw new Error(`route ${path} without upstream ${upstream}`);
  return found;
}

export interface Consumer {
  readonly id: string;
  /** At most two lower-case hex SHA-256 digests. */
  readonly tokenHashes: readonly string[];
  /** The first consumer whose conditions hold gets the JWT. */
  readonly identities: readonly Identity[];
  readonly access: Access;
  /** Last day (UTC, inclusive): `2027-06-30`. */
  readonly expires?: string;
  readonly disabled: boolean;
  readonly plan?: string;
  /** Where its calls must come from, besides the gate's own. */
  readonly network?: Network;
}

/** CIDR blocks in their shortest form. Without `allow`, any address but those of `deny`; none at all where there were some before. */
export type Network = SettingsNetwork;

export type Identity = SettingsConsumer["identities"][number];

/** `*` for every route, also those to come, else at least one grant. */
export type Access = "*" | readonly Grant[];

/** A route, or of a greedy one what is below a path or one path only; all its methods or some. */
export type Grant = SettingsGrant;

interface Limits {
  readonly rate: number;
  readonly burst: number;
}

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

/** By the name of an alarm: how many calls in five minutes raise it. */
export const alarmDefaults = {
  "authorizer-errors": 1,
  "server-errors": 10,
  throttled: 100,
  unauthorized: 100,
} as const;

export type AlarmName = keyof typeof alarmDefaults;

export const alarmNames = Object.keys(alarmDefaults) as AlarmName[];

export interface Alarms {
  /** ARN of an SNS topic in the gate's region. */
  readonly topic: string;
  /** Of those alone that the gate has a count for. */
  readonly thresholds: Readonly<Partial<Record<AlarmName, number>>>;
}

/** What holds when neither an input nor the config file says otherwise. */
export const defaults = {
  path: "myservice",
  methods: "GET,POST",
  upstreamHeader: upstreamKinds.http.header,
  tokenHeader: upstreamKinds.http.tokenHeaders[0],
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
  tls: "SecurityPolicy_TLS13_1_2_2021_06",
  throttle: { rate: 100, burst: 200 },
} as const;

/**
 * Events that need write access to the repository ("Events that trigger workflows"). Not among them: what anybody can cause
 * (`issues`, `fork`, `discussion`, …), what is about a pull request or an earlier run, and what services report about any commit,
 * a fork's too (`check_run`, `status`, `deployment_status`, …).
 */
export const writersEvents = [
  "push",
  "create",
  "delete",
  "merge_group",
  "release",
  "repository_dispatch",
  "schedule",
  "workflow_dispatch",
];
