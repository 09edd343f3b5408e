// URLs of upstreams and issuers: https, on a public host, so that nothing can be turned against the network behind it.
import { isIssuerUrl } from "../../../contract/authorizer-settings.ts";
import { placeholder } from "../../gate/paths.ts";
import type { Located } from "../location.ts";
import { quoted } from "../messages.ts";

/** @returns the upstream's URL with its host in lower case, as an origin alone without a slash; undefined when it was reported */
export function checkUrl(given: Located<string>): string | undefined {
  const { value: text } = given;
  const url = URL.parse(text.replace(placeholder, "parameter"));
  const fault = publicUrlFault(text, url) ?? pathFault(text, url);
  if (fault === undefined && url !== null)
    return url.origin + pathOf(text).replace(/^\/$/, "");
  given.report(`${shown(text)} ${fault ?? ""}`);
  return undefined;
}

/** Reports the URL of an issuer or of its keys that is not safe to trust. */
export function checkIssuerUrl(given: Located<string>): void {
  const fault = issuerUrlFault(given.value);
  if (fault !== undefined) given.report(`${shown(given.value)} ${fault}`);
}

/** @returns whether the issuer is GitHub Actions: of github.com, of GHE.com, or of an Enterprise Server */
export function isGithubUrl(text: string): boolean {
  const url = URL.parse(text);
  return (
    url !== null &&
    (url.hostname.startsWith("token.actions.") ||
      url.pathname.replace(/\/$/, "").endsWith("/_services/token"))
  );
}

/** @returns what is wrong with the URL of an issuer or of its keys, if anything: the rest of a sentence that starts with it */
export function issuerUrlFault(text: string): string | undefined {
  const fault = publicUrlFault(text, URL.parse(text));
  if (fault !== undefined) return fault;
  // No backslash, which servers read in different ways.
  if (!/^[\x21-\x5b\x5d-\x7e]{1,512}$/.test(text))
    return "has more than 512 characters, or one that no URL has: correct it";
  return isIssuerUrl(text)
    ? undefined
    : "does not begin with https:// in small letters and a host: write it like https://login.example.com";
}

/** Neither a password before the host nor a key in the query is ever shown. */
function shown(text: string): string {
  return text.includes("@") ? "URL" : quoted(text.split(/[?#]/, 1)[0] ?? "");
}

function publicUrlFault(text: string, url: URL | null): string | undefined {
  if (url === null) return "is not a URL: write it like https://example.com/v1";
  if (url.protocol !== "https:")
    return "is not https: write https://, since nothing else is safe from changes on the way";
  if (text.includes("@"))
    return "contains credentials: remove them (an upstream's belong in `upstream-secret`, or `secret` in the config file)";
  if (text.includes("?")) return "has a query: remove it";
  if (text.includes("#")) return "has a fragment: remove it";
  return hostFault(url);
}

function hostFault({ hostname, port }: URL): string | undefined {
  // Developer guide, "HTTP integrations for REST APIs": 80, 443 and 1024-65535; 80 is no port for https.
  if (port !== "" && Number(port) < 1024)
    return "has a port that is not allowed: use 443 or 1024 to 65535";
  if (hostname.startsWith("["))
    return "has an IPv6 address for a host: use a host name";
  const address = /^(\d+)\.(\d+)\.\d+\.\d+$/.exec(hostname);
  const isName =
    /^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/.test(hostname) &&
    !/(^|\.)(localhost|local|internal|home\.arpa)$/.test(hostname);
  const isReachable = address
    ? isPublic(Number(address[1]), Number(address[2]))
    : isName;
  return isReachable
    ? undefined
    : "has a host that is not public, which AWS cannot reach: use a public host name";
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

function pathFault(text: string, url: URL | null): string | undefined {
  const [, host = ""] = /^https:\/\/([^/]*)/i.exec(text) ?? [];
  if (/[{}]/.test(host))
    return "has a placeholder in its host, where the credential would go: write the host in full";
  const filled = pathOf(text).replace(placeholder, "parameter");
  // `$` and `'` mean something to API Gateway, `\` to some servers; `{name}` was taken out above.
  if (!/^(\/([A-Za-z0-9._~!&()*+,;=:-]|%[0-9A-Fa-f]{2})+)*\/?$/.test(filled))
    return "has an empty segment or a character that is not allowed in its path: use letters, digits and . _ ~ - :";
  return url?.pathname !== (filled || "/") || /%2e/i.test(filled)
    ? "has dot segments: write the path in full"
    : undefined;
}

function pathOf(text: string): string {
  return text.replace(/^https:\/\/[^/]*/i, "");
}
