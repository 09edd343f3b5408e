// Which header names and values the gate can set or read through API Gateway.
import { settingsLimits } from "../../../contract/authorizer-settings.ts";
import type { Upstream } from "../../gate/gate.ts";
import { ownHeaders, sameHeader } from "../../gate/overwritten-headers.ts";
import type { Config } from "../from-inputs.ts";
import type { Located } from "../location.ts";
import { inline } from "../messages.ts";
import { isCustom } from "./auth.ts";
import { checkList } from "./value-checks.ts";

/**
 * Headers API Gateway drops, renames or refuses to map (developer guide, "Important notes for REST APIs"), hop-by-hop headers
 * (RFC 9110, 7.6.1).
 */
const unusable =
  /^(connection|content-length|content-md5|expect|host|keep-alive|max-forwards|proxy-(authenticate|authorization|connection)|server|te|trailer|transfer-encoding|upgrade|via|www-authenticate|x-(amzn|amz-cf|forwarded)-.*)$/;

/** Headers without which an upstream cannot read the call. */
const needed = /^(accept|accept-encoding|content-encoding|content-type)$/;

/** Headers with a meaning of their own: a token in one of them would break every call. */
const descriptive = /^(cookie|date|origin|user-agent)$/;

/** With the gate's own and an upstream's they have to fit into what the authorizer reads. */
const mostStripped = 20;

/** @returns what is wrong with a header the gate should set on calls to an upstream, if anything */
export function headerNameFault(name: string): string | undefined {
  // RFC 9110 (5.6.2) allows more, API Gateway's mapping expressions do not.
  if (!/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name))
    return "is not the name of a header: use at most 64 letters, digits and hyphens";
  const low = sameHeader(name);
  return unusable.test(low) || ownHeaders.includes(low)
    ? "is set by API Gateway or the gate itself: use another header"
    : undefined;
}

/** @returns what is wrong with a header that should carry a credential, if anything */
export function credentialHeaderFault(name: string): string | undefined {
  const fault = headerNameFault(name);
  if (fault !== undefined) return fault;
  const low = sameHeader(name);
  return needed.test(low) || descriptive.test(low)
    ? "has another meaning: use Authorization, x-api-key or a header of your own"
    : undefined;
}

/** @returns what is wrong with a static header value, if anything */
export function headerValueFault(value: string): string | undefined {
  if (value.trim() === "")
    return "is empty, and API Gateway leaves empty headers out: remove it";
  if (value !== value.trim()) return "starts or ends with a space: remove it";
  if (!/^[\x20-\x7e]+$/.test(value) || value.includes("'"))
    return "has a character that cannot be mapped: use printable ASCII without '";
  return value.length > 1024
    ? `is too long (${value.length} characters): use at most 1024`
    : undefined;
}

/** @returns the headers that the user names, undefined for those of the upstreams' kinds */
export const checkTokenHeaders = (
  config: Located<Config>,
): string[] | undefined => {
  const given = config.at("token-header");
  return (
    given &&
    checkList("header", given.items(), {
      most: settingsLimits.tokenHeaders,
      faultOf: credentialHeaderFault,
      keyOf: sameHeader,
    })
  );
};

/** @returns all headers in which callers of some upstream may send their credential */
export function joinTokenHeaders(
  config: Located<Config>,
  upstreams: readonly Pick<Upstream, "tokenHeaders">[],
): string[] {
  const all = upstreams.flatMap(({ tokenHeaders }) => tokenHeaders);
  const keys = all.map(sameHeader);
  const names = all.filter(
    (_, index) => keys.indexOf(keys[index] ?? "") === index,
  );
  if (names.length < 2) return names;
  const auth = config.at("auth");
  const cacheTtl = auth.at("cache-ttl");
  if (cacheTtl !== undefined && cacheTtl.value > 0)
    cacheTtl.report(
      `A cache needs a single token header, by which API Gateway finds answers again (${names.join(", ")}): set cache-ttl to 0, or token-header to one of them`,
    );
  if (isCustom(config) && auth.value.type?.toLowerCase() !== "request")
    (config.at("token-header")?.items()[1] ?? auth.at("mode") ?? auth).report(
      `An authorizer of the type token reads one header (${names.map(inline).join(", ")}): set token-header to one of them, or use the type request`,
    );
  return names;
}

/** @returns the headers that the user does not want to reach upstreams */
export const checkStripHeaders = (config: Located<Config>): string[] =>
  checkList("header", config.at("strip-headers").items(), {
    most: mostStripped,
    faultOf: stripHeaderFault,
    keyOf: sameHeader,
  });

function stripHeaderFault(name: string): string | undefined {
  const fault = headerNameFault(name);
  if (fault !== undefined) return fault;
  return needed.test(sameHeader(name))
    ? "is needed to read the call: remove it from the list"
    : undefined;
}
