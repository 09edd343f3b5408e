// What API Gateway takes for text and what for bytes, and how it turns one into the other (developer guide, "Content type
// conversions"; conformance §4.9).

import { gunzipSync, inflateSync } from "node:zlib";
import type { Exchange, Refusal } from "./exchange.ts";
import { headerValues, lastHeader } from "./headers.ts";
import { configurationError } from "./mapping.ts";
import { largestPayload, requestTooLarge } from "./upstream.ts";

/** Without parameters such as a form's boundary; of several types only the first counts (documented for Accept). */
export const mediaType = (value = ""): string =>
  (/^[^;,]*/.exec(value)?.[0] ?? "").trim();

// The only wildcard is the one for everything: `image/*` matches nothing (recorded on AWS).
export function isBinary(
  { parts }: Exchange,
  value: string | undefined,
): boolean {
  const types = parts.api.binaryMediaTypes ?? [];
  return types.includes("*/*") || types.includes(mediaType(value));
}

export const isBinaryRequest = (exchange: Exchange): boolean =>
  isBinary(exchange, lastHeader(exchange.headers, "content-type"));

interface Content {
  readonly body: Buffer;
  readonly binary: boolean;
}

/** The body as the integration gets it. */
export function requestContent(
  exchange: Exchange,
  handling: string | undefined,
): Content | Refusal {
  const binary = isBinaryRequest(exchange);
  if (
    !binary &&
    handling === undefined &&
    exchange.readings.undeclaredBodies === "bytes"
  )
    return { body: exchange.body, binary };
  return convert({ body: exchange.body, binary }, binary, handling);
}

/** The body of a buffered answer as the client gets it, or as a template does. */
export function responseContent(
  exchange: Exchange,
  { body, type }: { readonly body: Buffer; readonly type: string | undefined },
  handling?: string,
): Content | Refusal {
  const accept = lastHeader(exchange.headers, "accept");
  return convert(
    { body, binary: isBinary(exchange, type) },
    isBinary(exchange, accept),
    handling,
  );
}

/** `wanted`: whether bytes are wanted where `contentHandling` does not say. */
function convert(
  { body, binary }: Content,
  wanted: boolean,
  handling: string | undefined,
): Content | Refusal {
  const toBinary =
    handling === undefined ? wanted : handling === "CONVERT_TO_BINARY";
  if (binary === toBinary)
    return { body: binary ? body : asText(body), binary };
  if (binary)
    return { body: Buffer.from(body.toString("base64")), binary: false };
  const text = body.toString("latin1");
  return /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(
    text,
  )
    ? { body: Buffer.from(text, "base64"), binary: true }
    : configurationError("the body is not base64");
}

/** Bytes that are not UTF-8 become U+FFFD. */
const asText = (body: Buffer): Buffer => Buffer.from(body.toString("utf8"));

const unsupported: Refusal = {
  type: "UNSUPPORTED_MEDIA_TYPE",
  message: "Unsupported Media Type",
};
const decoders: Readonly<Record<string, typeof gunzipSync>> = {
  gzip: gunzipSync,
  deflate: inflateSync,
};

/** What the header names; undefined without one, null where API Gateway does not know it. */
function decoderOf({ headers }: Exchange) {
  const codings = headerValues(headers, "content-encoding").join();
  const coding = codings.trim().toLowerCase();
  if (coding === "" || coding === "identity") return undefined;
  return decoders[coding] ?? null;
}

/** Documented as answered before API and stage are known, or later: the former has no gateway response of the API's. */
export const refuseCoding = (exchange: Exchange): Refusal | undefined =>
  exchange.readings.contentCoding === "before-routing" &&
  decoderOf(exchange) === null
    ? { ...unsupported, builtIn: true }
    : undefined;

/** Documented for every API, whatever its minimumCompressionSize; what is not in its coding is a 415 as well. */
export function decompress(exchange: Exchange): Refusal | undefined {
  const decode = decoderOf(exchange);
  if (decode === undefined || exchange.body.length === 0) return undefined;
  if (!decode) return unsupported;
  try {
    exchange.body = decode(exchange.body, { maxOutputLength: largestPayload });
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === "ERR_BUFFER_TOO_LARGE" ? requestTooLarge : unsupported;
  }
}
