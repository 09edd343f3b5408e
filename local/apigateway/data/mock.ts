// MOCK integrations: the request template names a status, and the integration response for it is the answer.

import type { Integration } from "../model.ts";
import type { Refusal, Routed } from "./exchange.ts";
import { integrationBody } from "./integration-request.ts";
import { answerFrom } from "./integration-response.ts";
import { configurationError } from "./mapping.ts";

export function answerMock(
  exchange: Routed,
  integration: Integration,
): Refusal | undefined {
  const body = integrationBody(exchange, integration);
  if (typeof body !== "string") return body;
  // AWS reads this leniently: `{statusCode: 200}` without quotes is accepted too.
  const status = /^\s*\{[^]*?["']?statusCode["']?\s*:\s*["']?(\d{3})\b/.exec(
    body,
  )?.[1];
  if (status === undefined)
    return configurationError("unable to parse statusCode");
  return answerFrom(exchange, integration, {
    selector: status,
    headers: [],
    body: "",
    passBody: false,
    traced: false,
  });
}
