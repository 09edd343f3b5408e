// The gate as the OpenAPI document that API Gateway imports: routes with their upstreams, authorizer, errors, CORS and
// health. Pure.
import type { ProofPublicKey } from "../../../contract/authorizer-settings.ts";
import { isFronted } from "../authorizer-settings.ts";
import {
  type Gate,
  type HttpMethod,
  httpMethods,
  type Route,
} from "../gate.ts";
import { headerSources } from "../overwritten-headers.ts";
import {
  matchesPath,
  parametersOf,
  placeholdersOf,
  targetUrl,
} from "../paths.ts";
import type { Digest } from "../usage-keys.ts";
import { buildGatewayResponses, errorMarker } from "./gateway-responses.ts";
import { buildPreflight } from "./openapi-cors.ts";
import type {
  ApiDocument,
  MockIntegration,
  Operation,
  PathItem,
  PathParameter,
  SecurityScheme,
} from "./openapi-types.ts";

export interface DocumentParts {
  /** The RestApi's name: an import renames the API to the document's title. */
  readonly name: string;
  /** The invoke ARN of the authorizer's function, as it is. */
  readonly authorizerUri: string;
  readonly sha256: Digest;
  /** Null when the gate is not proved, or its key is of no account. */
  readonly proofKey: ProofPublicKey | null;
}

export function buildDocument(gate: Gate, parts: DocumentParts): ApiDocument {
  const routePaths = [...new Set(gate.routes.map(({ path }) => path))];
  const paths = routePaths.map(
    (path) => [path, buildPath(gate, path)] as const,
  );
  const counted = gate.plans.length > 0;
  return {
    openapi: "3.0.1",
    info: { title: parts.name, version: "1" },
    ...(counted && { "x-amazon-apigateway-api-key-source": "AUTHORIZER" }),
    paths: { ...Object.fromEntries(paths), "/healthz": { get: health } },
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

function buildPath(gate: Gate, path: string): PathItem {
  const routes = gate.routes.filter((route) => route.path === path);
  const operations = routes.flatMap((route) =>
    route.methods.map(
      (method) =>
        [method.toLowerCase(), buildOperation(gate, route, method)] as const,
    ),
  );
  // API Gateway takes a method that the path lacks to a wider route, and asks its preflight here all the same.
  const methods = httpMethods.filter((method) =>
    gate.routes.some(
      (route) =>
        matchesPath(route.path, path) && route.methods.includes(method),
    ),
  );
  const preflight = gate.cors && {
    options: {
      ...parametersFor(path),
      ...buildPreflight(gate.cors, {
        methods,
        tokenHeaders: gate.tokenHeaders,
      }),
    },
  };
  return { ...Object.fromEntries(operations), ...preflight };
}

function buildOperation(
  gate: Gate,
  route: Route,
  method: HttpMethod,
): Operation {
  const upstream = gate.upstreams.find(({ name }) => name === route.upstream);
  if (upstream === undefined)
    throw new Error(`route ${route.path} without upstream ${route.upstream}`);
  const uri = targetUrl(route, upstream);
  const headers = Object.entries(headerSources(gate, upstream, method)).map(
    ([name, source]) => [`integration.request.header.${name}`, source] as const,
  );
  const used = placeholdersOf(uri).map(
    (name) =>
      [
        `integration.request.path.${name}`,
        `method.request.path.${name}`,
      ] as const,
  );
  return {
    ...parametersFor(route.path),
    responses: { "200": { description: "The upstream's answer" } },
    security: [
      { gate: [] },
      ...(gate.plans.length > 0 ? [{ api_key: [] } as const] : []),
    ],
    "x-amazon-apigateway-integration": {
      type: "http_proxy",
      httpMethod: method,
      uri,
      responseTransferMode: route.stream ? "STREAM" : "BUFFERED",
      timeoutInMillis: route.timeout * 1000,
      requestParameters: Object.fromEntries([...headers, ...used]),
    },
  };
}

function parametersFor(path: string): { parameters?: PathParameter[] } {
  const parameters = parametersOf(path).map((name): PathParameter => ({
    name,
    in: "path",
    required: true,
    schema: { type: "string" },
  }));
  return parameters.length === 0 ? {} : { parameters };
}

function buildAuthorizer(gate: Gate, authorizerUri: string): SecurityScheme {
  const { auth } = gate;
  const own = auth.mode === "custom" && !isFronted(gate);
  const type = own ? auth.type : "request";
  const header = gate.tokenHeaders[0] ?? "";
  const token = `method.request.header.${header}`;
  // All of them together are the key of a cached answer, which then is for the same call only.
  const sources = [
    ...(type === "token" || auth.cacheTtl > 0 ? [token] : []),
    ...(type === "request" && auth.cacheTtl > 0
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

const healthIntegration: MockIntegration = {
  type: "mock",
  requestTemplates: { "application/json": '{"statusCode":200}' },
  responses: {
    default: {
      statusCode: "200",
      responseTemplates: { "application/json": '{"status":"ok"}' },
    },
  },
};

const health: Operation = {
  responses: { "200": { description: "The gate is up" } },
  "x-amazon-apigateway-integration": healthIntegration,
};
