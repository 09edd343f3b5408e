// The URL of an upstream: what API Gateway can reach, and nothing that could be turned against the network behind it. Pure.
import type { Given, Report } from "../read/place.ts";
import { quoted } from "../read/words.ts";

const placeholder = /\{([A-Za-z][A-Za-z0-9_]*)\}/g;

/**
 * @returns the URL with its host in lower case and no trailing slash, or undefined when it was reported.
 */
export function checkUrl(
  given: Given<string>,
  report: Report,
): string | undefined {
  // A URL may carry a password before its host or a key in its query: neither is ever shown.
  const shown = given.value.includes("@")
    ? "the upstream URL"
    : `the upstream URL ${quoted(given.value.split(/[?#]/, 1)[0] ?? "")}`;
  const url = URL.parse(given.value.replace(placeholder, "parameter"));
  const fault =
    url === null
      ? "is no URL: write it like https://api.example.com/v1"
      : urlFault(given.value, url);
  if (fault === undefined && url !== null)
    return url.origin + pathOf(given.value);
  report(given.place, `${shown} ${fault ?? ""}`);
  return undefined;
}

/** Names of the `{name}` placeholders in a URL. */
export function placeholdersOf(url: string): string[] {
  return [...url.matchAll(placeholder)].map(([, name]) => name ?? "");
}

function urlFault(text: string, url: URL): string | undefined {
  if (url.protocol !== "https:")
    return "is not https: the gate sends credentials, so write https://";
  if (url.username !== "" || url.password !== "" || text.includes("@"))
    return "holds credentials: use `upstream-secret` (`secret` in the config file)";
  if (text.includes("?"))
    return "has a query: remove it (the caller's query is passed on)";
  if (text.includes("#")) return "has a fragment: remove it";
  return hostFault(url, "API Gateway") ?? pathFault(text, url);
}

/**
 * @param caller who would call it: API Gateway, or the authorizer.
 * @returns what is wrong with the host of an https URL, if anything: it must be a public one.
 */
export function hostFault(
  { hostname, port: given }: URL,
  caller: string,
): string | undefined {
  const port = Number(given || 443);
  // Developer guide, "HTTP integrations for REST APIs": 80, 443 and 1024-65535; 80 is no port for https.
  if (port !== 443 && port < 1024)
    return `has a port that ${caller} does not call: use 443 or 1024 to 65535`;
  if (hostname.startsWith("["))
    return "has an IPv6 address for a host: use a host name";
  const address = /^(\d+)\.(\d+)\.\d+\.\d+$/.exec(hostname);
  if (address !== null)
    return isPublic(Number(address[1]), Number(address[2]))
      ? undefined
      : `has a host that only a private network reaches: ${caller} cannot, so use a public host name`;
  if (
    !/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/.test(
      hostname,
    ) ||
    /(^|\.)(localhost|local|internal|home\.arpa)$/.test(hostname)
  )
    return `has a host that is not a public name: ${caller} cannot reach it, so use a public host name`;
  return undefined;
}

/** RFC 6890: everything that is not for the public Internet. */
function isPublic(first: number, second: number): boolean {
  if ([0, 10, 127].includes(first) || first >= 224) return false;
  if (first === 100) return second < 64 || second > 127;
  if (first === 169) return second !== 254;
  if (first === 172) return second < 16 || second > 31;
  if (first === 192) return second !== 168 && second !== 0;
  return !(first === 198 && (second === 18 || second === 19));
}

function pathFault(text: string, url: URL): string | undefined {
  const [, host = "", path = ""] = /^https:\/\/([^/]*)(.*)$/i.exec(text) ?? [];
  if (/[{}]/.test(host))
    return "has a placeholder in its host: callers may not choose where the credential goes";
  const filled = path.replace(placeholder, "parameter");
  // `$` and `'` mean something to API Gateway, `\` to some servers; `{name}` was taken out above.
  if (!/^(\/([A-Za-z0-9._~!&()*+,;=:-]|%[0-9A-Fa-f]{2})+)*\/?$/.test(filled))
    return "has a path with an empty segment or a character that is not allowed: use letters, digits and . _ ~ - :";
  if (url.pathname !== (filled === "" ? "/" : filled) || /%2e/i.test(filled))
    return "has dot segments: write the path out";
  return undefined;
}

function pathOf(text: string): string {
  return text.replace(/^https:\/\/[^/]*/i, "").replace(/\/$/, "");
}
