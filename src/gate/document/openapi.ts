// The gate as the OpenAPI document that API Gateway imports: routes with their upstreams, authorizer, errors, CORS and
// health. Pure.
import { isFronted } from "../access/front.ts";
import type { Gate, Route, Upstream } from "../gate.ts";
import { buildPreflight } from "./openapi-cors.ts";
import { buildGatewayResponses } from "./openapi-errors.ts";
import type {
  ApiDocument,
  MockIntegration,
  Operation,
  PathItem,
  PathParameter,
  SecurityScheme,
} from "./openapi-types.ts";
import { parametersOf } from "../rules/paths.ts";
import { targetUrl } from "../rules/targets.ts";
import { placeholdersOf } from "../rules/urls.ts";

/** Characters of a credential that the authorizer reads, JWTs being the longest; API Gateway takes 10,240 bytes of headers. */
const longestCredential = 8192;

/**
 * @param options.name the RestApi's name: an import renames the API to the document's title.
 * @param options.authorizerUri the invoke ARN of the authorizer's function, as it is.
 */
export function buildDocument(
  gate: Gate,
  options: { readonly name: string; readonly authorizerUri: string },
): ApiDocument {
  const routePaths = [...new Set(gate.routes.map(({ path }) => path))];
  const paths = routePaths.map(
    (path) => [path, buildPath(gate, path)] as const,
  );
  const counted = gate.plans.length > 0;
  return {
    openapi: "3.0.1",
    info: { title: options.name, version: "1" },
    ...(counted && { "x-amazon-apigateway-api-key-source": "AUTHORIZER" }),
    paths: { ...Object.fromEntries(paths), "/healthz": { get: health } },
    components: {
      securitySchemes: {
        gate: buildAuthorizer(gate, options.authorizerUri),
        ...(counted && {
          api_key: { type: "apiKey", name: "x-api-key", in: "header" },
        }),
      },
    },
    "x-amazon-apigateway-gateway-responses": buildGatewayResponses(gate),
  };
}

/** Name of the authorizer's context key with the credential of an upstream. */
function contextKey(upstream: string): string {
  return `upstream_${upstream.replaceAll("-", "_")}`;
}

function buildPath(gate: Gate, path: string): PathItem {
  const routes = gate.routes.filter((route) => route.path === path);
  const operations = routes.flatMap((route) =>
    route.methods.map(
      (method) =>
        [method.toLowerCase(), buildOperation(gate, route, method)] as const,
    ),
  );
  const methods = routes.flatMap((route) => route.methods);
  const preflight = gate.cors && {
    options: {
      ...parametersFor(path),
      ...buildPreflight(gate.cors, { methods, tokenHeader: gate.tokenHeader }),
    },
  };
  return { ...Object.fromEntries(operations), ...preflight };
}

function buildOperation(gate: Gate, route: Route, method: string): Operation {
  const upstream = gate.upstreams.find(({ name }) => name === route.upstream);
  if (upstream === undefined)
    throw new Error(`route ${route.path} without upstream ${route.upstream}`);
  const uri = targetUrl(route, upstream);
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
      requestParameters: {
        ...headerMappings(gate, upstream),
        ...Object.fromEntries(used),
      },
    },
  };
}

/**
 * Headers the caller must not decide. API Gateway passes on every header that is not mapped, so the caller's credential would
 * reach the upstream; and it skips a mapping whose source is empty, so `none` stands where there is nothing to send.
 */
function headerMappings(
  gate: Gate,
  upstream: Upstream,
): Record<string, string> {
  const { credential } = upstream;
  // A user's own authorizer may put nothing into its context, and an empty mapping would let the caller's header through.
  const consumer =
    gate.auth.mode === "custom" && !isFronted(gate)
      ? "'custom'"
      : "context.authorizer.consumer";
  const values: (readonly [string, string])[] = [
    [gate.tokenHeader, "'none'"],
    ["Authorization", "'none'"],
    // Where SDKs put a key that they do not send as a bearer token, some of them beside one.
    ["x-api-key", "'none'"],
    ["X-Gate-Consumer", consumer],
    ...Object.entries(upstream.headers).map(
      ([name, value]) => [name, `'${value}'`] as const,
    ),
  ];
  if (credential !== undefined)
    values.push([
      credential.header,
      `context.authorizer.${contextKey(upstream.name)}`,
    ]);
  // Header names have no case: the last one wins, under its own spelling, so that no name is mapped twice.
  const byName = new Map(
    values.map((entry) => [entry[0].toLowerCase(), entry]),
  );
  return Object.fromEntries(
    [...byName.values()].map(([name, value]) => [
      `integration.request.header.${name}`,
      value,
    ]),
  );
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
  const scheme =
    gate.tokenHeader.toLowerCase() === "authorization"
      ? "[Bb][Ee][Aa][Rr][Ee][Rr] "
      : "";
  // Junk is refused with 401 before the function is billed; what the user's own authorizer accepts is not known.
  const filter =
    gate.auth.mode === "custom"
      ? {}
      : {
          identityValidationExpression: `^${scheme}[A-Za-z0-9._~+/=-]{32,${longestCredential}}$`,
        };
  return {
    type: "apiKey",
    name: gate.tokenHeader,
    in: "header",
    // Without the authtype API Gateway leaves the authorizer out, and the API is open.
    "x-amazon-apigateway-authtype": "custom",
    "x-amazon-apigateway-authorizer": {
      type: "token",
      authorizerUri,
      identitySource: `method.request.header.${gate.tokenHeader}`,
      ...filter,
      authorizerResultTtlInSeconds: gate.auth.cacheTtl,
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
