// AWS integrations with SageMaker's runtime: the body goes to an endpoint, signed by a role, with the mapped headers only.

import type { Integration } from "../model.ts";
import type { Collaborators } from "./collaborators.ts";
import { requestContent } from "./content.ts";
import type { Refusal, Routed } from "./exchange.ts";
import {
  headerPairs,
  type HeaderPairs,
  lastHeader,
  replaceHeaders,
} from "./headers.ts";
import { answerFrom, unsupported } from "./integration-templates.ts";
import { configurationError, mapRequest } from "./mapping.ts";
import {
  answerTooLarge,
  failureOf,
  readAnswer,
  sendUpstream,
  startCall,
} from "./upstream.ts";

const shape =
  /^arn:([\w-]+):apigateway:([\w-]+):runtime\.sagemaker:path\/endpoints\/([A-Za-z0-9-]{1,63})\/invocations$/;

export const isSageMaker = (uri = ""): boolean =>
  uri.includes(":runtime.sagemaker:");

export async function callSageMaker(
  exchange: Routed,
  integration: Integration,
  collaborators: Collaborators,
): Promise<Refusal | undefined> {
  const { credentials, httpMethod, passthroughBehavior, requestTemplates } =
    integration;
  const [, partition = "", region = "", endpoint] =
    shape.exec(integration.uri ?? "") ?? [];
  // On AWS another path or method is a 200 with an unknown operation in its body (users' reports): better not served.
  if (endpoint === undefined || httpMethod !== "POST")
    return configurationError("only POST of a whole endpoint is served here");
  if (credentials === undefined || credentials === "")
    return configurationError("a service is called with a role");
  if (Object.keys(requestTemplates ?? {}).length > 0)
    return configurationError("request templates are not served here");
  if (passthroughBehavior.toUpperCase() === "NEVER") return unsupported;
  const content = requestContent(exchange, integration.contentHandling);
  if ("type" in content) return content;
  const account = credentials.split(":")[4] ?? "";
  const permitted = await collaborators.rolePermits?.({
    roleArn: credentials,
    action: "sagemaker:InvokeEndpoint",
    // SageMaker writes names in small letters there.
    resource: `arn:${partition}:sagemaker:${region}:${account}:endpoint/${endpoint.toLowerCase()}`,
  });
  if (permitted === "not-assumable")
    return configurationError("API Gateway may not assume the role");
  if (permitted === "denied")
    return answerFrom(exchange, integration, {
      ...outcomeOf(403, [["Content-Type", "application/json"]]),
      body: '{"Message":"The role is not authorized to perform: sagemaker:InvokeEndpoint"}',
    });
  return ask(exchange, integration, collaborators, {
    endpoint,
    region,
    body: content.body,
  });
}

async function ask(
  exchange: Routed,
  integration: Integration,
  { openUpstream }: Collaborators,
  asked: { endpoint: string; region: string; body: Buffer },
): Promise<Refusal | undefined> {
  const { endpoint, region, body } = asked;
  const host = `runtime.sagemaker.${region}.amazonaws.com`;
  const call = startCall(exchange, integration.timeoutInMillis);
  try {
    const answer = await sendUpstream(
      {
        origin: new URL(`https://${host}`),
        method: "POST",
        path: `/endpoints/${endpoint}/invocations`,
        headers: sentHeaders(exchange, integration, { host, region, body }),
        body,
      },
      call,
      openUpstream,
    );
    const bytes = await readAnswer(answer);
    if (!bytes) return answerTooLarge;
    return answerFrom(exchange, integration, {
      ...outcomeOf(answer.statusCode ?? 502, headerPairs(answer.rawHeaders)),
      body: bytes.toString(),
      content: { body: bytes, type: answer.headers["content-type"] },
    });
  } catch (error) {
    return failureOf(error, call);
  } finally {
    call.clear();
  }
}

const outcomeOf = (status: number, headers: HeaderPairs) => ({
  selector: String(status),
  headers,
  passBody: true,
  traced: true,
});

/**
 * Nothing of the client's but what is mapped, and its Content-Type (recorded for HTTP integrations). There is no signature to
 * check here; the session token names the role instead.
 */
function sentHeaders(
  exchange: Routed,
  integration: Integration,
  { host, region, body }: { host: string; region: string; body: Buffer },
): HeaderPairs {
  const type = lastHeader(exchange.headers, "content-type");
  return replaceHeaders(
    [
      ["Accept", "application/json"],
      ["User-Agent", `AmazonAPIGateway_${exchange.parts.api.id}`],
      ["Content-Type", type ?? "application/json"],
    ],
    [
      ...mapRequest(exchange, integration).headers,
      ["Host", host],
      ["Content-Length", String(body.length)],
      ["X-Amzn-Trace-Id", exchange.traceId],
      ["X-Amz-Security-Token", integration.credentials ?? ""],
      [
        "Authorization",
        `AWS4-HMAC-SHA256 Credential=ASIALOCAL/20260101/${region}/sagemaker/aws4_request, SignedHeaders=host, Signature=none`,
      ],
    ],
  );
}
