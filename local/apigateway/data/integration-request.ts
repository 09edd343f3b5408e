// The body of integrations that are not proxies: the request template for the content type, or the body passed through.

import type { Integration } from "../model.ts";
import type { Refusal, Routed } from "./exchange.ts";
import { lastHeader } from "./headers.ts";
import { renderTemplate } from "./template.ts";

const unsupported: Refusal = {
  type: "UNSUPPORTED_MEDIA_TYPE",
  message: "Unsupported Media Type",
};

/** A request without a content type counts as `application/json` (recorded on AWS). May throw `TemplateError`. */
export function integrationBody(
  exchange: Routed,
  integration: Integration,
): string | Refusal {
  const contentType =
    (lastHeader(exchange.headers, "content-type") ?? "application/json")
      .split(";")[0]
      ?.trim() ?? "";
  const templates = integration.requestTemplates ?? {};
  const template = templates[contentType] ?? templates["$default"];
  const body = exchange.body.toString("utf8");
  if (template !== undefined && template !== null)
    return renderTemplate(exchange, template, body);
  const passes = {
    WHEN_NO_MATCH: true,
    WHEN_NO_TEMPLATES: Object.keys(templates).length === 0,
  }[integration.passthroughBehavior.toUpperCase()];
  return passes === true ? body : unsupported;
}
