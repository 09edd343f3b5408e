// The data plane: one request through the steps that API Gateway takes, in its order, served from a deployment's copy.

import type { IncomingMessage, ServerResponse } from "node:http";
import { answerEarly } from "../../system/servers.ts";
import { accessLine } from "./access-log.ts";
import type { ApiParts, DataPlane, DataPlaneTarget } from "../model.ts";
import {
  authorize,
  type AuthorizerCache,
  createAuthorizerCache,
} from "./authorizer.ts";
import type { Collaborators } from "./collaborators.ts";
import { refuseCoding } from "./content.ts";
import {
  type Exchange,
  newExchange,
  type Refusal,
  type Routed,
} from "./exchange.ts";
import { refuse } from "./gateway-response.ts";
import { lastHeader, methodOverrideHeader, signature } from "./headers.ts";
import { proxyHttp } from "./http-proxy.ts";
import { answerMock } from "./integration-templates.ts";
import { callLambda, proxyLambda } from "./lambda.ts";
import { streamLambda } from "./lambda-stream.ts";
import {
  type Buckets,
  checkApiKey,
  createBuckets,
  createQuotas,
  malformed,
  type Quotas,
  readBody,
  throttleMethod,
  tooLong,
} from "./limits.ts";
import { configurationError, illegalMapping } from "./mapping.ts";
import { checkResourcePolicy } from "./policy.ts";
import { findRoute } from "./routing.ts";
import { callSageMaker, isSageMaker } from "./sagemaker.ts";
import { TemplateError } from "./template.ts";
import { validate } from "./validation.ts";

interface Rig {
  readonly collaborators: Collaborators;
  readonly cache: AuthorizerCache;
  readonly buckets: Buckets;
  readonly quotas: Quotas;
}

/** Everything that lives from request to request (cached authorizer results, token buckets) belongs to the one returned. */
export function createDataPlane(collaborators: Collaborators): DataPlane {
  const { now } = collaborators;
  const cache = createAuthorizerCache(now);
  const rig: Rig = {
    collaborators,
    cache,
    buckets: createBuckets(now),
    quotas: createQuotas(now),
  };
  return {
    flush: (apiId, stageName) => cache.flush(apiId, stageName),
    handle: (request, response, target) =>
      handle(rig, { request, response }, target),
  };
}

type Messages = Readonly<{
  request: IncomingMessage;
  response: ServerResponse;
}>;

async function handle(
  rig: Rig,
  messages: Messages,
  target: DataPlaneTarget,
): Promise<void> {
  const { stage, record } = target;
  const parts = record.deployments.get(stage?.deploymentId ?? "")?.snapshot;
  const vpcEndpoint = rig.collaborators.vpcEndpoint?.(messages.request);
  if (
    !stage ||
    !parts ||
    closed(messages.request, parts) ||
    isOutsideVpc(parts, vpcEndpoint)
  ) {
    forbid(messages);
    return;
  }
  const exchange = newExchange(
    messages,
    { target, stage, parts },
    {
      time: rig.collaborators.now(),
      ...(rig.collaborators.readings && {
        readings: rig.collaborators.readings,
      }),
      sourceIp: rig.collaborators.sourceIp?.(messages.request),
      vpcEndpoint,
    },
  );
  const served = serve(rig, exchange).catch(unexpected);
  messages.response.once("close", () => {
    void served.then((refusal) => logAccess(rig, exchange, refusal));
  });
  const refusal = await served;
  if (!refusal) return;
  if (refusal.detail !== undefined)
    rig.collaborators.log?.(
      `${exchange.requestId} ${refusal.type}: ${refusal.detail}`,
    );
  tell(exchange, refusal);
}

function logAccess(
  { collaborators: { accessLog, now } }: Rig,
  exchange: Exchange,
  refusal: Refusal | undefined,
): void {
  const { format } = exchange.stage.accessLogSettings ?? {};
  if (format === undefined) return;
  accessLog?.(accessLine(exchange, format, { now: now(), refusal }));
}

/** AWS answers the API's own address with 403 once it is switched off; custom domains go on. */
function closed(request: IncomingMessage, { api }: ApiParts): boolean {
  return (
    api.disableExecuteApiEndpoint &&
    (request.headers.host ?? "").includes(".execute-api.")
  );
}

/** "You can only invoke a private API from within a VPC using a VPC endpoint" (developer guide, "Invoke a private API"). */
const isOutsideVpc = (
  { api }: ApiParts,
  vpcEndpoint: string | undefined,
): boolean =>
  api.endpointConfiguration.types.includes("PRIVATE") &&
  (vpcEndpoint === undefined || !api.policy);

function tell(exchange: Exchange, refusal: Refusal): void {
  try {
    if (!exchange.response.headersSent) {
      refuse(exchange, refusal);
      return;
    }
  } catch {
    // A gateway response that cannot be sent, such as one with a status that is no number.
  }
  exchange.response.destroy();
}

async function serve(
  rig: Rig,
  exchange: Exchange,
): Promise<Refusal | undefined> {
  const refusal =
    tooLong(exchange.request) ??
    malformed(exchange) ??
    refuseCoding(exchange) ??
    overrideMethod(exchange, "before-routing") ??
    findMethod(exchange);
  if (refusal || !isRouted(exchange)) return refusal;
  return (
    checkResourcePolicy(exchange) ??
    (await authorize(exchange, rig.cache, rig.collaborators)) ??
    (await overrideAuthorized(exchange, rig)) ??
    checkApiKey(exchange, rig.buckets, rig.quotas) ??
    throttleMethod(exchange, rig.buckets) ??
    (await readBody(exchange)) ??
    validate(exchange) ??
    (await integrate(exchange, rig.collaborators))
  );
}

/** The method that the client's header names; where the route is chosen already, it is chosen again. */
function overrideMethod(
  exchange: Exchange,
  when: Exchange["readings"]["methodOverride"],
): Refusal | undefined {
  const method = lastHeader(exchange.headers, methodOverrideHeader);
  if (exchange.readings.methodOverride !== when || !method) return undefined;
  exchange.method = method.toUpperCase();
  return exchange.route && findMethod(exchange);
}

/** A public method's want of an authorizer says nothing of another method: else every API with a preflight would be open. */
async function overrideAuthorized(
  exchange: Routed,
  { cache, collaborators }: Rig,
): Promise<Refusal | undefined> {
  const asked = exchange.route.method.authorizationType !== "NONE";
  const refusal = overrideMethod(exchange, "after-authorizer");
  return (
    refusal ?? (asked ? undefined : authorize(exchange, cache, collaborators))
  );
}

function findMethod(exchange: Exchange): Refusal | undefined {
  const route = findRoute(
    exchange.parts.resources.values(),
    exchange.method,
    exchange.target.path,
    exchange.readings,
  );
  if (!route) return unknownPath(exchange);
  exchange.route = route;
  return undefined;
}

/** What is not found is taken for a call that IAM should check: then an `Authorization` must be a signature (users' reports). */
function unknownPath({ headers, readings }: Exchange): Refusal {
  const sent = lastHeader(headers, "authorization");
  if (
    sent === undefined ||
    sent.startsWith(signature) ||
    readings.unknownPath === "missing-token"
  )
    return {
      type: "MISSING_AUTHENTICATION_TOKEN",
      message: "Missing Authentication Token",
    };
  // AWS quotes the value; here no message holds a credential.
  const message =
    "Authorization header requires 'Credential' parameter. Authorization header requires 'Signature' parameter.";
  return readings.unknownPath === "invalid-signature"
    ? { type: "INVALID_SIGNATURE", message }
    : {
        type: "DEFAULT_4XX",
        status: 403,
        errorType: "IncompleteSignatureException",
        message,
      };
}

const isRouted = (exchange: Exchange): exchange is Routed =>
  exchange.route !== undefined;

async function integrate(
  exchange: Routed,
  collaborators: Collaborators,
): Promise<Refusal | undefined> {
  const { methodIntegration: integration } = exchange.route.method;
  if (!integration) return configurationError("the method has no integration");
  const illegal = illegalMapping(integration);
  if (illegal) return illegal;
  if (integration.type === "MOCK") return answerMock(exchange, integration);
  const call = {
    HTTP_PROXY: proxyHttp,
    AWS_PROXY:
      integration.responseTransferMode === "STREAM"
        ? streamLambda
        : proxyLambda,
    AWS: isSageMaker(integration.uri) ? callSageMaker : callLambda,
  }[integration.type];
  return call(exchange, integration, collaborators);
}

/** Nothing that goes wrong here may let a request through, or leave it without an answer. */
function unexpected(error: unknown): Refusal {
  if (error instanceof TemplateError) return configurationError(error.message);
  return configurationError(
    error instanceof Error
      ? `${error.name}: ${error.message}`
      : "unknown fault",
  );
}

/** There is no deployment whose gateway responses could be used. */
function forbid({ request, response }: Messages): void {
  const headers = {
    "Content-Type": "application/json",
    "x-amzn-ErrorType": "ForbiddenException",
  };
  const body = '{"message":"Forbidden"}';
  response.writeHead(403, { ...headers, "Content-Length": body.length });
  answerEarly(request, response, Buffer.from(body));
}
