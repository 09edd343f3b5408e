// A gate without its secrets: kept as a stack output, so that the next run can tell what changes for callers. Pure.
import type {
  Access,
  CustomAuth,
  Gate,
  HttpMethod,
  Identity,
  Issuer,
  Plan,
  SecretReference,
} from "../gate.ts";
import { summarizeAuth } from "./auth-summary.ts";
import { summarizeConsumer } from "./consumer-summary.ts";
import { summarizeRoute } from "./route-summary.ts";

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
export type Digest = (...parts: readonly string[]) => string;
