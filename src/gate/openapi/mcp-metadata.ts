// What an MCP client needs to sign in by OAuth: a document that names the resource and its authorization servers (RFC 9728), which
// the gate serves openly, and its URL in the gate's own 401.
import { type Gate, type Route, upstreamOf } from "../gate.ts";
import { mayCallRoute } from "../grants.ts";
import { parameter, segmentsOf } from "../paths.ts";
import {
  buildGatewayResponses,
  type GatewayResponse,
} from "./gateway-responses.ts";
import { buildPreflight, mockOperation, prefixed } from "./openapi-cors.ts";

export const metadataPath = "/.well-known/oauth-protected-resource";

/** What an MCP client calls, or the part of the path that several have in common. */
export interface ProtectedResource {
  /** Below the stage; empty for all of it. */
  readonly path: string;
  /** The authorization servers of those who may call it; at least one. */
  readonly issuers: readonly string[];
  readonly scopes: readonly string[];
}

type SignInGate = Pick<Gate, "auth" | "consumers" | "routes" | "upstreams">;

/** @returns the resources to whose callers OAuth can give a token, one a path; none where no JWT may call an MCP route. */
export function protectedResources(gate: SignInGate): ProtectedResource[] {
  const resources = gate.routes.flatMap((route) => {
    const upstream = upstreamOf(gate, route);
    if (upstream.kind !== "mcp") return [];
    const issuers = issuersOf(gate, route);
    const isBearer = upstream.tokenHeaders.some(
      (name) => name.toLowerCase() === "authorization",
    );
    const { scopes = [] } = upstream;
    return isBearer && issuers.length > 0
      ? [{ path: literalPart(route.path), issuers, scopes }]
      : [];
  });
  const paths = new Set(resources.map(({ path }) => path));
  return [...paths].map((path) =>
    join(
      path,
      resources.filter((one) => one.path === path),
    ),
  );
}

/**
 * API Gateway has one 401 for the whole API, so it can lead to one document only: that of the longest path which all MCP routes have in
 * common. With one route that is its own.
 */
export function challengedResource(
  gate: SignInGate,
): ProtectedResource | undefined {
  const resources = protectedResources(gate);
  const [first] = resources;
  if (first === undefined || resources.length === 1) return first;
  const paths = resources.map(({ path }) => path);
  return join(paths.reduce(commonPath), resources);
}

/** Paths of the gate that answer without a credential, besides `/healthz`, by what they describe. */
export function metadataDocuments(
  gate: SignInGate,
): ReadonlyMap<string, ProtectedResource> {
  const challenged = challengedResource(gate);
  const resources = [
    ...(challenged ? [challenged] : []),
    ...protectedResources(gate),
  ];
  return new Map(resources.map((one) => [metadataPath + one.path, one]));
}

/** Workflows have no browser to sign in with: GitHub is no authorization server of a client. */
function issuersOf(
  { auth, consumers }: SignInGate,
  route: Route,
): readonly string[] {
  if (auth.mode === "custom") return [];
  const callers = consumers.filter(
    ({ access, disabled }) => !disabled && mayCallRoute(access, route),
  );
  const names = callers.flatMap(({ identities }) =>
    identities.map(({ issuer }) => issuer),
  );
  return auth.issuers
    .filter(({ name }) => name !== "github" && names.includes(name))
    .map(({ issuer }) => issuer);
}

function join(
  path: string,
  resources: readonly ProtectedResource[],
): ProtectedResource {
  const all = (key: "issuers" | "scopes") => [
    ...new Set(resources.flatMap((one) => one[key])),
  ];
  return { path, issuers: all("issuers"), scopes: all("scopes") };
}

/** What is before the first `{name}`. */
function literalPart(path: string): string {
  const segments = segmentsOf(path);
  const end = segments.findIndex((segment) => parameter.test(segment));
  return end === -1 ? path : pathOf(segments.slice(0, end));
}

function commonPath(one: string, other: string): string {
  const [parts, others] = [segmentsOf(one), segmentsOf(other)];
  const end = parts.findIndex((part, index) => part !== others[index]);
  return end === -1 ? one : pathOf(parts.slice(0, end));
}

const pathOf = (segments: readonly string[]): string =>
  segments.map((segment) => `/${segment}`).join("");

/** @param types of the requests that are answered, whatever they carry */
export function buildMetadataPaths(gate: Gate, types: readonly string[]) {
  const cors = gate.cors && { origins: ["*"] };
  const preflight = cors && {
    options: buildPreflight(cors, ["GET", "HEAD"], []),
  };
  return [...metadataDocuments(gate)].map(([path, resource]) => {
    const operation = mockOperation({
      description: "Where callers of the resource sign in",
      body: documentTemplate(resource),
      cors,
      types,
    });
    return [path, { get: operation, head: operation, ...preflight }] as const;
  });
}

/** Velocity. The resource is what the client dialled, by whichever host name and stage or base path. */
function documentTemplate({ issuers, scopes }: ProtectedResource): string {
  const rest = JSON.stringify({
    authorization_servers: issuers,
    ...(scopes.length > 0 && { scopes_supported: scopes }),
    bearer_methods_supported: ["header"],
  });
  return `{"resource":"https://$context.domainName$context.path.replace('${metadataPath}', '')",${withoutVelocity(rest).slice(1)}`;
}

/** JSON that Velocity finds nothing in: neither references nor directives. */
const withoutVelocity = (json: string): string =>
  json.replaceAll("$", String.raw`\u0024`).replaceAll("#", String.raw`\u0023`);

/** Shows which document the response was put for. */
const documentHeader = "x-ai-gate-document";

export interface ChallengeParts {
  /** `https://abc.execute-api.eu-west-1.amazonaws.com/v1` */
  readonly stageUrl: string;
  /** A short digest of the whole document: an import takes the response away, so it has to be put again after each. */
  readonly digest: string;
  readonly marker: string;
}

/** @returns the URL of the document that the gate's 401 names; undefined where it names none. */
export function challengeUrl(
  gate: SignInGate,
  stageUrl: string,
): string | undefined {
  const resource = challengedResource(gate);
  return resource && stageUrl + metadataPath + resource.path;
}

/**
 * The gate's 401 as its document has it, with the URL of the metadata. The document cannot hold it: it is put into the API before
 * the API has an id.
 */
export function buildChallenge(
  gate: Gate,
  { digest, marker, stageUrl }: ChallengeParts,
): GatewayResponse | undefined {
  const url = challengeUrl(gate, stageUrl);
  const plain = buildGatewayResponses(gate, marker)["UNAUTHORIZED"];
  if (url === undefined || plain === undefined) return undefined;
  return {
    ...plain,
    responseParameters: {
      ...plain.responseParameters,
      ...prefixed("gatewayresponse.header.", {
        "WWW-Authenticate": `'Bearer resource_metadata="${url}"'`,
        [documentHeader]: `'${digest}'`,
      }),
    },
  };
}
