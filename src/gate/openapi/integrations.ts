// What API Gateway does with a call of a route: one integration for each kind of upstream.
import {
  type Gate,
  type HttpMethod,
  type HttpUpstream,
  type LambdaUpstream,
  type MockUpstream,
  type Route,
  type SageMakerUpstream,
  upstreamOf,
} from "../gate.ts";
import { partitionOf } from "../../../contract/partitions.ts";
import { headerSources } from "../overwritten-headers.ts";
import { placeholdersOf, targetUrl } from "../paths.ts";
import { binaryTypes } from "./binary-types.ts";
import { answerOrigin, mockOperation, prefixed } from "./openapi-cors.ts";

export interface Target {
  readonly gate: Gate;
  readonly route: Route;
  readonly method: HttpMethod;
  /** ARNs by the upstream's name: see `buildInvokePolicy`. */
  readonly roles: Readonly<Record<string, string>>;
}

interface TargetParts {
  /** Headers of the call that the integration reads. */
  readonly headers?: readonly string[];
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly headers?: object }>
  >;
  readonly integration: Integration;
}

export type Integration =
  | ReturnType<typeof callUrl>
  | ReturnType<typeof invokeFunction>
  | ReturnType<typeof endpointIntegration>
  | ReturnType<typeof mockOperation>["x-amazon-apigateway-integration"];

/** The parts of a method that depend on where it leads. */
export function buildTarget(target: Target): TargetParts {
  const upstream = upstreamOf(target.gate, target.route);
  switch (upstream.kind) {
    case "lambda":
      return passed(invokeFunction(target, upstream));
    case "sagemaker":
      return invokeEndpoint(target, upstream);
    case "mock":
      return answerItself(target, upstream);
    default:
      return passed(callUrl(target, upstream));
  }
}

/** The types of integration that end in `_proxy` hand the upstream's answer on as it is. */
const passed = (integration: Integration): TargetParts => ({
  responses: { "200": { description: "The upstream's answer" } },
  integration,
});

const delivery = ({ stream, timeout }: Route) => ({
  responseTransferMode: stream ? "STREAM" : "BUFFERED",
  timeoutInMillis: timeout * 1000,
});

function callUrl({ gate, route, method }: Target, upstream: HttpUpstream) {
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
    ...(upstream.vpcLink !== undefined && {
      connectionType: "VPC_LINK",
      connectionId: upstream.vpcLink,
    }),
    ...delivery(route),
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

/** Mappings of parameters have no effect here: the function gets the call as it came, with the authorizer's context. */
function invokeFunction(
  { gate: { region }, route }: Target,
  { functionArn }: LambdaUpstream,
) {
  const action = route.stream
    ? `2021-11-15/functions/${functionArn}/response-streaming-invocations`
    : `2015-03-31/functions/${functionArn}/invocations`;
  return {
    type: "aws_proxy" as const,
    // Lambda's own method for an invocation, whatever the call's.
    httpMethod: "POST",
    uri: `arn:${partitionOf(region)}:apigateway:${region}:lambda:path/${action}`,
    ...delivery(route),
  };
}

/** Nothing else of a call but its body goes to an endpoint. Names in mappings have case: these are the SDKs' own spellings. */
const endpointHeaders = [
  "Content-Type",
  "Accept",
  "X-Amzn-SageMaker-Custom-Attributes",
];
const answeredHeaders = [
  "Content-Type",
  "X-Amzn-SageMaker-Custom-Attributes",
  "x-Amzn-Invoked-Production-Variant",
];

/** Patterns over SageMaker's status by the status that callers see; it has to be declared, so not each has its own. */
const endpointFailures = {
  "400": String.raw`4(?!03|04|13|24|29)\d\d`,
  "403": "403",
  "404": "404",
  "413": "413",
  // The model's own error (InvokeEndpoint, ModelError).
  "424": "424",
  "429": "429",
  "500": String.raw`5(?!03)\d\d`,
  "503": "503",
} as const;

function invokeEndpoint(
  target: Target,
  upstream: SageMakerUpstream,
): TargetParts {
  const origin = answerOrigin(target.gate.cors);
  const declared = declaredHeaders([
    ...answeredHeaders,
    ...Object.keys(origin),
  ]);
  return {
    headers: endpointHeaders,
    responses: Object.fromEntries(
      ["200", ...Object.keys(endpointFailures)].map((status) => [
        status,
        { description: "The endpoint's answer", ...declared },
      ]),
    ),
    integration: endpointIntegration(target, upstream, {
      ...sameNames("integration.response.header.", answeredHeaders),
      ...origin,
    }),
  };
}

function endpointIntegration(
  { gate: { region }, route, roles }: Target,
  { endpoint, name }: SageMakerUpstream,
  headers: Readonly<Record<string, string>>,
) {
  const role = roles[name];
  if (role === undefined) throw new Error(`no role for the upstream ${name}`);
  const answer = (statusCode: string) => ({
    statusCode,
    responseParameters: prefixed("method.response.header.", headers),
  });
  // Errors are text, also to a caller who wants bytes.
  const failures = Object.entries(endpointFailures).map(
    ([status, pattern]) =>
      [
        pattern,
        { ...answer(status), contentHandling: "CONVERT_TO_TEXT" },
      ] as const,
  );
  return {
    type: "aws" as const,
    httpMethod: "POST",
    uri: `arn:${partitionOf(region)}:apigateway:${region}:runtime.sagemaker:path/endpoints/${endpoint}/invocations`,
    credentials: role,
    passthroughBehavior: "when_no_templates",
    timeoutInMillis: route.timeout * 1000,
    requestParameters: prefixed(
      "integration.request.header.",
      sameNames("method.request.header.", endpointHeaders),
    ),
    responses: { default: answer("200"), ...Object.fromEntries(failures) },
  };
}

const sameNames = (
  prefix: string,
  names: readonly string[],
): Record<string, string> =>
  Object.fromEntries(names.map((name) => [name, prefix + name]));

/** What clients and monitors may send; templates have no wildcard. */
export const requestTypes: readonly string[] = [
  "application/json",
  "application/x-www-form-urlencoded",
  "application/xml",
  "text/html",
  "text/plain",
  "text/xml",
  ...binaryTypes,
];

function answerItself(
  { gate: { cors } }: Target,
  { body, contentType, status }: MockUpstream,
): TargetParts {
  const { responses, "x-amazon-apigateway-integration": integration } =
    mockOperation({
      description: "The mock's answer",
      status: String(status),
      body,
      contentType,
      cors,
      types: requestTypes,
    });
  return { responses, integration };
}

const declaredHeaders = (names: readonly string[]) =>
  names.length === 0
    ? {}
    : {
        headers: Object.fromEntries(
          names.map((name) => [name, { schema: { type: "string" } }]),
        ),
      };
