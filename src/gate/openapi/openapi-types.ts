// The part of OpenAPI 3.0.1 with API Gateway's extensions that the gate's document uses. Pure.

export interface ApiDocument {
  readonly openapi: "3.0.1";
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly components: {
    readonly securitySchemes: {
      readonly gate: SecurityScheme;
      readonly api_key?: KeyScheme;
    };
  };
  /** Whose API keys usage plans count by: those the authorizer names, never a caller's own. */
  readonly "x-amazon-apigateway-api-key-source"?: "AUTHORIZER";
  readonly "x-amazon-apigateway-gateway-responses": Readonly<
    Record<string, GatewayResponse>
  >;
}

/** Operations by lower-case HTTP method. */
export type PathItem = Readonly<Record<string, Operation>>;

export interface Operation {
  readonly parameters?: readonly PathParameter[];
  readonly responses: Readonly<Record<string, MethodResponse>>;
  /** API Gateway wants all of them, as its own exports list them. */
  readonly security?: readonly (
    { readonly gate: readonly [] } | { readonly api_key: readonly [] }
  )[];
  readonly "x-amazon-apigateway-integration":
    ProxyIntegration | MockIntegration;
}

export interface PathParameter {
  readonly name: string;
  readonly in: "path";
  readonly required: true;
  readonly schema: { readonly type: "string" };
}

interface MethodResponse {
  readonly description: string;
  readonly headers?: Readonly<
    Record<string, { readonly schema: { readonly type: "string" } }>
  >;
}

export interface ProxyIntegration {
  readonly type: "http_proxy";
  readonly httpMethod: string;
  readonly uri: string;
  readonly responseTransferMode: "STREAM" | "BUFFERED";
  readonly timeoutInMillis: number;
  /** `integration.request.header.X` to a source: `context.…`, `method.request.…` or a literal in single quotes. */
  readonly requestParameters: Readonly<Record<string, string>>;
}

export interface MockIntegration {
  readonly type: "mock";
  readonly requestTemplates: { readonly "application/json": string };
  readonly responses: {
    readonly default: {
      readonly statusCode: string;
      readonly responseParameters?: Readonly<Record<string, string>>;
      readonly responseTemplates?: { readonly "application/json": string };
    };
  };
}

export interface SecurityScheme {
  readonly type: "apiKey";
  readonly name: string;
  readonly in: "header";
  readonly "x-amazon-apigateway-authtype": "custom";
  readonly "x-amazon-apigateway-authorizer": {
    readonly type: "token" | "request";
    readonly authorizerUri: string;
    readonly identitySource?: string;
    readonly authorizerResultTtlInSeconds: number;
  };
}

/** Marks methods that want an API key. */
interface KeyScheme {
  readonly type: "apiKey";
  readonly name: "x-api-key";
  readonly in: "header";
}

export interface GatewayResponse {
  readonly statusCode?: string;
  readonly responseParameters: Readonly<Record<string, string>>;
  readonly responseTemplates: { readonly "application/json": string };
}
