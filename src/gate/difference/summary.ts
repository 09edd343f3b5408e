// A gate without its secrets: kept as a stack output, so that the next run can tell what changes for callers. Pure.
import type {
  Consumer,
  Gate,
  HttpMethod,
  Identity,
  Issuer,
  Plan,
  Route,
  SecretReference,
} from "../gate.ts";
import { targetUrl } from "../rules/targets.ts";

export interface GateSummary {
  readonly version: 2;
  readonly stageName: string;
  readonly tokenHeader: string;
  readonly auth: {
    /** What callers are known by; `custom` stands alone. */
    readonly modes: readonly AuthMode[];
    readonly cacheTtl: number;
    readonly store: "bundled" | "dynamodb";
    readonly issuers: readonly IssuerSummary[];
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
  /** The header of that credential, and the name of the secret it comes from: never its value, nor an account. */
  readonly credentialHeader?: string;
  readonly credentialSecret?: string;
  readonly stream: boolean;
  /** Seconds. */
  readonly timeout: number;
}

export interface ConsumerSummary {
  readonly id: string;
  /** What it is known by; empty when its tokens are in the table only. */
  readonly modes: readonly AuthMode[];
  /** How many tokens the config gives it; 0 to 2. */
  readonly tokens: number;
  readonly identities: readonly Identity[];
  readonly access: readonly string[];
  readonly expires?: string;
  readonly disabled: boolean;
  readonly plan?: string;
}

/** @returns plain JSON data; nothing in it is secret, and nothing in it changes unless the gate does. */
export function summarizeGate(gate: Gate): GateSummary {
  return {
    version: 2,
    stageName: gate.stageName,
    tokenHeader: gate.tokenHeader,
    auth: summarizeAuth(gate),
    routes: gate.routes.map((route) => summarizeRoute(route, gate)),
    consumers: gate.consumers.map(summarizeConsumer),
    plans: gate.plans,
    throttle: gate.throttle,
    origins: gate.cors?.origins ?? [],
  };
}

function summarizeRoute(route: Route, gate: Gate): RouteSummary {
  const { path, methods, upstream, stream, timeout } = route;
  const service = gate.upstreams.find(({ name }) => name === upstream);
  const target = service ? targetUrl({ path }, service) : "";
  const credential = service?.credential;
  return {
    path,
    methods,
    upstream,
    host: /^https:\/\/([^/]+)/.exec(target)?.[1] ?? "",
    target,
    // A gate has no other kind of route: what it does not guard, `/healthz`, is its own.
    guarded: true,
    credential: credential !== undefined,
    ...(credential && {
      credentialHeader: credential.header,
      credentialSecret: secretName(credential.secret),
    }),
    stream,
    timeout,
  };
}

/** `arn:aws:secretsmanager:eu-west-1:111122223333:secret:openai-key` → `openai-key`. */
function secretName(secret: SecretReference): string {
  return secret.store === "ssm"
    ? secret.name
    : secret.arn.split(":").slice(6).join(":");
}

function summarizeAuth({ auth, consumers }: Gate): GateSummary["auth"] {
  const { cacheTtl } = auth;
  if (auth.mode === "custom")
    return { modes: ["custom"], cacheTtl, store: "bundled", issuers: [] };
  const used = consumers.flatMap(modesOf);
  const modes = builtInModes.filter(
    (mode) =>
      used.includes(mode) || (mode === "token" && auth.store === "dynamodb"),
  );
  const issuers = auth.issuers.map(({ keys, ...rest }) => ({
    ...rest,
    keys: wordKeys(keys),
  }));
  return { modes, cacheTtl, store: auth.store, issuers };
}

/** Public keys are public, and a digest of them would need more than this room has. */
function wordKeys(keys: Issuer["keys"]): string {
  if (keys.kind === "discovery") return "discovery";
  return keys.kind === "uri" ? keys.uri : JSON.stringify(keys.jwks.keys);
}

const builtInModes = ["token", "jwt", "github-oidc"] as const;

function modesOf({ tokenHashes, identities }: Consumer): AuthMode[] {
  const known = {
    token: tokenHashes.length > 0,
    jwt: identities.some(({ issuer }) => issuer !== "github"),
    "github-oidc": identities.some(({ issuer }) => issuer === "github"),
  };
  return builtInModes.filter((mode) => known[mode]);
}

/** Field by field, so that nothing secret can slip in with a new one. */
function summarizeConsumer(consumer: Consumer): ConsumerSummary {
  const { id, tokenHashes, identities, access, expires, disabled, plan } =
    consumer;
  return {
    id,
    modes: modesOf(consumer),
    tokens: tokenHashes.length,
    identities,
    access,
    ...(expires !== undefined && { expires }),
    disabled,
    ...(plan !== undefined && { plan }),
  };
}
