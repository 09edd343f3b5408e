// What a gate is, after validation: the one model that the document, the program, the proof and the report read. Pure.

export const httpMethods = [
  "GET",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "HEAD",
] as const;
export type HttpMethod = (typeof httpMethods)[number];

/** One deployed gateway: RestApi + authorizer + stage. */
export interface Gate {
  /** Names the gate everywhere: `<project>/<stack>`; the audience of the proof's credential. */
  readonly id: string;
  readonly stack: string;
  readonly region: string;
  readonly stageName: string;
  /** The header the authorizer reads, as the user spelled it (`Authorization`, `x-api-key`). */
  readonly tokenHeader: string;
  readonly auth: TokenAuth | CustomAuth;
  /** At least one; every upstream is used by a route. Sorted by name. */
  readonly upstreams: readonly Upstream[];
  /** At least one; in the user's order. */
  readonly routes: readonly Route[];
  /** In the user's order; at least one in token mode, none in custom mode. */
  readonly consumers: readonly Consumer[];
  /** Always set: `defaults.throttle` when the user says nothing. */
  readonly throttle: Throttle;
  readonly cors?: Cors;
  /** CloudWatch retention of the authorizer's log group, in days. */
  readonly logRetentionDays: number;
  readonly tags: Readonly<Record<string, string>>;
}

export interface TokenAuth {
  readonly mode: "token";
  /** Seconds API Gateway caches an allowed result; 0 to 3600. */
  readonly cacheTtl: number;
}

/** The user's own authorizer directory, deployed as it is. */
export interface CustomAuth {
  readonly mode: "custom";
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
  /** One or two lower-case hex SHA-256 digests of the consumer's tokens. */
  readonly tokenHashes: readonly string[];
  /** What it may call, as written: exact route paths or `/prefix/**`; `["/**"]` is every route. */
  readonly access: readonly string[];
  /** Last day (UTC, inclusive) on which the token passes: `2027-06-30`. */
  readonly expires?: string;
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
