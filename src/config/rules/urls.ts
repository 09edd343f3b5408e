// The URL of an upstream: what API Gateway can reach, and nothing that could be turned against the network behind it. Pure.
import { placeholder } from "../../gate/paths.ts";
import { isIssuerUrl } from "../../../contract/authorizer-settings.ts";
import type { DraftIssuer } from "../draft.ts";
import type { Given, Report } from "../location.ts";
import { quoted } from "../messages.ts";

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
function hostFault(
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

// The URLs of issuers, which are compared with the claim `iss` letter by letter; and what is known of well-known issuers. Pure.

/** Whether the issuers at these hosts end in a slash, as their documentation and tokens have it. */
const slashes = [
  { host: /\.auth0\.com$/, slash: true, who: "Auth0" },
  { host: /^sts\.windows\.net$/, slash: true, who: "Microsoft Entra" },
  {
    host: /^login\.microsoftonline\.com$/,
    slash: false,
    who: "Microsoft Entra",
  },
  { host: /^cognito-idp\./, slash: false, who: "Cognito" },
  { host: /^accounts\.google\.com$/, slash: false, who: "Google" },
  { host: /\.okta\.com$/, slash: false, who: "Okta" },
  { host: /^token\.actions\./, slash: false, who: "GitHub" },
];

/** Reports an issuer that no token can come from, or that is not safe to trust. */
export function checkIssuerUrl(given: Given<string>, report: Report): void {
  const url = URL.parse(given.value);
  const fault = issuerUrlFault(given.value) ?? slashFault(given.value, url);
  if (fault !== undefined)
    report(given.place, `the issuer ${shown(given.value)} ${fault}`);
}

/** Reports a URL that public keys should not come from. */
export function checkKeysUrl(given: Given<string>, report: Report): void {
  const fault = issuerUrlFault(given.value);
  if (fault !== undefined)
    report(given.place, `the URL of the keys ${shown(given.value)} ${fault}`);
}

/** @returns whether the issuer is GitHub Actions: of github.com, of GHE.com, or of an Enterprise Server. */
export function isGithubUrl(text: string): boolean {
  const url = URL.parse(text);
  return (
    url !== null &&
    (url.hostname.startsWith("token.actions.") ||
      url.pathname.replace(/\/$/, "").endsWith("/_services/token"))
  );
}

/** Neither a password before the host nor a key in the query is ever shown. */
function shown(text: string): string {
  return text.includes("@") ? "URL" : quoted(text.split(/[?#]/, 1)[0] ?? "");
}

/** @returns what is wrong with the URL of an issuer or of its keys, if anything: the authorizer must take it, and reach it. */
export function issuerUrlFault(text: string): string | undefined {
  const url = URL.parse(text);
  if (url === null) return "is no URL: write it like https://login.example.com";
  if (url.protocol !== "https:")
    return "is not https: keys that anybody on the way can change are no proof, so write https://";
  if (text.includes("@")) return "holds credentials: remove them";
  if (text.includes("?")) return "has a query: remove it";
  if (text.includes("#")) return "has a fragment: remove it";
  if (!/^[\x21-\x5b\x5d-\x7e]{1,512}$/.test(text))
    return "has a space or another character that no URL has, or more than 512 of them: correct it";
  return isIssuerUrl(text)
    ? hostFault(url, "the authorizer")
    : "does not begin with https:// in small letters and a host: write it like https://login.example.com";
}

function slashFault(text: string, url: URL | null): string | undefined {
  const known = slashes.find(({ host }) => host.test(url?.hostname ?? ""));
  if (known === undefined || text.endsWith("/") === known.slash)
    return undefined;
  return known.slash
    ? `has no / at its end: ${known.who}'s \`iss\` ends in one, and it is compared exactly, so write ${quoted(`${text}/`)}`
    : `has a / at its end: ${known.who}'s \`iss\` has none, and it is compared exactly, so remove it`;
}

/**
 * Cognito signs access and ID tokens with one key, for all clients of a pool: a gate must say which of the two it takes,
 * and the two name the client in different claims (developer guide, "Verifying JSON web tokens").
 */
export function checkCognito(draft: DraftIssuer, report: Report): void {
  const { hostname } = URL.parse(draft.issuer.value) ?? { hostname: "" };
  if (!/^cognito-idp\.[a-z0-9-]+\.amazonaws\.com(\.cn)?$/.test(hostname))
    return;
  const pinned = draft.claims.find(({ name }) => name === "token_use");
  const [use, ...more] = pinned?.values ?? [];
  const claim = draft.audienceClaim?.value ?? "aud";
  if ((use?.value !== "access" && use?.value !== "id") || more.length > 0)
    report(
      pinned?.place ?? draft.place,
      "Cognito signs access tokens and ID tokens alike, so say which the gate takes: for access tokens write `audience-claim: client_id` and `claims: { token_use: access }`, for ID tokens `claims: { token_use: id }`, in `auth.issuers` of the config file",
    );
  else if (use.value === "access" && claim !== "client_id")
    report(
      draft.audienceClaim?.place ?? use.place,
      "Cognito's access tokens have no `aud`: write `audience-claim: client_id`, and the app client's id as `audience`",
    );
  else if (use.value === "id" && claim !== "aud")
    report(
      draft.audienceClaim?.place ?? use.place,
      `Cognito's ID tokens name the app client in \`aud\`, not in ${quoted(claim)}: remove \`audience-claim\``,
    );
}
