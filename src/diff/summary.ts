// A gate without its secrets: kept as a stack output, so that the next run can tell what changes for callers. Pure.
import type {
  Access,
  Consumer,
  CustomAuth,
  Gate,
  HttpMethod,
  Identity,
  Issuer,
  Plan,
  Route,
  SecretReference,
  UpstreamCredential,
} from "../gate/gate.ts";
import { targetUrl } from "../gate/paths.ts";

export interface GateSummary {
  readonly version: 4;
  readonly stageName: string;
  readonly tokenHeaders: readonly string[];
  readonly stripHeaders: readonly string[];
  /** Whether the authorizer also lets through the credential that the proof makes for itself. */
  readonly proof: boolean;
  readonly auth: {
    /** What callers are known by; `custom` stands alone. */
    readonly modes: readonly AuthMode[];
    readonly cacheTtl: number;
    readonly store: "bundled" | "dynamodb";
    readonly issuers: readonly IssuerSummary[];
    /** The user's own authorizer, when it decides. */
    readonly custom?: CustomSummary;
  };
  readonly routes: readonly RouteSummary[];
  readonly consumers: readonly ConsumerSummary[];
  readonly plans: readonly Plan[];
  /** Over the whole stage. */
  readonly throttle: Gate["throttle"];
  /** Allowed origins; empty without CORS. */
  readonly origins: readonly string[];
}

export type AuthMode = "token" | "jwt" | "github-oidc" | "custom";

/** What the gate takes of an issuer: everything but where a discovery leads. */
export interface IssuerSummary extends Omit<Issuer, "keys"> {
  /** `discovery`, an https URL, or the given public keys as JSON. */
  readonly keys: string;
}

export interface CustomSummary extends Pick<
  CustomAuth,
  "directory" | "runtime" | "handler" | "type"
> {
  /** Of all files in the directory; absent where they were not read. */
  readonly digest?: string;
}

export interface RouteSummary {
  readonly path: string;
  readonly methods: readonly HttpMethod[];
  /** Name of the upstream. */
  readonly upstream: string;
  /** Host the route leads to, with the port when it is not 443. */
  readonly host: string;
  /** The whole URL it leads to, with `{name}` placeholders. */
  readonly target: string;
  /** Whether the authorizer is asked before anything reaches the upstream. */
  readonly guarded: boolean;
  /** Whether the gate adds a credential. */
  readonly credential: boolean;
  /** The header of that credential with what precedes the secret in it, and the name of the secret: never its value. */
  readonly credentialHeader?: string;
  readonly credentialPrefix?: string;
  readonly credentialSecret?: string;
  readonly credentialStore?: SecretReference["store"];
  /** Of the whole reference, so that another account or region is told without naming one. */
  readonly credentialDigest?: string;
  /** Static headers by name in small letters: digests of their values, which may be misplaced secrets. */
  readonly headers: Readonly<Record<string, string>>;
  readonly stream: boolean;
  /** Seconds. */
  readonly timeout: number;
}

export interface ConsumerSummary {
  readonly id: string;
  /** What it is known by; empty when its tokens are in the table only. */
  readonly modes: readonly AuthMode[];
  /** One short digest a token that the config gives it; 0 to 2, sorted. The same token of another consumer has another one. */
  readonly tokenIds: readonly string[];
  readonly identities: readonly Identity[];
  readonly access: Access;
  readonly expires?: string;
  readonly disabled: boolean;
  readonly plan?: string;
}

/** What a gate itself does not say. */
export interface SummaryContext {
  /** SHA-256 of UTF-8 text as lower-case hex. */
  readonly sha256: (text: string) => string;
  /** Digest of all files of the user's own authorizer, where they were read. */
  readonly ownAuthorizer?: string | undefined;
  /** Whether the authorizer knows a key of the proof. */
  readonly proof?: boolean;
}

/** @returns plain JSON data; nothing in it is secret, and nothing in it changes unless the gate does. */
export function summarizeGate(
  gate: Gate,
  { sha256, ownAuthorizer, proof = false }: SummaryContext,
): GateSummary {
  // 64 bits tell changes apart. With the gate's id in them, the digests of two gates cannot be compared.
  const digest = (...parts: readonly string[]) =>
    sha256([gate.id, ...parts].join("/")).slice(0, 16);
  return {
    version: 4,
    stageName: gate.stageName,
    tokenHeaders: gate.tokenHeaders,
    stripHeaders: gate.stripHeaders,
    proof,
    auth: summarizeAuth(gate, ownAuthorizer),
    routes: gate.routes.map((route) => summarizeRoute(route, gate, digest)),
    consumers: gate.consumers.map((one) => summarizeConsumer(one, digest)),
    plans: gate.plans,
    throttle: gate.throttle,
    origins: gate.cors?.origins ?? [],
  };
}

/** A short digest of a text within this gate, with what tells it from the same text elsewhere. */
type Digest = (...parts: readonly string[]) => string;

// The part of a summary that says where a route leads, and what the gate adds to its calls. Pure.

const nowhere = { url: "", headers: {}, credential: undefined };

function summarizeRoute(
  { path, methods, upstream, stream, timeout }: Route,
  { upstreams }: Gate,
  digest: Digest,
): RouteSummary {
  const service = upstreams.find(({ name }) => name === upstream) ?? nowhere;
  const target = targetUrl({ path }, service);
  const { credential, headers } = service;
  return {
    path,
    methods,
    upstream,
    host: target.replace(/^https:\/\/|\/.*/g, ""),
    target,
    // A gate has no other kind of route: what it does not guard, `/healthz`, is its own.
    guarded: true,
    credential: credential !== undefined,
    ...(credential && summarizeCredential(credential, digest)),
    headers: Object.fromEntries(
      Object.entries(headers)
        .map(([name, value]): [string, string] => {
          const low = name.toLowerCase();
          return [low, digest("header", low, value)];
        })
        .sort(),
    ),
    stream,
    timeout,
  };
}

const summarizeCredential = (
  { header, prefix, secret }: UpstreamCredential,
  digest: Digest,
) => ({
  credentialHeader: header,
  credentialPrefix: prefix,
  credentialSecret: secretName(secret),
  credentialStore: secret.store,
  credentialDigest: digest(
    secret.store,
    secret.store === "ssm" ? secret.name : secret.arn,
  ),
});

/** `arn:aws:secretsmanager:eu-west-1:111122223333:secret:openai-key` → `openai-key`. */
function secretName(secret: SecretReference): string {
  return secret.store === "ssm"
    ? secret.name
    : secret.arn.slice(secret.arn.lastIndexOf(":") + 1);
}

// The part of a summary that says by what callers are known, and who decides. Pure.

/** @param ownAuthorizer digest of the files of the user's own authorizer. */
function summarizeAuth(
  { auth, consumers }: Gate,
  ownAuthorizer: string | undefined,
): GateSummary["auth"] {
  const { cacheTtl } = auth;
  if (auth.mode === "built-in") {
    const { store } = auth;
    const issuers = auth.issuers.map(({ keys, ...rest }) => ({
      ...rest,
      keys: wordKeys(keys),
    }));
    return { modes: usedModes(consumers, store), cacheTtl, store, issuers };
  }
  const { directory, runtime, handler, type } = auth;
  return {
    modes: ["custom"],
    cacheTtl,
    store: "bundled",
    issuers: [],
    custom: {
      directory,
      runtime,
      handler,
      type,
      ...(ownAuthorizer !== undefined && { digest: ownAuthorizer }),
    },
  };
}

function usedModes(
  consumers: readonly Consumer[],
  store: GateSummary["auth"]["store"],
) {
  const used = consumers.flatMap(modesOf);
  return builtInModes.filter(
    (mode) => used.includes(mode) || (mode === "token" && store === "dynamodb"),
  );
}

/** Public keys are public, and a digest of them would not say whether they are given or looked up. */
function wordKeys(keys: Issuer["keys"]): string {
  if (keys.kind === "discovery") return "discovery";
  return keys.kind === "uri" ? keys.uri : JSON.stringify(keys.jwks.keys);
}

// The part of a summary that says who a consumer is and what it may. Pure.

const builtInModes = ["token", "jwt", "github-oidc"] as const;

/** By what a consumer is known, in one order. */
function modesOf({ tokenHashes, identities }: Consumer): AuthMode[] {
  const known = {
    token: tokenHashes.length > 0,
    jwt: identities.some(({ issuer }) => issuer !== "github"),
    "github-oidc": identities.some(({ issuer }) => issuer === "github"),
  };
  return builtInModes.filter((mode) => known[mode]);
}

/** Field by field, so that nothing secret can slip in with a new one. */
function summarizeConsumer(
  consumer: Consumer,
  digest: Digest,
): ConsumerSummary {
  const { id, tokenHashes, identities, access, expires, disabled, plan } =
    consumer;
  return {
    id,
    modes: modesOf(consumer),
    tokenIds: tokenHashes.map((hash) => digest(id, hash)).sort(),
    identities,
    access,
    ...(expires !== undefined && { expires }),
    disabled,
    ...(plan !== undefined && { plan }),
  };
}
