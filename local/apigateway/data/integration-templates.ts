import type {
  Integration,
  IntegrationResponse,
  MethodResponse,
} from "../model.ts";
import { mediaType, requestContent, responseContent } from "./content.ts";
import { type Refusal, type Routed, sendAnswer } from "./exchange.ts";
import {
  type HeaderPairs,
  lastHeader,
  replaceHeaders,
  returnedName,
} from "./headers.ts";
import { configurationError, requestValue } from "./mapping.ts";
import { renderTemplate } from "./template.ts";

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

const unableToTransform = configurationError("unable to transform the body");

export const unsupported: Refusal = {
  type: "UNSUPPORTED_MEDIA_TYPE",
  message: "Unsupported Media Type",
};

/** A request without a content type counts as `application/json` (recorded on AWS). May throw `TemplateError`. */
export function integrationBody(
  exchange: Routed,
  integration: Integration,
): string | Refusal {
  const contentType = mediaType(
    lastHeader(exchange.headers, "content-type") ?? "application/json",
  );
  const templates = integration.requestTemplates ?? {};
  const template = templates[contentType] ?? templates["$default"];
  const content = requestContent(exchange, integration.contentHandling);
  if ("type" in content) return content;
  const body = content.body.toString("utf8");
  if (template !== undefined && template !== null)
    return content.binary
      ? unableToTransform
      : renderTemplate(exchange, template, body);
  const passes = {
    WHEN_NO_MATCH: true,
    WHEN_NO_TEMPLATES: Object.keys(templates).length === 0,
  }[integration.passthroughBehavior.toUpperCase()];
  return passes === true ? body : unsupported;
}

export interface Outcome {
  /** What selection patterns are held against: a status, or a function's error message; undefined takes the default. */
  readonly selector: string | undefined;
  readonly headers: HeaderPairs;
  readonly body: string;
  /** The backend's body and type, where it is not JSON text. */
  readonly content?: {
    readonly body: Buffer;
    readonly type: string | undefined;
  };
  /** MOCK does not pass its request on when there is no response template. */
  readonly passBody: boolean;
  /** AWS and HTTP answers carry it, MOCK's do not. */
  readonly traced: boolean;
}

/**
 * The matching integration response must exist, and its status must be declared as a method response; AWS answers 500
 * otherwise. Headers that a template overrides win over mapped ones and need no declaration (recorded on AWS). May throw
 * `TemplateError`.
 */
export function answerFrom(
  exchange: Routed,
  integration: Integration,
  outcome: Outcome,
): Refusal | undefined {
  const chosen = select(
    Object.values(integration.integrationResponses ?? {}),
    outcome.selector,
  );
  if (!chosen) return configurationError("no integration response matches");
  const declared = exchange.route.method.methodResponses?.[chosen.statusCode];
  if (!declared)
    return configurationError(
      `output mapping refers to an invalid method response: ${chosen.statusCode}`,
    );
  const content = responseContent(
    exchange,
    outcome.content ?? {
      body: Buffer.from(outcome.body),
      type: "application/json",
    },
    chosen.contentHandling,
  );
  if ("type" in content) return content;
  const [contentType, template] = responseTemplate(exchange, chosen);
  if (template !== undefined && content.binary) return unableToTransform;
  const plain = outcome.passBody ? content.body : "";
  const body =
    template === undefined
      ? plain
      : renderTemplate(exchange, template, outcome.body);
  const mapped = replaceHeaders(
    [["Content-Type", contentType]],
    responseHeaders(exchange, outcome, { chosen, declared }),
  );
  sendAnswer(exchange, {
    status: Number(chosen.statusCode),
    headers: replaceHeaders(mapped, overrides(exchange)),
    body: Buffer.from(body),
  });
  return undefined;
}

/** Headers that the method response does not declare are left out. */
function responseHeaders(
  exchange: Routed,
  outcome: Outcome,
  {
    chosen,
    declared,
  }: { chosen: IntegrationResponse; declared: MethodResponse },
): HeaderPairs {
  const mapped = Object.entries(chosen.responseParameters ?? {}).flatMap(
    ([target, source]): HeaderPairs => {
      const isDeclared = target in (declared.responseParameters ?? {});
      const value = isDeclared
        ? responseValue(exchange, outcome, source)
        : undefined;
      return value === undefined
        ? []
        : [
            [
              returnedName(target.replace(/^method\.response\.header\./, "")),
              value,
            ],
          ];
    },
  );
  return outcome.traced
    ? [["X-Amzn-Trace-Id", exchange.traceId], ...mapped]
    : mapped;
}

function overrides({ responseOverrides = [] }: Routed): HeaderPairs {
  return responseOverrides.map(([name, value]) => [returnedName(name), value]);
}

/** A pattern must match the whole selector; the response without a pattern is the default. */
function select(
  responses: readonly IntegrationResponse[],
  selector: string | undefined,
): IntegrationResponse | undefined {
  const isDefault = ({ selectionPattern }: IntegrationResponse) =>
    (selectionPattern ?? "") === "";
  const matching = responses.find(
    (response) =>
      selector !== undefined &&
      !isDefault(response) &&
      new RegExp(`^(?:${response.selectionPattern ?? ""})$`, "s").test(
        selector,
      ),
  );
  return matching ?? responses.find(isDefault);
}

function responseTemplate(
  exchange: Routed,
  { responseTemplates }: IntegrationResponse,
): [string, string | undefined] {
  const templates = Object.entries(responseTemplates ?? {});
  const accepted = lastHeader(exchange.headers, "accept");
  const [contentType, template] =
    templates.find(([type]) => type === accepted) ??
    templates.find(([type]) => type === "application/json") ??
    templates[0] ??
    [];
  return [contentType ?? "application/json", template ?? undefined];
}

function responseValue(
  exchange: Routed,
  outcome: Outcome,
  source: string,
): string | undefined {
  const header = /^integration\.response\.header\.(.+)$/.exec(source)?.[1];
  if (header !== undefined) return lastHeader(outcome.headers, header);
  if (source === "integration.response.body") return outcome.body;
  return requestValue(exchange, source);
}
