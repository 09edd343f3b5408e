// Builds an integration from its wire form, whether it was put or imported, with AWS's defaults and checks.

import type { Integration, Method } from "../model.ts";
import { badRequest, constraint, oneOf, validation } from "./errors.ts";
import {
  amount,
  defined,
  type Json,
  object,
  text,
  textMap,
  texts,
} from "./input.ts";
import { checkUri } from "./integration-uris.ts";
import { checkRequestMappings, readTemplates } from "./mapping-expressions.ts";

const types = ["HTTP", "MOCK", "AWS_PROXY", "HTTP_PROXY", "AWS"] as const;
export const verbs = [
  "GET",
  "PUT",
  "POST",
  "DELETE",
  "PATCH",
  "OPTIONS",
  "HEAD",
  "ANY",
];

function isType(type: string): type is Integration["type"] {
  return types.some((known) => known === type);
}

/**
 * @param input members as in PutIntegration; enumerations in capitals
 * @throws ServiceError with AWS's text
 */
export function buildIntegration(
  input: Json,
  resourceId: string,
  method: Method,
): Integration {
  const type = text(input, "type") ?? "null";
  if (!isType(type))
    throw validation([
      constraint(type, "putIntegrationInput.type", oneOf(types)),
    ]);
  const requestParameters = textMap(input, "requestParameters");
  const templates = object(input, "requestTemplates");
  checkRequestMappings(requestParameters ?? {}, method.requestParameters ?? {});
  const transfer = readTransfer(input, type);
  return {
    type,
    ...(type === "MOCK" ? {} : readTarget(input, type)),
    ...defined({
      credentials: text(input, "credentials"),
      requestParameters,
      requestTemplates: templates && readTemplates(templates),
      contentHandling: readContentHandling(input),
    }),
    passthroughBehavior: readPassthrough(input),
    ...transfer,
    cacheNamespace: text(input, "cacheNamespace") ?? resourceId,
    cacheKeyParameters: texts(input, "cacheKeyParameters") ?? [],
  };
}

/** Where the call goes; MOCK has none of it, and AWS forgets what was given for it. */
function readTarget(
  input: Json,
  type: Integration["type"],
): Partial<Integration> {
  const httpMethod = text(input, "httpMethod");
  if (httpMethod === undefined || httpMethod === "")
    throw badRequest("Enumeration value for HttpMethod must be non-empty");
  if (!verbs.includes(httpMethod))
    throw badRequest(
      `Invalid HttpMethod specified. Valid options are ${verbs.join(",")}`,
    );
  const uri = text(input, "uri");
  checkUri(type, uri ?? "");
  const overHttp = type === "HTTP" || type === "HTTP_PROXY";
  return {
    httpMethod,
    ...defined({ uri, connectionId: text(input, "connectionId") }),
    ...(overHttp
      ? { connectionType: text(input, "connectionType") ?? "INTERNET" }
      : {}),
  };
}

const longest = { BUFFERED: 29_000, STREAM: 900_000 };

type Transfer = Pick<Integration, "timeoutInMillis" | "responseTransferMode">;

/** Buffered answers are cut at 29 s unless the account's quota was raised; streamed ones at 15 minutes. */
function readTransfer(input: Json, type: Integration["type"]): Transfer {
  const mode = text(input, "responseTransferMode");
  if (mode !== undefined && mode !== "BUFFERED" && mode !== "STREAM")
    throw validation([
      constraint(
        mode,
        "putIntegrationInput.responseTransferMode",
        oneOf(["BUFFERED", "STREAM"]),
      ),
    ]);
  // Streaming is documented for the proxy types only; the text is ours.
  if (mode === "STREAM" && !type.endsWith("_PROXY"))
    throw badRequest(
      "ResponseTransferMode STREAM is only supported for HTTP_PROXY and AWS_PROXY integrations",
    );
  const timeoutInMillis = amount(input, "timeoutInMillis") ?? 29_000;
  const limit = longest[mode ?? "BUFFERED"];
  if (
    !Number.isInteger(timeoutInMillis) ||
    timeoutInMillis < 50 ||
    timeoutInMillis > limit
  )
    throw badRequest(`Timeout should be between 50 ms and ${limit} ms`);
  return { timeoutInMillis, ...defined({ responseTransferMode: mode }) };
}

function readPassthrough(input: Json): string {
  const allowed = ["WHEN_NO_MATCH", "WHEN_NO_TEMPLATES", "NEVER"];
  const value = text(input, "passthroughBehavior") ?? "WHEN_NO_MATCH";
  if (allowed.includes(value)) return value;
  throw badRequest(
    `Invalid PassthroughBehavior specified. Valid options are ${allowed.join(",")}`,
  ); // the text is ours
}

export function readContentHandling(input: Json): string | undefined {
  const allowed = ["CONVERT_TO_BINARY", "CONVERT_TO_TEXT"];
  const value = text(input, "contentHandling");
  if (value === undefined || allowed.includes(value)) return value;
  throw validation([
    constraint(value, "putIntegrationInput.contentHandling", oneOf(allowed)),
  ]);
}
