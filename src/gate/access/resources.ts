// A consumer's access as few enough patterns for the authorizer's answer: exact ones while they fit, else wildcards over
// whole prefixes, where these match nothing that the consumer was not given. Pure.
import { callsBeyond, matchesAny, resourcesOf, spellingsOf } from "./access.ts";
import type { Route } from "../gate.ts";
import { largestResult, type LimitedGate, resultSize } from "./size.ts";

/** @returns ARN suffixes after `apiId/stage/`; the exact ones where even wildcards would not fit. */
export function fittingResources(
  access: readonly string[],
  gate: LimitedGate,
): string[] {
  const exact = resourcesOf(access, gate.routes);
  const fits = (resources: readonly string[]) =>
    resultSize(resources, access, gate) <= largestResult;
  if (fits(exact)) return exact;
  const short = shortenResources(access, gate.routes, fits);
  return fits(short) ? short : exact;
}

/**
 * Puts `METHOD/prefix/*` for several patterns, the shortest prefixes first, until the list fits. A prefix is taken only if
 * no call beyond the access can be written so that the wildcard matches it.
 */
export function shortenResources(
  access: readonly string[],
  routes: readonly Route[],
  fits: (resources: readonly string[]) => boolean,
): string[] {
  const beyond = callsBeyond(access, routes).flatMap(spellingsOf);
  let resources = resourcesOf(access, routes);
  for (const prefix of prefixesOf(resources)) {
    if (fits(resources)) break;
    const replaced = resources.filter((one) => one.startsWith(prefix));
    const wildcard = `${prefix}*`;
    if (replaced.length < 2 || matchesAny(wildcard, beyond)) continue;
    const [first] = replaced;
    resources = resources.flatMap((one) =>
      one === first ? [wildcard] : replaced.includes(one) ? [] : [one],
    );
  }
  return resources;
}

/** `GET/`, `GET/a/`, … of `GET/a/b/*`: everything up to a slash before the first wildcard; the shortest first. */
function prefixesOf(resources: readonly string[]): string[] {
  const prefixes = resources.flatMap((one) => {
    const segments = (one.split("*", 1)[0] ?? "").split("/").slice(0, -1);
    return segments.map(
      (_, index) => `${segments.slice(0, index + 1).join("/")}/`,
    );
  });
  const depth = (prefix: string) => prefix.split("/").length;
  return [...new Set(prefixes)].sort((a, b) => depth(a) - depth(b));
}
