import type { ProofPublicKey } from "../../../contract/authorizer-settings.ts";
import { accessModeOf } from "../edge.ts";
import { type Gate, isFronted } from "../gate.ts";
import { hasNetworks } from "../networks.ts";
import { parametersOf } from "../paths.ts";
import { buildResourcePolicy } from "./resource-policy.ts";
import type { Digest } from "../usage-keys.ts";
import { binaryTypes } from "./binary-types.ts";
import { buildGatewayResponses, errorMarker } from "./gateway-responses.ts";
import {
  buildTarget,
  type Integration,
  requestTypes,
  type Target,
} from "./integrations.ts";
import { buildMetadataPaths } from "./mcp-metadata.ts";
import { modelCheck, modelSchemas } from "./model-schemas.ts";
import { buildPreflight, mockOperation } from "./openapi-cors.ts";
import { healthPath, methodsOn, otherMethods } from "./other-methods.ts";
import { websocketPaths } from "./websockets.ts";

export interface DocumentParts {
  /** The RestApi's name: an import renames the API to the document's title. */
  readonly name: string;
  /** The invoke ARN of the authorizer's function. */
  readonly authorizerUri: string;
  readonly sha256: Digest;
  /** Null when the gate is not proved, or its key is of no account. */
  readonly proofKey: ProofPublicKey | null;
  /** ARNs of the roles with which API Gateway calls SageMaker, by the upstream's name; needed where there is one. */
  readonly roles?: Readonly<Record<string, string>>;
}

export interface Operation {
  readonly parameters?: readonly object[];
  readonly requestBody?: object;
  readonly "x-amazon-apigateway-request-validator"?: string;
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly headers?: object }>
  >;
  readonly security?: readonly object[];
  readonly "x-amazon-apigateway-integration": Integration;
}

/** OpenAPI 3.0.1 with API Gateway's extensions (developer guide, "OpenAPI extensions"). */
export function buildDocument(gate: Gate, parts: DocumentParts) {
  const paths = new Set(gate.routes.map(({ path }) => path));
  const counted = gate.plans.length > 0;
  const marker = errorMarker(gate, parts);
  const accessMode = accessModeOf(gate.tls);
  const checked = modelSchemas(gate, parts.sha256);
  const policy = buildResourcePolicy(gate, parts.authorizerUri);
  return {
    openapi: "3.0.1",
    info: { title: parts.name, version: "1" },
    // Usage plans count by the keys that the authorizer names, never by a caller's own.
    ...(counted && { "x-amazon-apigateway-api-key-source": "AUTHORIZER" }),
    "x-amazon-apigateway-binary-media-types": binaryTypes,
    ...(policy && { "x-amazon-apigateway-policy": policy }),
    // An import takes away what the document does not have.
    "x-amazon-apigateway-security-policy": gate.tls,
    ...(accessMode && {
      "x-amazon-apigateway-endpoint-access-mode": accessMode,
    }),
    paths: Object.fromEntries<Record<string, Operation>>([
      ...[...paths].map(
        (path) =>
          [
            path,
            {
              ...buildOther(gate, path, marker),
              ...buildPath(gate, path, parts),
            },
          ] as const,
      ),
      ...websocketPaths(gate)
        .filter((path) => !paths.has(path))
        .map((path) => [path, buildOther(gate, path, marker)] as const),
      [
        healthPath,
        {
          ...buildOther(gate, healthPath, marker),
          get: health,
          head: health,
        },
      ],
      ...buildMetadataPaths(gate, requestTypes),
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
  { roles = {}, sha256 }: DocumentParts,
): Record<string, Operation> {
  const operations = gate.routes
    .filter((route) => route.path === path)
    .flatMap((route) =>
      route.methods.map((method): [string, Operation] => [
        method.toLowerCase(),
        {
          ...buildOperation({ gate, route, method, roles }),
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

function buildOperation(target: Target): Operation {
  const { gate, route } = target;
  const { headers, integration, responses } = buildTarget(target);
  return {
    ...parametersFor(route.path, headers),
    responses,
    security: [
      { gate: [] },
      ...(gate.plans.length > 0 ? [{ api_key: [] }] : []),
    ],
    "x-amazon-apigateway-integration": integration,
  };
}

function parametersFor(path: string, headers: readonly string[] = []) {
  const schema = { type: "string" };
  const parameters = [
    ...parametersOf(path).map((name) => ({
      name,
      in: "path",
      required: true,
      schema,
    })),
    // A mapping may only read what the method declares.
    ...headers.map((name) => ({ name, in: "header", schema })),
  ];
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
      ? [
          "context.httpMethod",
          "context.path",
          ...(hasNetworks(gate) ? ["context.identity.sourceIp"] : []),
        ]
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

const health: Operation = mockOperation({
  description: "The gate is up",
  body: '{"status":"ok"}',
  types: requestTypes,
});
