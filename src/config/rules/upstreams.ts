// Upstreams: name, URL, credential, static headers; and where each route leads.
import {
  type HttpUpstream,
  isHttp,
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
import {
  type UpstreamKind,
  upstreamKind,
  upstreamKinds,
} from "../../gate/upstream-kinds.ts";
import type { Config } from "../from-inputs.ts";
import { inputOf } from "../gate-source.ts";
import type { Located } from "../location.ts";
import { quoted } from "../messages.ts";
import {
  checkTokenHeaders,
  credentialHeaderFault,
  headerNameFault,
  headerValueFault,
} from "./headers.ts";
import {
  checkKeys,
  checkWithoutUrl,
  isWithoutUrl,
  type UpstreamConfig,
} from "./kinds-without-url.ts";
import type { PlacedRoute } from "./routes.ts";
import {
  checkAllowedSecrets,
  checkSecret,
  type SecretLimits,
} from "./secrets.ts";
import { checkUrl } from "./urls.ts";
import { checkName, type Checks, reportDuplicates } from "./value-checks.ts";

/** Of the 10,240 bytes that API Gateway takes for all headers of a call (quotas of REST APIs, "total combined size of headers"). */
const mostHeaderBytes = 4096;
const mostHeaders = 50;

/** @returns the upstreams that hold, sorted by name; the others were reported */
export function checkUpstreams(checks: Checks, region: string): Upstream[] {
  const { config, source, report } = checks;
  const allowed = inputOf(source.inputs, "allowed-secrets", report);
  const limits = { region, allowedSecrets: checkAllowedSecrets(allowed) };
  const named = checkTokenHeaders(config);
  return config
    .at("upstreams")
    .entries()
    .flatMap(([name, given]): Upstream[] => {
      checkName(name, given);
      checkKeys(given);
      const { kind: kindName = "http" } = given.value;
      if (isWithoutUrl(kindName)) {
        if (kindName === "lambda") checkCache(config);
        const target = checkWithoutUrl(kindName, given, region);
        const tokenHeaders = named ?? [...upstreamKinds.http.tokenHeaders];
        return target ? [{ name, ...target, tokenHeaders }] : [];
      }
      const kind = upstreamKind(kindName);
      const url = checkUpstreamUrl(given, kind, checks);
      const credential = checkCredential(given, kind, limits);
      const tokenHeaders = named ?? [...kind.tokenHeaders];
      const taken = [
        ...tokenHeaders,
        "Authorization",
        credential?.header ?? "Authorization",
      ];
      const headers = withDefaults(
        checkHeaders(name, given, taken),
        kind.headers,
      );
      const query = checkQuery(given);
      return url === undefined
        ? []
        : [
            {
              name,
              kind: kindName,
              url,
              ...(credential && { credential }),
              tokenHeaders,
              headers,
              query,
            },
          ];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** A cached answer would let through what the authorizer refuses of a call: nothing is overwritten before a function. */
function checkCache(config: Located<Config>): void {
  const ttl = config.at("auth").at("cache-ttl");
  if (ttl !== undefined && ttl.value > 0)
    ttl.report(
      "A cache cannot stand before a Lambda function, since it does not look at a call's other headers: set cache-ttl to 0",
    );
}

function checkUpstreamUrl(
  upstream: Located<UpstreamConfig>,
  { url }: UpstreamKind,
  { whole }: Checks,
): string | undefined {
  const given = upstream.at("url");
  if (given !== undefined) return checkUrl(given);
  // In the part of the file that could not be read there may be an upstream.
  if (url === undefined && (whole || upstream.place.position))
    upstream.report("Missing URL of the AI service: write it as https://…");
  return url;
}

const withDefaults = (
  given: Readonly<Record<string, string>>,
  defaults: Readonly<Record<string, string>> = {},
): Record<string, string> => {
  const known = Object.keys(given).map(sameHeader);
  const missing = Object.entries(defaults).filter(
    ([name]) => !known.includes(sameHeader(name)),
  );
  return { ...Object.fromEntries(missing), ...given };
};

const mostParameters = 20;

/** Only characters that no server reads differently, encoded or not. */
const parameterText = /^[A-Za-z0-9._~-]{1,256}$/;

function checkQuery(upstream: Located<UpstreamConfig>): Record<string, string> {
  const parameters = upstream.at("query")?.entries() ?? [];
  for (const [name, given] of parameters.slice(0, mostParameters)) {
    // Values may be secrets put in the wrong place: only the names are shown.
    if (!parameterText.test(name) || !parameterText.test(given.value))
      given
        .as(name)
        .refuse(
          "has a name or value that cannot be mapped: use letters, digits and . _ ~ -, at most 256",
        );
  }
  if (parameters.length > mostParameters)
    upstream.report(
      `Too many static parameters (${parameters.length}): use at most ${mostParameters}`,
    );
  return { ...upstream.value.query };
}

export function reportUnusedUpstreams({ config, whole }: Checks): void {
  const used = config.value.routes.map(({ upstream }) => upstream);
  for (const [name, given] of whole ? config.at("upstreams").entries() : [])
    if (!used.includes(name))
      given.report(
        `Unused upstream ${quoted(name)}: add a route to it, or remove it`,
      );
}

function checkCredential(
  upstream: Located<UpstreamConfig>,
  kind: UpstreamKind,
  limits: SecretLimits,
): UpstreamCredential | undefined {
  const given = upstream.at("header");
  const reference = upstream.at("secret");
  const header = checkHeader(given ?? upstream.as(kind.header));
  if (reference === undefined) {
    given?.report(
      "Header without a secret: set the secret, or remove the header",
    );
    return undefined;
  }
  const secret = checkSecret(reference, limits);
  return header && secret && { ...header, secret };
}

/** `Header` or `Header: Scheme`. */
function checkHeader(
  given: Located<string>,
): { header: string; prefix: string } | undefined {
  const [, header = "", scheme = ""] =
    /^([^:]*):?(.*)$/s.exec(given.value)?.map((part) => part.trim()) ?? [];
  const fault = credentialHeaderFault(header);
  given.as(header).refuse(fault);
  if (fault !== undefined) return undefined;
  if (/^[A-Za-z0-9._-]{0,32}$/.test(scheme))
    return { header, prefix: scheme === "" ? "" : `${scheme} ` };
  // A long word after the colon is more likely the key itself than a scheme: it is not shown.
  given.report(
    `Invalid scheme after ${quoted(`${header}:`)}: use one word like Bearer, and keep the secret itself in the secret store`,
  );
  return undefined;
}

function checkHeaders(
  upstream: string,
  given: Located<UpstreamConfig>,
  taken: readonly string[],
): Record<string, string> {
  const headers = given.at("headers")?.entries() ?? [];
  const reserved = taken.map(sameHeader);
  // Values may be secrets put in the wrong place: only the names are shown.
  const names = headers.map(([name, header]) => header.as(name));
  let bytes = 0;
  for (const [index, name] of names.entries()) {
    const text = headers[index]?.[1].value ?? "";
    name.refuse(headerNameFault(name.value));
    name.refuse(headerValueFault(text));
    if (reserved.includes(sameHeader(name.value)))
      name.refuse(
        "is set by the gate itself: remove it (a credential belongs in `secret`)",
      );
    bytes += name.value.length + text.length + 4;
  }
  reportDuplicates("header", names, sameHeader);
  if (headers.length > mostHeaders || bytes > mostHeaderBytes)
    given.report(
      `Too many static headers of ${quoted(upstream)} (${headers.length}, ${bytes} bytes): use at most ${mostHeaders} and ${mostHeaderBytes} bytes`,
    );
  return { ...given.value.headers };
}

/**
 * A route that ends in a greedy parameter appends what it matched to the upstream's URL, any other leads to exactly that URL;
 * `{name}` in the URL stands for the route's path parameter. Reports placeholders no route fills, and warns of paths that get lost.
 */
export function checkTargets(
  routes: readonly PlacedRoute[],
  upstreams: readonly Upstream[],
  { cors }: Config,
): void {
  const isGreedy = ({ path }: Route) => greedyParameterOf(path) !== undefined;
  const greedy = routes.flatMap(({ route }) =>
    isGreedy(route) ? [route.upstream] : [],
  );
  for (const { route, given } of routes) {
    const upstream = upstreams.find(({ name }) => name === route.upstream);
    if (upstream === undefined) continue;
    const target = given.at("upstream");
    if (!isHttp(upstream)) {
      if (upstream.kind === "sagemaker") checkEndpointPath(route, target);
      if (upstream.kind !== "lambda" && (cors?.origins.length ?? 0) > 1)
        target.warn(
          `Pages cannot read the answers of ${quoted(upstream.name)}, since API Gateway cannot name one of several origins in them: use one origin in cors, or "*"`,
        );
      continue;
    }
    const { unfilled, unused } = compareParameters(route, upstream);
    if (unfilled.length > 0)
      target.report(
        `The URL of ${quoted(upstream.name)} has ${unfilled.join(", ")}, which the path ${quoted(route.path)} has not: add it to the path, or use another upstream`,
      );
    if (unused.length > 0)
      target.warn(
        `The URL of ${quoted(upstream.name)} has no ${unused.join(", ")}, so the upstream does not see this part of ${quoted(route.path)}: add it to the URL if it should`,
      );
    else if (!isGreedy(route) && greedy.includes(route.upstream))
      target.warn(
        `${quoted(route.path)} leads to ${upstream.url} itself, since only {proxy+} appends to the URL: use an upstream with the full URL if another is meant`,
      );
  }
}

/** A SageMaker endpoint has one path only. */
function checkEndpointPath({ path }: Route, target: Located<string>): void {
  if (greedyParameterOf(path) !== undefined)
    target.report(
      `A SageMaker endpoint takes no path behind ${quoted(path)}: use a path without {name+}`,
    );
  else if (parametersOf(path).length > 0)
    target.warn(
      `The endpoint does not see the parameters of ${quoted(path)}: leave them out unless they are for \`routes\` of consumers`,
    );
}

function compareParameters(route: Route, upstream: HttpUpstream) {
  const inPath = parametersOf(route.path);
  const inUrl = placeholdersOf(targetUrl(route, upstream));
  const without = (names: readonly string[], others: readonly string[]) =>
    names.filter((name) => !others.includes(name)).map((name) => `{${name}}`);
  return { unfilled: without(inUrl, inPath), unused: without(inPath, inUrl) };
}
