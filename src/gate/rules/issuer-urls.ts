// The URLs of issuers, which are compared with the claim `iss` letter by letter; and what is known of well-known issuers. Pure.
import { isIssuerUrl } from "../../../contract/authorizer-settings.ts";
import type { DraftIssuer } from "../read/draft.ts";
import type { Given, Report } from "../read/place.ts";
import { quoted } from "../read/words.ts";
import { hostFault } from "./urls.ts";

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
