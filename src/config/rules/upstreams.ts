// Upstreams: name, URL, credential, static headers; and where each route leads.
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
import type { Given, Report } from "../location.ts";
import { quoted } from "../messages.ts";
import { checkName, reportFault, type Reports } from "./value-checks.ts";
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

/** @returns the upstreams that hold, sorted by name; the others were reported */
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
  checkName(name, place, report);
  if (draft.url === undefined)
    report(place, "Missing value: use the https URL of the AI service");
  const url = draft.url && checkUrl(draft.url, report);
  const credential = checkCredential(draft, setting, report);
  const taken = [
    ...setting.tokenHeaders,
    "Authorization",
    credential?.header ?? "Authorization",
  ];
  const headers = checkHeaders(draft, taken, report);
  return url === undefined
    ? undefined
    : { name, url, ...(credential && { credential }), headers };
}

function checkCredential(
  { header: given, secret: reference, place }: DraftUpstream,
  setting: UpstreamSetting,
  report: Report,
): UpstreamCredential | undefined {
  const written = given ?? { value: defaults.upstreamHeader, place };
  const header = checkHeader(written, report);
  if (reference === undefined) {
    if (given !== undefined)
      report(
        given.place,
        "Header without a secret: set the secret, or remove the header",
      );
    return undefined;
  }
  const secret = checkSecret(reference, setting, report);
  return header && secret && { ...header, secret };
}

/** `Header` or `Header: Scheme`. */
function checkHeader(
  { value, place }: Given<string>,
  report: Report,
): { header: string; prefix: string } | undefined {
  const [, header = "", scheme = ""] =
    /^([^:]*):?(.*)$/s.exec(value)?.map((part) => part.trim()) ?? [];
  const fault = credentialHeaderFault(header);
  reportFault({ value: header, place }, fault, report);
  if (fault !== undefined) return undefined;
  if (/^[A-Za-z0-9._-]{0,32}$/.test(scheme))
    return { header, prefix: scheme === "" ? "" : `${scheme} ` };
  // A long word after the colon is more likely the key itself than a scheme: it is not shown.
  report(
    place,
    `Invalid scheme after ${quoted(`${header}:`)}: use one word like Bearer, and keep the secret itself in the secret store`,
  );
  return undefined;
}

function checkHeaders(
  draft: DraftUpstream,
  taken: readonly string[],
  report: Report,
): Record<string, string> {
  const { name, place, headers } = draft;
  const reserved = taken.map(sameHeader);
  const own = new Set<string>();
  for (const header of headers) {
    const key = sameHeader(header.name);
    // Values may be secrets put in the wrong place: only the name is shown.
    const shown = { value: header.name, place: header.place };
    reportFault(shown, headerNameFault(header.name), report);
    reportFault(shown, headerValueFault(header.value), report);
    if (reserved.includes(key))
      reportFault(
        shown,
        "is set by the gate itself: remove it (a credential belongs in `secret`)",
        report,
      );
    if (own.has(key))
      report(
        header.place,
        `Duplicate header ${quoted(header.name)}: remove one`,
      );
    own.add(key);
  }
  const bytes = headers.reduce(
    (sum, header) => sum + header.name.length + header.value.length + 4,
    0,
  );
  if (headers.length > mostHeaders || bytes > mostHeaderBytes)
    report(
      place,
      `Too many static headers of ${quoted(name)} (${headers.length}, ${bytes} bytes): use at most ${mostHeaders} and ${mostHeaderBytes} bytes`,
    );
  return Object.fromEntries(
    headers.map((header) => [header.name, header.value]),
  );
}

/**
 * A route that ends in a greedy parameter appends what it matched to the upstream's URL, any other leads to exactly that URL;
 * `{name}` in the URL stands for the route's path parameter. Reports placeholders no route fills, and warns of paths that get lost.
 */
export function checkTargets(
  routes: readonly PlacedRoute[],
  upstreams: readonly Upstream[],
  { report, warn }: Reports,
): void {
  const greedy = new Set(
    routes.flatMap(({ route }) =>
      greedyParameterOf(route.path) === undefined ? [] : [route.upstream],
    ),
  );
  for (const { route, draft } of routes) {
    const upstream = upstreams.find(({ name }) => name === route.upstream);
    if (upstream === undefined) continue;
    const { unfilled, unused } = compareParameters(route, upstream);
    const { place } = draft.upstream;
    if (unfilled.length > 0)
      report(
        place,
        `The URL of ${quoted(upstream.name)} has ${unfilled.join(", ")}, which the path ${quoted(route.path)} has not: add it to the path, or use another upstream`,
      );
    if (unused.length > 0)
      warn(
        place,
        `The URL of ${quoted(upstream.name)} has no ${unused.join(", ")}, so the upstream does not see this part of ${quoted(route.path)}: add it to the URL if it should`,
      );
    else if (
      greedyParameterOf(route.path) === undefined &&
      greedy.has(route.upstream)
    )
      warn(
        place,
        `${quoted(route.path)} leads to ${upstream.url} itself, since only {proxy+} appends to the URL: use an upstream with the full URL if another is meant`,
      );
  }
}

function compareParameters(route: Route, upstream: Upstream) {
  const inPath = parametersOf(route.path);
  const inUrl = placeholdersOf(targetUrl(route, upstream));
  const without = (names: readonly string[], others: readonly string[]) =>
    names.filter((name) => !others.includes(name)).map((name) => `{${name}}`);
  return { unfilled: without(inUrl, inPath), unused: without(inPath, inUrl) };
}
