import type { ProofPublicKey } from "../../../contract/authorizer-settings.ts";
import {
  type Gate,
  type HttpMethod,
  isFronted,
  type Route,
  upstreamOf,
} from "../gate.ts";
import { headerSources } from "../overwritten-headers.ts";
import { parametersOf, placeholdersOf, targetUrl } from "../paths.ts";
import type { Digest } from "../usage-keys.ts";
import { binaryTypes } from "./binary-types.ts";
import { buildGatewayResponses, errorMarker } from "./gateway-responses.ts";
import { modelCheck, modelSchemas } from "./model-schemas.ts";
import { buildPreflight, mockOperation, prefixed } from "./openapi-cors.ts";
import { healthPath, methodsOn, otherMethods } from "./other-methods.ts";

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
  readonly requestBody?: object;
  readonly "x-amazon-apigateway-request-validator"?: string;
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly headers?: object }>
  >;
  readonly security?: readonly object[];
  readonly "x-amazon-apigateway-integration":
    | ReturnType<typeof proxyIntegration>
    | ReturnType<typeof mockOperation>["x-amazon-apigateway-integration"];
}

/** OpenAPI 3.0.1 with API Gateway's extensions (developer guide, "OpenAPI extensions"). */
export function buildDocument(gate: Gate, parts: DocumentParts) {
  const paths = new Set(gate.routes.map(({ path }) => path));
  const counted = gate.plans.length > 0;
  const marker = errorMarker(gate, parts);
  const checked = modelSchemas(gate, parts.sha256);
  return {
    openapi: "3.0.1",
    info: { title: parts.name, version: "1" },
    // Usage plans count by the keys that the authorizer names, never by a caller's own.
    ...(counted && { "x-amazon-apigateway-api-key-source": "AUTHORIZER" }),
    "x-amazon-apigateway-binary-media-types": binaryTypes,
    paths: Object.fromEntries<Record<string, Operation>>([
      ...[...paths].map(
        (path) =>
          [
            path,
            {
              ...buildOther(gate, path, marker),
              ...buildPath(gate, path, parts.sha256),
            },
          ] as const,
      ),
      [
        healthPath,
        {
          ...buildOther(gate, healthPath, marker),
          get: health,
          head: health,
        },
      ],
    ]),
    ...checked?.validators,
    components: {
      securitySchemes: {
        gate: buildAuthorizer(gate, parts.authorizerUri),
        ...(counted && {
          api_key: { type: "apiKey", name: "x-api-key", in: "header" },
        }),
      },
      ...(checked && { schemas: checked.schemas }),
    },
    "x-amazon-apigateway-gateway-responses": buildGatewayResponses(
      gate,
      marker,
    ),
  };
}

function buildPath(
  gate: Gate,
  path: string,
  sha256: Digest,
): Record<string, Operation> {
  const operations = gate.routes
    .filter((route) => route.path === path)
    .flatMap((route) =>
      route.methods.map((method): [string, Operation] => [
        method.toLowerCase(),
        {
          ...buildOperation(gate, route, method),
          ...modelCheck(route, sha256),
        },
      ]),
    );
  const preflight = gate.cors && {
    ...parametersFor(path),
    ...buildPreflight(gate.cors, methodsOn(gate, path), gate.tokenHeaders),
  };
  return {
    ...Object.fromEntries(operations),
    ...(preflight && { options: preflight }),
  };
}

const buildOther = (
  gate: Gate,
  path: string,
  marker: string,
): Record<string, Operation> =>
  Object.fromEntries(
    otherMethods(gate, path, marker).map(([method, operation]) => [
      method,
      { ...parametersFor(path), ...operation },
    ]),
  );

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
        headerSources(gate, upstream, { method, stream: route.stream }),
      ),
      ...prefixed("integration.request.path.", Object.fromEntries(parameters)),
      ...prefixed(
        "integration.request.querystring.",
        Object.fromEntries(query),
      ),
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
const textTypes = [
  "application/json",
  "application/x-www-form-urlencoded",
  "application/xml",
  "text/html",
  "text/plain",
  "text/xml",
];

const health: Operation = mockOperation({
  description: "The gate is up",
  body: '{"status":"ok"}',
  types: [...textTypes, ...binaryTypes],
});
