// Refuses paths that API Gateway, the upstream and the grants could read differently. Model names with `%2F`, `%3A`, `%25` pass.
import { matchesPath } from "../contract/path-template.ts";
import { decodePercent } from "./base-path.ts";
import type { Call } from "./event.ts";
import { routeKey, type Settings } from "./settings.ts";

/** Nobody encodes more than twice; each decoding is a pass over the text. */
const maxDecodings = 8;
const undecodable = "\ufffd";

/** @returns what is wrong with the path, worded for the caller. */
export function findPathFault(call: Call): string | undefined {
  const { fullPath, pathParameters, rawPath = "", route } = call;
  const parameters = [...pathParameters.values()].map((value) => `/${value}`);
  for (const text of [fullPath, rawPath, ...parameters]) {
    const fault = faultOf(text);
    if (fault !== undefined) return `The path ${fault}.`;
  }
  for (const name of route.urlParameters)
    if (decodingsOf(pathParameters.get(name) ?? "").some(hasUrlDelimiter))
      return `The path parameter {${name}} holds a slash, question mark or number sign, plain or encoded.`;
  // No client sends one: an upstream would read the path as ending there.
  return /[?#]/.test(fullPath + rawPath)
    ? "The path has a question mark or number sign that is not encoded (write %3F or %23)."
    : undefined;
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
  // It would miss the route of the plain path.
  return spellings.some(hasEncodedLetter)
    ? "has a letter or digit, or one of - . _, that is percent-encoded (write it as it is)"
    : undefined;
}

/**
 * An upstream that decodes first would take `/a%2Fb` for the `/a/b` of another route.
 * @returns what is wrong with the path, worded for the caller
 */
export function findMissedRoute(
  call: Call,
  routes: Settings["routes"],
): string | undefined {
  const sent = call.path;
  // API Gateway's own reading may be decoded already: then it says nothing of how the client sent it.
  const others = [sent, call.filledPath]
    .flatMap(decodingsOf)
    .filter((spelling) => spelling !== sent);
  if (others.length === 0) return undefined;
  for (const { path: template } of routes.values())
    if (
      template !== call.route.path &&
      routes.has(routeKey(call.method, template)) &&
      !matchesPath(template, sent) &&
      others.some((spelling) => matchesPath(template, spelling))
    )
      return `The path is one of the route ${template}, percent-encoded (write it as it is).`;
  return undefined;
}

/** The text and each of its decodings, to the end. */
function decodingsOf(text: string): string[] {
  const spellings: string[] = [];
  let current = text;
  while (current !== spellings.at(-1)) {
    if (spellings.length >= maxDecodings) return [...spellings, undecodable];
    spellings.push(current);
    current = decodePercent(current);
  }
  return spellings;
}

/** Some servers cut a segment at `;`, at a decoded `?` or `#`, or trim it. */
const isDotSegment = (segment: string): boolean =>
  /^\s*\.{1,2}\s*(?:[;?#]|$)/.test(segment);

const hasControl = (text: string): boolean => /[\0-\x1f\x7f-\x9f\\]/.test(text);

/** Except `~`, which old clients encode. */
const hasEncodedLetter = (text: string): boolean =>
  /%(?:2[DE]|3\d|[46][1-9A-F]|5[\dAF]|7[\dA])/i.test(text);

const hasUrlDelimiter = (text: string): boolean => /[/?#\\]/.test(text);
