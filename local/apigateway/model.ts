import { randomInt } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";

// The data the local API Gateway holds: REST APIs as discrete parts (as AWS stores them after an import), and deployments
// as deep copies of them. Shapes are AWS's wire shapes (rest-json), so control-plane answers are these objects as they are.

export interface RestApi {
  readonly id: string;
  name: string;
  description?: string;
  version?: string;
  /** Epoch seconds. */
  readonly createdDate: number;
  apiKeySource: "HEADER" | "AUTHORIZER";
  binaryMediaTypes?: string[];
  disableExecuteApiEndpoint: boolean;
  endpointConfiguration: {
    types: string[];
    ipAddressType: string;
    vpcEndpointIds?: string[];
  };
  securityPolicy?: string;
  endpointAccessMode?: string;
  /** Plain JSON text, its `execute-api:/…` short forms written out; the wire has it with escaped quotes. */
  policy?: string;
  readonly rootResourceId: string;
  tags?: Record<string, string>;
}

export interface Resource {
  readonly id: string;
  parentId?: string;
  path: string;
  pathPart?: string;
  methods: Map<string, Method>;
}

export interface Method {
  httpMethod: string;
  authorizationType: string;
  authorizerId?: string;
  apiKeyRequired: boolean;
  requestParameters?: Record<string, boolean>;
  requestModels?: Record<string, string>;
  requestValidatorId?: string;
  methodResponses?: Record<string, MethodResponse>;
  methodIntegration?: Integration;
}

export interface MethodResponse {
  statusCode: string;
  responseParameters?: Record<string, boolean>;
}

export interface Integration {
  type: "HTTP_PROXY" | "AWS" | "AWS_PROXY" | "MOCK";
  httpMethod?: string;
  uri?: string;
  connectionType?: string;
  connectionId?: string;
  credentials?: string;
  requestParameters?: Record<string, string>;
  requestTemplates?: Record<string, string | null>;
  passthroughBehavior: string;
  contentHandling?: string;
  timeoutInMillis: number;
  responseTransferMode?: "BUFFERED" | "STREAM";
  integrationResponses?: Record<string, IntegrationResponse>;
}

export interface IntegrationResponse {
  statusCode: string;
  selectionPattern?: string;
  responseParameters?: Record<string, string>;
  responseTemplates?: Record<string, string | null>;
  contentHandling?: string;
}

export interface Authorizer {
  readonly id: string;
  name: string;
  type: "TOKEN" | "REQUEST";
  authType?: string;
  authorizerUri?: string;
  authorizerCredentials?: string;
  identitySource?: string;
  /** Absent when never given: the data plane then uses 300. */
  authorizerResultTtlInSeconds?: number;
}

export interface GatewayResponse {
  responseType: string;
  statusCode?: string;
  responseParameters: Record<string, string>;
  responseTemplates: Record<string, string>;
  defaultResponse: boolean;
}

interface RequestValidator {
  readonly id: string;
  name: string;
  validateRequestBody: boolean;
  validateRequestParameters: boolean;
}

export interface Model {
  readonly id: string;
  name: string;
  contentType: string;
  schema: string;
  description?: string;
}

/** Everything of an API that a deployment copies: what the data plane serves from. Plain data (structuredClone-able). */
export interface ApiParts {
  api: RestApi;
  /** By resource id. */
  resources: Map<string, Resource>;
  /** By authorizer id. */
  authorizers: Map<string, Authorizer>;
  /** Only the customised ones, by response type. */
  gatewayResponses: Map<string, GatewayResponse>;
  validators: Map<string, RequestValidator>;
  /** By model name. */
  models: Map<string, Model>;
}

export interface Deployment {
  readonly id: string;
  description?: string;
  readonly createdDate: number;
  /** The deep copy taken at CreateDeployment; the data plane never looks at the live parts. */
  readonly snapshot: ApiParts;
}

export interface MethodSetting {
  metricsEnabled: boolean;
  loggingLevel?: string;
  dataTraceEnabled: boolean;
  throttlingBurstLimit: number;
  throttlingRateLimit: number;
  cachingEnabled: boolean;
  cacheTtlInSeconds: number;
  cacheDataEncrypted: boolean;
  requireAuthorizationForCacheControl: boolean;
  unauthorizedCacheControlHeaderStrategy: string;
}

export interface Stage {
  readonly stageName: string;
  deploymentId: string;
  description?: string;
  readonly cacheClusterEnabled: false;
  readonly cacheClusterStatus: "NOT_AVAILABLE";
  /**
   * Keys: every method (star slash star) or `path/METHOD`, the path's slashes written `~1`. As on AWS the path may or may
   * not start with an escaped slash, as the caller wrote it: `a~1b/GET` and `~1a~1b/GET` mean the same method.
   */
  methodSettings: Record<string, MethodSetting>;
  tracingEnabled: boolean;
  accessLogSettings?: { destinationArn?: string; format?: string };
  readonly createdDate: number;
  lastUpdatedDate: number;
  tags?: Record<string, string>;
  webAclArn?: string;
}

export interface UsagePlan {
  readonly id: string;
  name: string;
  description?: string;
  apiStages: {
    apiId: string;
    stage: string;
    throttle?: Record<string, { rateLimit: number; burstLimit: number }>;
  }[];
  throttle?: { rateLimit: number; burstLimit: number };
  quota?: { limit: number; offset: number; period: string };
  tags?: Record<string, string>;
}

export interface ApiKey {
  readonly id: string;
  name?: string;
  description?: string;
  value: string;
  enabled: boolean;
  customerId?: string;
  readonly createdDate: number;
  lastUpdatedDate: number;
  stageKeys: string[];
  tags?: Record<string, string>;
}

/** One REST API with its history. */
export interface ApiRecord {
  readonly region: string;
  readonly account: string;
  parts: ApiParts;
  deployments: Map<string, Deployment>;
  stages: Map<string, Stage>;
}

/** The whole service's state, one instance a running local API Gateway. */
export interface Store {
  /** By API id; ids are unique over regions here. */
  apis: Map<string, ApiRecord>;
  usagePlans: Map<string, UsagePlan>;
  apiKeys: Map<string, ApiKey>;
  /** Usage plan id -> API key ids -> since when, in epoch seconds. */
  planKeys: Map<string, Map<string, number>>;
  /** By id; an integration that names another fails. */
  vpcLinks: Map<string, VpcLink>;
}

interface VpcLink {
  readonly id: string;
  readonly name: string;
  readonly region: string;
  readonly status: string;
  readonly targetArns: readonly string[];
}

/** One call to the local cloud, as recorded in the ledger. */
export interface LedgerCall {
  /** Order of arrival, from 1. */
  readonly n: number;
  /** `apigateway`, `lambda`, `iam`, `s3`, … */
  readonly service: string;
  /** API operation name: `PutRestApi`, `CreateFunction`, … (`METHOD /path` where it is not known). */
  readonly operation: string;
  /** True for calls that change something. */
  readonly write: boolean;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly requestBody: string;
  /** Id of the access key that signed it. */
  readonly caller: string;
  /** Its `User-Agent`. */
  readonly agent: string;
}

export interface DomainName {
  readonly region: string;
  readonly domainName: string;
  certificateArn?: string;
  regionalCertificateArn?: string;
  endpointConfiguration: { types: string[]; ipAddressType: string };
  securityPolicy?: string;
  endpointAccessMode?: string;
  mutualTlsAuthentication?: {
    truststoreUri?: string;
    truststoreVersion?: string;
  };
  ownershipVerificationCertificateArn?: string;
  tags?: Record<string, string>;
  /** By base path; `(none)` for the empty one. */
  readonly mappings: Map<string, BasePathMapping>;
}

export interface BasePathMapping {
  basePath: string;
  restApiId: string;
  stage?: string;
}

export interface ControlStore extends Store {
  /** By region and name, see `domainKey`. */
  readonly domainNames: Map<string, DomainName>;
  /** CloudWatch role ARN, by account and region: see `accountKey`. */
  readonly cloudwatchRoles: Map<string, string>;
}

export function createStore(): ControlStore {
  return {
    apis: new Map(),
    usagePlans: new Map(),
    apiKeys: new Map(),
    planKeys: new Map(),
    vpcLinks: new Map(),
    domainNames: new Map(),
    cloudwatchRoles: new Map(),
  };
}

export const accountKey = ({
  account,
  region,
}: Readonly<Record<"account" | "region", string>>): string =>
  `${account} ${region}`;

/** Domain names are unique in a region. */
export function domainKey(region: string, name: string): string {
  return `${region} ${name.toLowerCase()}`;
}

const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789";

/** A new identifier: ten lower-case letters and digits, as AWS makes them (deployments and validators have six there). */
export function newId(length = 10): string {
  return Array.from({ length }, () =>
    alphabet.charAt(randomInt(alphabet.length)),
  ).join("");
}

/** Where a data-plane request goes: the front has found the API and split off the stage. */
export interface DataPlaneTarget {
  readonly record: ApiRecord;
  /** Undefined when the API has no stage of that name. */
  readonly stage: Stage | undefined;
  readonly stageName: string;
  /** What follows the stage: raw, still percent-encoded, starts with a slash. */
  readonly path: string;
  /** The whole path, where the call came by a custom domain. */
  readonly domainPath?: string;
  /** Raw query string without its question mark, "" when there is none. */
  readonly query: string;
  readonly store: Store;
}

export interface DataPlane {
  /** Answers one request; never rejects for anything the client or the backend did. */
  handle(
    request: IncomingMessage,
    response: ServerResponse,
    target: DataPlaneTarget,
  ): Promise<void>;
  /** Forgets the cached authorizer results of a stage (FlushStageAuthorizersCache). */
  flush(apiId: string, stageName: string): void;
}
