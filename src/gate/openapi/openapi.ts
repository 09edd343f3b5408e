import type { ProofPublicKey } from "../../../contract/authorizer-settings.ts";
import { matchesPath } from "../../../contract/path-template.ts";
import {
  type Gate,
  type HttpMethod,
  httpMethods,
  isFronted,
  type Route,
  upstreamOf,
} from "../gate.ts";
import { headerSources } from "../overwritten-headers.ts";
import { parametersOf, placeholdersOf, targetUrl } from "../paths.ts";
import type { Digest } from "../usage-keys.ts";
import { binaryTypes } from "./binary-types.ts";
import { buildGatewayResponses, errorMarker } from "./gateway-responses.ts";
import { buildMetadataPaths } from "./mcp-metadata.ts";
import { buildPreflight, mockIntegration, prefixed } from "./openapi-cors.ts";

export interface DocumentParts {
  /** The RestApi's name: an import renames the API to the document's title. */
  readonly name: string;
  /** The invoke ARN of the authorizer's function. */
  readonly authorizerUri: string;
  readonly sha256: Digest;
  /** Null when the gate is not proved, or its key is of no account. */
  readonly proofKey: ProofPublicKey | null;
}

export interface Operation {
  readonly parameters?: readonly object[];
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly headers?: object }>
  >;
  readonly security?: readonly object[];
  readonly "x-amazon-apigateway-integration":
    ReturnType<typeof proxyIntegration> | ReturnType<typeof mockIntegration>;
}

/** OpenAPI 3.0.1 with API Gateway's extensions (developer guide, "OpenAPI extensions"). */
export function buildDocument(gate: Gate, parts: DocumentParts) {
  const paths = new Set(gate.routes.map(({ path }) => path));
  const counted = gate.plans.length > 0;
  return {
    openapi: "3.0.1",
    info: { title: parts.name, version: "1" },
    // Usage plans count by the keys that the authorizer names, never by a caller's own.
    ...(counted && { "x-amazon-apigateway-api-key-source": "AUTHORIZER" }),
    "x-amazon-apigateway-binary-media-types": binaryTypes,
    paths: Object.fromEntries<Record<string, Operation>>([
      ...[...paths].map((path) => [path, buildPath(gate, path)] as const),
      ["/healthz", { get: health, head: health }],
      ...buildMetadataPaths(gate, anyType),
    ]),
    components: {
      securitySchemes: {
        gate: buildAuthorizer(gate, parts.authorizerUri),
        ...(counted && {
          api_key: { type: "apiKey", name: "x-api-key", in: "header" },
        }),
      },
    },
    "x-amazon-apigateway-gateway-responses": buildGatewayResponses(
      gate,
      errorMarker(gate, parts),
    ),
  };
}

function buildPath(gate: Gate, path: string): Record<string, Operation> {
  const operations = gate.routes
    .filter((route) => route.path === path)
    .flatMap((route) =>
      route.methods.map((method): [string, Operation] => [
        method.toLowerCase(),
        buildOperation(gate, route, method),
      ]),
    );
  // API Gateway takes a method that the path lacks to a wider route, and asks its preflight here all the same.
  const methods = httpMethods.filter((method) =>
    gate.routes.some(
      (route) =>
        matchesPath(route.path, path) && route.methods.includes(method),
    ),
  );
  const preflight = gate.cors && {
    ...parametersFor(path),
    ...buildPreflight(gate.cors, methods, gate.tokenHeaders),
  };
  return {
    ...Object.fromEntries(operations),
    ...(preflight && { options: preflight }),
  };
}

const buildOperation = (gate: Gate, route: Route, method: HttpMethod) => ({
  ...parametersFor(route.path),
  responses: { "200": { description: "The upstream's answer" } },
  security: [{ gate: [] }, ...(gate.plans.length > 0 ? [{ api_key: [] }] : [])],
  "x-amazon-apigateway-integration": proxyIntegration(gate, route, method),
});

function proxyIntegration(gate: Gate, route: Route, method: HttpMethod) {
  const upstream = upstreamOf(gate, route);
  const uri = targetUrl(route, upstream);
  const parameters = placeholdersOf(uri).map(
    (name) => [name, `method.request.path.${name}`] as const,
  );
  const query = Object.entries(upstream.query).map(
    ([name, value]) => [name, `'${value}'`] as const,
  );
  return {
    type: "http_proxy" as const,
    httpMethod: method,
    uri,
    responseTransferMode: route.stream ? "STREAM" : "BUFFERED",
    timeoutInMillis: route.timeout * 1000,
    requestParameters: {
      ...prefixed(
        "integration.request.header.",
        headerSources(gate, upstream, method),
      ),
      ...prefixed("integration.request.path.", Object.fromEntries(parameters)),
      ...prefixed(
        "integration.request.querystring.",
        Object.fromEntries(query),
      ),
      // An answer that is not streamed is read as text, so it must not come compressed.
      ...(!route.stream && {
        "integration.request.header.Accept-Encoding": "'identity'",
      }),
    },
  };
}

function parametersFor(path: string) {
  const parameters = parametersOf(path).map((name) => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  return parameters.length === 0 ? {} : { parameters };
}

function buildAuthorizer(gate: Gate, authorizerUri: string) {
  const { auth } = gate;
  const type =
    auth.mode === "custom" && !isFronted(gate) ? auth.type : "request";
  const cached = auth.cacheTtl > 0;
  const header = gate.tokenHeaders[0] ?? "";
  // All of them together are the key of a cached answer, which then is for the same call only.
  const sources = [
    ...(type === "token" || cached ? [`method.request.header.${header}`] : []),
    ...(type === "request" && cached
      ? ["context.httpMethod", "context.path"]
      : []),
  ];
  return {
    type: "apiKey",
    // Whether an import takes an identity source from this name is not documented: a header of a caller's must not become one.
    name: sources.length > 0 ? header : "Unused",
    in: "header",
    // Without the authtype API Gateway leaves the authorizer out, and the API is open.
    "x-amazon-apigateway-authtype": "custom",
    "x-amazon-apigateway-authorizer": {
      type,
      authorizerUri,
      ...(sources.length > 0 && { identitySource: sources.join(", ") }),
      authorizerResultTtlInSeconds: auth.cacheTtl,
    },
  };
}

/** What monitors and load balancers may send with a GET; templates have no wildcard. */
const anyType = [
  "application/json",
  "application/x-www-form-urlencoded",
  "application/xml",
  "text/html",
  "text/plain",
  "text/xml",
  ...binaryTypes,
];

const health: Operation = {
  responses: { "200": { description: "The gate is up" } },
  "x-amazon-apigateway-integration": mockIntegration(
    { responseTemplates: { "application/json": '{"status":"ok"}' } },
    anyType,
  ),
};
