// The rules of upstreams: name, URL, credential, static headers. Pure.
import {
  defaults,
  type Route,
  type Upstream,
  type UpstreamCredential,
} from "../../gate/gate.ts";
import { sameHeader } from "../../gate/overwritten-headers.ts";
import {
  greedyParameterOf,
  parametersOf,
  placeholdersOf,
  targetUrl,
} from "../../gate/paths.ts";
import type { DraftUpstream } from "../draft.ts";
import type { Given, Place, Report } from "../location.ts";
import { quoted } from "../messages.ts";
import {
  credentialHeaderFault,
  headerNameFault,
  headerValueFault,
} from "./headers.ts";
import type { PlacedRoute } from "./routes.ts";
import { checkSecret, type SecretSetting } from "./secrets.ts";
import { checkUrl } from "./urls.ts";

/** Of the 10,240 bytes that API Gateway takes for all headers of a call (quotas of REST APIs, "total combined size of headers"). */
const mostHeaderBytes = 4096;
const mostHeaders = 50;

/** What the upstreams share with the rest of the gate. */
export interface UpstreamSetting extends SecretSetting {
  readonly tokenHeaders: readonly string[];
}

/** @returns the upstreams that hold, sorted by name; the others were reported. */
export function checkUpstreams(
  drafts: readonly DraftUpstream[],
  setting: UpstreamSetting,
  report: Report,
): Upstream[] {
  return drafts
    .flatMap((draft) => checkUpstream(draft, setting, report) ?? [])
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

function checkUpstream(
  draft: DraftUpstream,
  setting: UpstreamSetting,
  report: Report,
): Upstream | undefined {
  const { name, place } = draft;
  if (!/^[a-z][a-z0-9-]{0,31}$/.test(name))
    report(
      place,
      `${quoted(name)} is no upstream name: use 1 to 32 lower-case letters, digits and hyphens, a letter first`,
    );
  if (draft.url === undefined)
    report(
      place,
      "no upstream was given: set the https URL of the AI service behind the route",
    );
  const url = draft.url && checkUrl(draft.url, report);
  const credential = checkCredential(draft, setting, report);
  const headers = checkHeaders(
    draft,
    [
      ...setting.tokenHeaders,
      "Authorization",
      credential?.header ?? "Authorization",
    ],
    report,
  );
  return url === undefined
    ? undefined
    : { name, url, ...(credential && { credential }), headers };
}

function checkCredential(
  draft: DraftUpstream,
  setting: UpstreamSetting,
  report: Report,
): UpstreamCredential | undefined {
  const { header: given, secret: reference } = draft;
  const header = checkHeader(
    given ?? { value: defaults.upstreamHeader, place: draft.place },
    report,
  );
  if (reference === undefined) {
    if (given !== undefined)
      report(
        given.place,
        "a header is given but no secret to put in it: give the secret too, or remove the header",
      );
    return undefined;
  }
  const secret = checkSecret(reference, setting, report);
  return header && secret && { ...header, secret };
}

/** `Header` or `Header: Scheme`. */
function checkHeader(
  given: Given<string>,
  report: Report,
): { header: string; prefix: string } | undefined {
  const colon = given.value.indexOf(":");
  const header = (colon < 0 ? given.value : given.value.slice(0, colon)).trim();
  const scheme = colon < 0 ? "" : given.value.slice(colon + 1).trim();
  const fault = credentialHeaderFault(header);
  if (fault !== undefined) report(given.place, `${quoted(header)} ${fault}`);
  // A long word after the colon is more likely the key itself than a scheme: it is not shown.
  else if (!/^[A-Za-z0-9._-]{0,32}$/.test(scheme))
    report(
      given.place,
      `what follows ${quoted(`${header}:`)} is no scheme (one word like Bearer): the secret itself belongs in the secret store`,
    );
  else return { header, prefix: scheme === "" ? "" : `${scheme} ` };
  return undefined;
}

function checkHeaders(
  draft: DraftUpstream,
  taken: readonly string[],
  report: Report,
): Record<string, string> {
  const used = new Set(taken.map(sameHeader));
  const own = new Set<string>();
  for (const { name, value, place } of draft.headers) {
    const low = sameHeader(name);
    reportHeader(place, name, headerNameFault(name), report);
    // Values may be secrets put in the wrong place: only the name is shown.
    reportHeader(place, name, headerValueFault(value), report);
    if (used.has(low))
      reportHeader(
        place,
        name,
        "is set by the gate itself: remove it (a credential belongs in `secret`)",
        report,
      );
    if (own.has(low))
      reportHeader(place, name, "is given twice: remove one", report);
    own.add(low);
  }
  if (draft.headers.length > mostHeaders)
    report(
      draft.place,
      `${quoted(draft.name)} has ${draft.headers.length} static headers: give at most ${mostHeaders}`,
    );
  const size = draft.headers.reduce(
    (sum, { name, value }) => sum + name.length + value.length + 4,
    0,
  );
  if (size > mostHeaderBytes)
    report(
      draft.place,
      `the static headers of ${quoted(draft.name)} have ${size} bytes: API Gateway takes 10240 bytes for all headers of a call, and the caller's own and the credential need room, so give at most ${mostHeaderBytes}`,
    );
  return Object.fromEntries(
    draft.headers.map(({ name, value }) => [name, value]),
  );
}

function reportHeader(
  place: Place,
  name: string,
  fault: string | undefined,
  report: Report,
): void {
  if (fault !== undefined) report(place, `the header ${quoted(name)} ${fault}`);
}

// Where a route leads. A route that ends in a greedy parameter appends what it matched to the upstream's URL; any other
// leads to exactly that URL. `{name}` in the URL stands for the route's path parameter. Pure.

/** Reports placeholders no route fills; warns of paths that get lost on the way. */
export function checkTargets(
  routes: readonly PlacedRoute[],
  upstreams: readonly Upstream[],
  { report, warn }: { report: Report; warn: Report },
): void {
  for (const { route, draft } of routes) {
    const upstream = upstreams.find(({ name }) => name === route.upstream);
    if (upstream === undefined) continue;
    const parameters = parametersOf(route.path);
    const used = placeholdersOf(targetUrl(route, upstream));
    const unfilled = used.filter((name) => !parameters.includes(name));
    const unused = parameters.filter((name) => !used.includes(name));
    const { place } = draft.upstream;
    if (unfilled.length > 0)
      report(
        place,
        `the URL of upstream ${quoted(upstream.name)} has {${unfilled.join("}, {")}}, which the path ${quoted(route.path)} does not: add it to the path, or use another upstream`,
      );
    if (unused.length > 0)
      warn(
        place,
        `the upstream does not see {${unused.join("}, {")}} of ${quoted(route.path)}: put it into the URL of upstream ${quoted(upstream.name)} if it should`,
      );
    else if (
      greedyParameterOf(route.path) === undefined &&
      sharesGreedy(route, routes)
    )
      warn(
        place,
        `${quoted(route.path)} leads to ${upstream.url} itself, since only {proxy+} appends to the URL: give it an upstream with the full URL if that is not meant`,
      );
  }
}

function sharesGreedy(route: Route, routes: readonly PlacedRoute[]): boolean {
  return routes.some(
    ({ route: other }) =>
      other.upstream === route.upstream &&
      greedyParameterOf(other.path) !== undefined,
  );
}
