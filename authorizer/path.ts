// What a path must not hold, so that API Gateway, the upstream and the consumer's list mean the same one. Everything else passes
// untouched: below `{proxy+}` clients really send model names with `%2F`, `%3A`, `:` or `%25`. Pure.
import { matchesPath } from "../contract/path-template.ts";
import type { Call } from "./event.ts";
import { routeKey, type Settings } from "./settings.ts";

/** How often a path may be encoded: nobody encodes more than twice, and each time costs a pass over the whole text. */
const maxDecodings = 8;
/** Stands where bytes are no UTF-8, such as the overlong forms of a dot. */
const undecodable = "\ufffd";

/** @returns what is wrong with the path, in words for the caller; undefined when nothing is. */
export function findPathFault(call: Call): string | undefined {
  const { path, pathParameters, rawPath = "", route } = call;
  // A value that begins with a slash follows one in the path.
  const parameters = [...pathParameters.values()].map((value) => `/${value}`);
  for (const text of [path, rawPath, ...parameters]) {
    const fault = faultOf(text);
    if (fault !== undefined) return `The path ${fault}.`;
  }
  for (const name of route.urlParameters)
    if (decodingsOf(pathParameters.get(name) ?? "").some(hasUrlDelimiter))
      return `The path parameter {${name}} holds a slash, question mark or number sign, plain or encoded.`;
  return undefined;
}

function faultOf(text: string): string | undefined {
  if (text.includes("//")) return "has an empty segment (//)";
  if (/%(?![0-9A-Fa-f]{2})/.test(text))
    return "has a percent sign that encodes nothing (write %25)";
  const spellings = decodingsOf(text);
  if (spellings.some((spelling) => spelling.includes(undecodable)))
    return "is encoded too often, or not as UTF-8";
  if (spellings.some(hasControl))
    return "has a backslash or control character, plain or encoded";
  if (spellings.some((spelling) => spelling.split("/").some(isDotSegment)))
    return "has a dot segment (. or ..), plain or encoded";
  // An encoded letter would miss the route that the plain path has.
  return spellings.some(hasEncodedLetter)
    ? "has a letter or digit, or one of - . _, that is percent-encoded (write it as it is)"
    : undefined;
}

/**
 * API Gateway compares text; an upstream that decodes first would take `/a%2Fb` or `/a%3Ab` for the `/a/b` or `/a:b` that a route of
 * its own, closer than the one that was chosen, is there for.
 *
 * @returns what is wrong with the path, in words for the caller; undefined when nothing is
 */
export function findMissedRoute(
  { method, path }: Call,
  routes: Settings["routes"],
): string | undefined {
  const others = decodingsOf(path).filter((spelling) => spelling !== path);
  if (others.length === 0) return undefined;
  for (const { path: template } of routes.values())
    if (
      routes.has(routeKey(method, template)) &&
      !matchesPath(template, path) &&
      others.some((spelling) => matchesPath(template, spelling))
    )
      return `The path is one of the route ${template}, percent-encoded (write it as it is).`;
  return undefined;
}

/** The text, and what it becomes each time that somebody on the way decodes it, to the end. */
function decodingsOf(text: string): string[] {
  const spellings = [text];
  let [current, previous] = [text, ""];
  while (current !== previous && spellings.length <= maxDecodings) {
    [current, previous] = [decodePercent(current), current];
    spellings.push(current);
  }
  return current === previous ? spellings : [...spellings, undecodable];
}

/** Decodes once. A percent sign that encodes nothing stays. */
export const decodePercent = (text: string): string =>
  text.replace(/(?:%[0-9A-Fa-f]{2})+/g, (bytes) =>
    Buffer.from(bytes.replaceAll("%", ""), "hex").toString(),
  );

/** Some servers cut a segment at `;`, at a decoded `?` or `#`, or trim it. */
const isDotSegment = (segment: string): boolean =>
  /^\s*\.{1,2}\s*(?:[;?#]|$)/.test(segment);

const hasControl = (text: string): boolean => /[\0-\x1f\x7f-\x9f\\]/.test(text);

/** `~` is in no route's path, and old clients do encode it. */
const hasEncodedLetter = (text: string): boolean =>
  /%(?:2[DE]|3\d|[46][1-9A-F]|5[\dAF]|7[\dA])/i.test(text);

const hasUrlDelimiter = (text: string): boolean => /[/?#\\]/.test(text);
