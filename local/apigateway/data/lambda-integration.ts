// AWS integrations that call a Lambda function: the template's text is the event, the result goes through the
// integration responses. Other AWS services are not served.

import type { Integration } from "../model.ts";
import type { Collaborators } from "./collaborators.ts";
import type { Refusal, Routed } from "./exchange.ts";
import { integrationBody } from "./integration-request.ts";
import { answerFrom } from "./integration-response.ts";
import { callFunction } from "./lambda-call.ts";
import { configurationError } from "./mapping.ts";
import { isRecord } from "./policy.ts";

export async function callLambda(
  exchange: Routed,
  integration: Integration,
  collaborators: Collaborators,
): Promise<Refusal | undefined> {
  const text = integrationBody(exchange, integration);
  if (typeof text !== "string") return text;
  const event = parse(text === "" ? "{}" : text);
  if (event === undefined) return configurationError("the event is no JSON");
  const invocation = await callFunction(exchange, integration, {
    event,
    collaborators,
  });
  if ("type" in invocation) return invocation;
  // Selection patterns see a failed function's message only; a success takes the default response.
  return answerFrom(exchange, integration, {
    selector:
      invocation.functionError === undefined
        ? undefined
        : errorMessage(invocation.payload),
    headers: [],
    body: JSON.stringify(invocation.payload ?? null),
    passBody: true,
    traced: true,
  });
}

function errorMessage(payload: unknown): string {
  const message = isRecord(payload) ? payload["errorMessage"] : undefined;
  return typeof message === "string" ? message : "";
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
