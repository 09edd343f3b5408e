import * as z from "zod";
import { factsOf, storeNames } from "../gate/credential-stores.ts";
import {
  alarmNames,
  authorizerTypes,
  type Gate,
  httpMethods,
  isHttp,
  type Issuer,
  jwtAlgorithms,
  type Route,
  type Upstream,
  type UpstreamCredential,
  upstreamOf,
} from "../gate/gate.ts";
import { metadataDocuments } from "../gate/openapi/mcp-metadata.ts";
import { websocketPaths } from "../gate/openapi/websockets.ts";
import { targetUrl } from "../gate/paths.ts";

const text = z.string();
const count = z.number();
const list = <T extends z.ZodType>(item: T) => z.array(item).readonly();
const texts = list(text);

const builtInModes = ["token", "jwt", "github-oidc"] as const;
/** What callers are known by; `custom` stands alone. */
const mode = z.enum([...builtInModes, "custom"]);
const store = z.enum(["bundled", "dynamodb"]);
const methods = list(z.enum(httpMethods));
const conditions = list(
  z.object({ claim: text, anyOf: list(z.union([text, count, z.boolean()])) }),
);

const issuer = z.object({
  name: text,
  issuer: text,
  audiences: texts,
  audienceClaim: text,
  algorithms: list(z.enum(jwtAlgorithms)),
  /** `discovery`, an https URL, or the given public keys as JSON. */
  keys: text,
  clockSkew: count,
  maxLifetime: count.exactOptional(),
  conditions,
});

const custom = z.object({
  directory: text,
  runtime: text,
  handler: text,
  type: z.enum(authorizerTypes),
  /** Of all files in the directory; absent where they were not read. */
  digest: text.exactOptional(),
});

const credential = z.object({
  header: text,
  prefix: text,
  /** Of a key of Bedrock: its region. */
  secret: text,
  store: z.enum(storeNames),
  /** All that the authorizer's role, and so a key of Bedrock, may call. */
  models: texts.exactOptional(),
  /** Of the whole reference: another account or region shows without being named. */
  digest: text,
});

const route = z.object({
  path: text,
  methods,
  /** Name of the upstream. */
  upstream: text,
  /** What the upstream is, for the snippets of the report; unknown of a gate of before. */
  kind: text.exactOptional(),
  /** Host the route leads to, with the port when it is not 443; or `lambda:NAME`, `sagemaker:NAME`, `mock`. */
  host: text,
  /** The whole URL it leads to, with `{name}` placeholders; else as `host`. */
  target: text,
  /** A Lambda function gets the caller's credential: API Gateway can overwrite nothing there. */
  seesCredential: z.literal(true).exactOptional(),
  /** By which VPC link the target is called; absent: over the internet. */
  vpcLink: text.exactOptional(),
  /** Digest of what a mock answers. */
  answer: text.exactOptional(),
  /** Whether the authorizer is asked before anything reaches the upstream. */
  guarded: z.boolean(),
  /** What the gate adds: which secret in which header, never its value. */
  credential: credential.exactOptional(),
  /** Static headers by name in small letters: digests of their values, which may be misplaced secrets. */
  headers: z.record(text, text),
  /** Static parameters of the query, in the same way. */
  query: z.record(text, text),
  stream: z.boolean(),
  /** Seconds. */
  timeout: count,
  /** The only ones that calls may name. */
  models: texts.exactOptional(),
});

/** CIDR blocks that calls may come from, and that they may not. */
const network = z.object({
  allow: texts.exactOptional(),
  deny: texts.exactOptional(),
});

const consumer = z.object({
  id: text,
  /** One short digest a token of the config; sorted. The same token of another consumer has another one. */
  tokenIds: texts,
  identities: list(z.object({ issuer: text, conditions })),
  access: z.union([
    z.literal("*"),
    list(
      z.object({
        route: text,
        methods: methods.exactOptional(),
        below: text.exactOptional(),
        exactly: text.exactOptional(),
      }),
    ),
  ]),
  expires: text.exactOptional(),
  disabled: z.boolean(),
  plan: text.exactOptional(),
  /** Absent: any that the gate's has. */
  network: network.exactOptional(),
});

const plan = z.object({
  name: text,
  rate: count,
  burst: count,
  quota: z
    .object({ limit: count, period: z.enum(["DAY", "WEEK", "MONTH"]) })
    .exactOptional(),
});

/** A gate without its secrets: kept as a stack output, so that the next run can tell what changes for callers. */
const summary = z.object({
  /** To be raised when the form changes. */
  version: z.literal(5),
  stageName: text,
  tokenHeaders: texts,
  stripHeaders: texts,
  /** Whether the authorizer also lets through the credential that the proof makes for itself. */
  proof: z.boolean(),
  auth: z.object({
    modes: list(mode),
    cacheTtl: count,
    store,
    issuers: list(issuer),
    /** The user's own authorizer, when it decides. */
    custom: custom.exactOptional(),
  }),
  routes: list(route),
  consumers: list(consumer),
  plans: list(plan),
  /** Over the whole stage. */
  throttle: z.object({ rate: count, burst: count }),
  /** Absent: any address. */
  network: network.exactOptional(),
  /** Absent of a gate on the internet. */
  vpcEndpoints: texts.exactOptional(),
  /** Allowed origins; empty without CORS. */
  origins: texts,
  /** Absent of a gate without one. */
  domain: z
    .object({
      name: text,
      basePath: text,
      defaultEndpoint: z.boolean(),
      /** Whether the gate makes the domain name, and not its path alone. */
      isMade: z.boolean(),
    })
    .exactOptional(),
  /** API Gateway's security policy; a gate of before has `TLS_1_0`. */
  tls: text.exactOptional(),
  webAcl: z.object({ name: text, digest: text }).exactOptional(),
  /** Documents that the gate serves openly: they tell MCP clients where to sign in. */
  metadata: list(
    z.object({ path: text, issuers: texts, scopes: texts }),
  ).exactOptional(),
  /** Paths whose GET the gate answers itself: 426 to clients that ask for a WebSocket. */
  websockets: texts.exactOptional(),
  /** Absent in a summary of before the gate could say it. */
  logRetentionDays: count.exactOptional(),
  accessLog: z.object({ makesRole: z.boolean() }).exactOptional(),
  tracing: z.literal(true).exactOptional(),
  alarms: z
    .object({
      topic: text,
      thresholds: z.partialRecord(z.enum(alarmNames), count),
    })
    .exactOptional(),
  /** Absent in a summary of before the gate could say it. */
  roles: z
    .object({
      path: text,
      boundary: z.object({ name: text, digest: text }).exactOptional(),
    })
    .exactOptional(),
});

export type GateSummary = Readonly<z.infer<typeof summary>>;
export type AuthMode = z.infer<typeof mode>;
export type IssuerSummary = Readonly<z.infer<typeof issuer>>;
export type NetworkSummary = Readonly<z.infer<typeof network>>;
export type RouteSummary = Readonly<z.infer<typeof route>>;
export type ConsumerSummary = Readonly<z.infer<typeof consumer>>;

/**
 * @param stored a gate's summary as JSON, or parsed
 * @returns undefined for another version: then nothing is known of that gate.
 */
export function readSummary(stored: unknown): GateSummary | undefined {
  return summary.safeParse(
    typeof stored === "string" ? parseJson(stored) : stored,
  ).data;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a gate itself does not say. */
interface SummaryContext {
  /** SHA-256 of UTF-8 text as lower-case hex. */
  readonly sha256: (text: string) => string;
  /** Digest of all files of the user's own authorizer, where they were read. */
  readonly ownAuthorizer?: string | undefined;
  /** Whether the authorizer knows a key of the proof. */
  readonly proof?: boolean;
}

/** @returns plain JSON data with the schema's fields only, none of them secret; it changes only when the gate does. */
export function summarizeGate(
  gate: Gate,
  { sha256, ownAuthorizer, proof = false }: SummaryContext,
): GateSummary {
  // 64 bits tell changes apart. With the gate's id in them, the digests of two gates cannot be compared.
  const digest = (...parts: readonly string[]) =>
    sha256([gate.id, ...parts].join("/")).slice(0, 16);
  const metadata = [...metadataDocuments(gate)].map(([path, one]) => ({
    ...one,
    path,
  }));
  const websockets = websocketPaths(gate);
  const { domain, webAcl, ...rest } = gate;
  const known: GateSummary = {
    ...rest,
    version: 5,
    proof,
    auth: summarizeAuth(gate, ownAuthorizer),
    routes: gate.routes.map((one) => summarizeRoute(one, gate, digest)),
    consumers: gate.consumers.map((one) => ({
      ...one,
      tokenIds: one.tokenHashes.map((hash) => digest(one.id, hash)).sort(),
    })),
    origins: gate.cors?.origins ?? [],
    ...(domain && {
      domain: { ...domain, isMade: domain.certificate !== undefined },
    }),
    ...(webAcl !== undefined && {
      webAcl: {
        name: webAcl.split("/").at(-2) ?? "",
        digest: digest("web-acl", webAcl),
      },
    }),
    ...(metadata.length > 0 && { metadata }),
    ...(websockets.length > 0 && { websockets }),
    roles: summarizeRoles(gate, digest),
  };
  return summary.parse(known);
}

/** A boundary by its name alone: the comment is no place for the account's number. */
const summarizeRoles = (
  { permissionsBoundary: arn, rolePath: path = "/" }: Gate,
  digest: Digest,
): NonNullable<GateSummary["roles"]> => ({
  path,
  ...(arn !== undefined && {
    boundary: {
      name: arn.replace(/^.*:policy\//s, ""),
      digest: digest("boundary", arn),
    },
  }),
});

/** @returns the path of the output `invoke-url`: the first route's, without its greedy tail, so that a client can append to it. */
export const invokePathOf = ({
  routes,
}: {
  readonly routes: readonly { readonly path: string }[];
}): string | undefined => routes[0]?.path.replace(/\/\{[^}]*\+\}$/, "");

/** A short digest of a text within this gate, with what tells it from the same text elsewhere. */
type Digest = (...parts: readonly string[]) => string;

function summarizeRoute(
  route: Route,
  gate: Gate,
  digest: Digest,
): RouteSummary {
  const upstream = upstreamOf(gate, route);
  const { credential } = upstream;
  const { headers, query } = isHttp(upstream)
    ? upstream
    : { headers: {}, query: {} };
  return {
    ...route,
    kind: upstream.kind,
    ...summarizeTarget(route, upstream, digest),
    // A gate has no other kind of route: what it does not guard, `/healthz`, is its own.
    guarded: true,
    ...(credential && { credential: summarizeCredential(credential, digest) }),
    headers: digestValues(
      "header",
      Object.entries(headers).map(([name, text]) => [name.toLowerCase(), text]),
      digest,
    ),
    query: digestValues("query", Object.entries(query), digest),
  };
}

function summarizeTarget(
  route: Route,
  upstream: Upstream,
  digest: Digest,
): Pick<
  RouteSummary,
  "answer" | "host" | "seesCredential" | "target" | "vpcLink"
> {
  const named = (name: string) => ({ host: name, target: name });
  switch (upstream.kind) {
    case "lambda": {
      const name = upstream.functionArn.replace(/.*:function:/, "lambda:");
      return { ...named(name), seesCredential: true };
    }
    case "sagemaker":
      return named(`sagemaker:${upstream.endpoint}`);
    case "mock": {
      const { body, contentType, status } = upstream;
      const answer = digest("answer", String(status), contentType, body);
      return { ...named("mock"), answer };
    }
    default: {
      const target = targetUrl(route, upstream);
      const { vpcLink } = upstream;
      return {
        host: target.replace(/^https:\/\/|\/.*/g, ""),
        target,
        ...(vpcLink !== undefined && { vpcLink }),
      };
    }
  }
}

const digestValues = (
  what: "header" | "query",
  values: readonly (readonly [name: string, text: string])[],
  digest: Digest,
): Record<string, string> =>
  Object.fromEntries(
    values
      .map(([name, text]) => [name, digest(what, name, text)] as const)
      .sort(),
  );

function summarizeCredential(
  { header, prefix, secret }: UpstreamCredential,
  digest: Digest,
): NonNullable<RouteSummary["credential"]> {
  const { store } = secret;
  const { identity, name } = factsOf(secret);
  return {
    header,
    prefix,
    secret: name,
    store,
    // `arn:aws:bedrock:us-east-1:111122223333:imported-model/abc` → `imported-model/abc`
    ...(store === "bedrock" && {
      models: secret.models.map((model) => model.replace(/^arn:.*:/s, "")),
    }),
    digest: digest(store, identity),
  };
}

function summarizeAuth(
  { auth, consumers }: Gate,
  ownAuthorizer: string | undefined,
): GateSummary["auth"] {
  const { cacheTtl } = auth;
  if (auth.mode === "custom") {
    const digest = ownAuthorizer === undefined ? {} : { digest: ownAuthorizer };
    return {
      modes: [auth.mode],
      cacheTtl,
      store: "bundled",
      issuers: [],
      custom: { ...auth, ...digest },
    };
  }
  const names = consumers.flatMap(({ identities }) =>
    identities.map(({ issuer }) => issuer),
  );
  const used = {
    token:
      auth.store === "dynamodb" ||
      consumers.some(({ tokenHashes }) => tokenHashes.length > 0),
    jwt: names.some((name) => name !== "github"),
    "github-oidc": names.includes("github"),
  };
  return {
    ...auth,
    modes: builtInModes.filter((mode) => used[mode]),
    issuers: auth.issuers.map((one) => ({ ...one, keys: wordKeys(one.keys) })),
  };
}

/** Public keys are public, and a digest of them would not say whether they are given or looked up. */
function wordKeys(keys: Issuer["keys"]): string {
  if (keys.kind === "discovery") return "discovery";
  return keys.kind === "uri" ? keys.uri : JSON.stringify(keys.jwks.keys);
}
