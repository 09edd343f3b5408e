// Header lists as they came over the wire (order, case and repeats kept), and what API Gateway does to them on the way in
// and on the way back.
import type { OutgoingHttpHeaders } from "node:http";
import type { Readings } from "./collaborators.ts";

export type HeaderPairs = readonly (readonly [name: string, value: string])[];

/** Client headers that API Gateway drops on entry: not even mapping expressions see them (recorded on AWS). */
const droppedOnEntry = new Set([
  "connection",
  "content-length",
  "content-md5",
  "expect",
  "max-forwards",
  "proxy-authenticate",
  "server",
  "te",
  "transfer-encoding",
  "trailer",
  "upgrade",
  "www-authenticate",
]);

/** Names a backend may not set under their own name: they come back as `x-amzn-Remapped-<Name>` (recorded on AWS). */
const remappedOnReturn = new Set([
  "authorization",
  "connection",
  "content-length",
  "content-md5",
  "date",
  "expect",
  "host",
  "max-forwards",
  "proxy-authenticate",
  "server",
  "trailer",
  "upgrade",
  "user-agent",
  "www-authenticate",
  "x-amzn-requestid",
]);

/** `Via`: important notes. An upstream's trace id is passed (recorded). */
const droppedOnReturn = new Set([
  "transfer-encoding",
  "keep-alive",
  "via",
  "x-amz-apigw-id",
]);

/** Documented as dropped, recorded as renamed where a mapping sets them. */
const openOnReturn = new Set([
  "expect",
  "host",
  "proxy-authenticate",
  "trailer",
  "upgrade",
]);

/** How an `Authorization` begins that is a signature. */
export const signature = "AWS4-HMAC-SHA256";

/** Never passed on: a backend gets it only from a mapping (AWS: important notes). */
export const methodOverrideHeader = "x-http-method-override";

/** Node's flat `rawHeaders` as pairs. */
export function headerPairs(raw: readonly string[]): HeaderPairs {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < raw.length; at += 2)
    pairs.push([raw[at] ?? "", raw[at + 1] ?? ""]);
  return pairs;
}

/** What mappings, events and backends may see of the client's headers. */
export function visibleHeaders(pairs: HeaderPairs): HeaderPairs {
  return pairs.filter(([name]) => !droppedOnEntry.has(name.toLowerCase()));
}

export function withoutHeaders(
  pairs: HeaderPairs,
  names: readonly string[],
): HeaderPairs {
  const unwanted = new Set(names.map((name) => name.toLowerCase()));
  return pairs.filter(([name]) => !unwanted.has(name.toLowerCase()));
}

/** Every value of a header, in order; names compare without case. */
export function headerValues(pairs: HeaderPairs, name: string): string[] {
  const wanted = name.toLowerCase();
  return pairs
    .filter(([key]) => key.toLowerCase() === wanted)
    .map(([, value]) => value);
}

/** The value a single-value reader sees: the last one. */
export function lastHeader(
  pairs: HeaderPairs,
  name: string,
): string | undefined {
  return headerValues(pairs, name).at(-1);
}

/** Sets headers over same-named ones, whatever their case. */
export function replaceHeaders(
  pairs: HeaderPairs,
  replacements: HeaderPairs,
): HeaderPairs {
  const names = replacements.map(([name]) => name);
  return [...withoutHeaders(pairs, names), ...replacements];
}

/** Backend response headers as the client gets them. */
export function returnedHeaders(
  pairs: HeaderPairs,
  { answerNames }: Pick<Readings, "answerNames">,
): HeaderPairs {
  const isDropped = (name: string): boolean =>
    droppedOnReturn.has(name) ||
    (answerNames === "dropped" && openOnReturn.has(name));
  return pairs
    .filter(([name]) => !isDropped(name.toLowerCase()))
    .map(([name, value]) => [returnedName(name), value]);
}

export function returnedName(name: string): string {
  return remappedOnReturn.has(name.toLowerCase())
    ? `x-amzn-Remapped-${name}`
    : name;
}

/** Bytes of all names and values, for the 10,240-byte limit. */
export function headerBytes(pairs: HeaderPairs): number {
  return pairs.reduce(
    (sum, [name, value]) =>
      sum + Buffer.byteLength(name) + Buffer.byteLength(value),
    0,
  );
}

/** Pairs in the shape node:http takes: repeats become lists, the first spelling of a name is kept. */
export function nodeHeaders(pairs: HeaderPairs): OutgoingHttpHeaders {
  const spelling = new Map<string, string>();
  const headers: Record<string, string | string[]> = {};
  for (const [name, value] of pairs) {
    const key = spelling.get(name.toLowerCase()) ?? name;
    spelling.set(name.toLowerCase(), key);
    const before = headers[key];
    headers[key] = before === undefined ? value : [before, value].flat();
  }
  return headers;
}

export type QueryPairs = readonly (readonly [name: string, value: string])[];

/** Decoded pairs in order (`+` and `%20` are spaces). Text that is no valid percent-encoding stays as it is. `;` splits as `&` does. */
export function queryPairs(raw: string): QueryPairs {
  return raw
    .split(/[&;]/)
    .filter((part) => part !== "")
    .map((part) => {
      const at = part.indexOf("=");
      const [name, value] =
        at < 0 ? [part, ""] : [part.slice(0, at), part.slice(at + 1)];
      return [decode(name), decode(value)] as const;
    });
}

export function queryValues(pairs: QueryPairs, name: string): string[] {
  return pairs.filter(([key]) => key === name).map(([, value]) => value);
}

export function encodePair([name, value]: readonly [string, string]): string {
  return `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
}

function decode(text: string): string {
  const spaced = text.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}
