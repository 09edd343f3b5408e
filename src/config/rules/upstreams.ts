// Upstreams: name, URL, credential, static headers; and where each route leads.
import {
  type HttpUpstream,
  isHttp,
  type Route,
  type Upstream,
  type UpstreamCredential,
} from "../../gate/gate.ts";
import { buildPolicy } from "../../gate/iam-policies.ts";
import { sameHeader } from "../../gate/overwritten-headers.ts";
import {
  greedyParameterOf,
  parametersOf,
  placeholdersOf,
  targetUrl,
} from "../../gate/paths.ts";
import {
  type KindWithoutUrl,
  type UpstreamKind,
  type UpstreamKindName,
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
  checkBedrockKey,
  checkBedrockKeys,
  checkBedrockRegion,
  checkBedrockUrl,
} from "./bedrock.ts";
import {
  checkKeys,
  checkWithoutUrl,
  isWithoutUrl,
  type UpstreamConfig,
} from "./kinds-without-url.ts";
import { checkScopes } from "./mcp.ts";
import type { PlacedRoute } from "./routes.ts";
import {
  checkAllowedSecrets,
  checkKmsKey,
  checkSecret,
  type SecretLimits,
} from "./secrets.ts";
import { checkUrl } from "./urls.ts";
import { checkVpcLink } from "./vpc-link.ts";
import {
  checkName,
  type Checks,
  reportDuplicates,
  reportTooMany,
} from "./value-checks.ts";

/** Of the 10,240 bytes that API Gateway takes for all headers of a call (quotas of REST APIs, "total combined size of headers"). */
const mostHeaderBytes = 4096;
const mostHeaders = 50;

interface UpstreamContext extends SecretLimits {
  readonly checks: Checks;
  /** The `token-header` of the gate; undefined where each kind has its own. */
  readonly tokenHeaders: readonly string[] | undefined;
}

/** @returns the valid upstreams, sorted by name; invalid ones were reported */
export function checkUpstreams(checks: Checks, region: string): Upstream[] {
  const { config, source, report } = checks;
  const allowed = inputOf(source.inputs, "allowed-secrets", report);
  const allowedSecrets = checkAllowedSecrets(allowed);
  const tokenHeaders = checkTokenHeaders(config);
  const context = { checks, region, allowedSecrets, tokenHeaders };
  const upstreams = config
    .at("upstreams")
    .entries()
    .flatMap(([name, given]): Upstream[] => {
      checkName(name, given);
      checkKeys(given);
      const { kind = "http" } = given.value;
      const upstream = isWithoutUrl(kind)
        ? checkPlainUpstream(name, kind, given, context)
        : checkHttpUpstream(name, kind, given, context);
      return upstream ? [upstream] : [];
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1));
  checkBedrockKeys(checks, upstreams);
  checkRoleSize(config, upstreams, region);
  return upstreams;
}

function checkPlainUpstream(
  name: string,
  kind: KindWithoutUrl,
  given: Located<UpstreamConfig>,
  context: UpstreamContext,
): Upstream | undefined {
  const { checks, tokenHeaders } = context;
  if (kind === "lambda") checkCache(checks.config);
  const target = checkWithoutUrl(kind, given, context);
  return (
    target && {
      name,
      ...target,
      tokenHeaders: tokenHeaders ?? [...upstreamKinds.http.tokenHeaders],
    }
  );
}

function checkHttpUpstream(
  name: string,
  kindName: UpstreamKindName,
  given: Located<UpstreamConfig>,
  context: UpstreamContext,
): Upstream | undefined {
  const kind = upstreamKind(kindName);
  const isBedrock = kindName === "bedrock";
  const place = isBedrock
    ? checkBedrockRegion(given, context.region)
    : context.region;
  const url = checkUpstreamUrl(given, kind, place, context.checks);
  const bedrock = isBedrock ? place : undefined;
  const credential = checkCredential(given, kind, context, bedrock);
  const tokenHeaders = context.tokenHeaders ?? [...kind.tokenHeaders];
  const taken = [
    ...tokenHeaders,
    "Authorization",
    credential?.header ?? "Authorization",
  ];
  const headers = withDefaults(checkHeaders(name, given, taken), kind.headers);
  const query = checkQuery(given);
  const scopes = checkScopes(given);
  const vpcLink = checkVpcLink(given);
  return url === undefined
    ? undefined
    : {
        name,
        kind: kindName,
        url,
        ...(credential && { credential }),
        tokenHeaders,
        headers,
        query,
        ...(scopes && { scopes }),
        ...(vpcLink !== undefined && { vpcLink }),
      };
}

/** A cached answer would let through what the authorizer refuses of a call: nothing is overwritten before a function. */
function checkCache(config: Located<Config>): void {
  const ttl = config.at("auth").at("cache-ttl");
  if (ttl !== undefined && ttl.value > 0)
    ttl.report(
      "A cache cannot stand before a Lambda function, since it does not look at a call's other headers: set cache-ttl to 0",
    );
}

/** IAM: characters of all inline policies of a role, without spaces between JSON's words. */
const mostPolicyCharacters = 10_240;
/** For the table of tokens or the user's own function, and for KMS keys that are found later. */
const reserved = 1024;

function checkRoleSize(
  config: Located<Config>,
  upstreams: readonly Upstream[],
  region: string,
): void {
  const longestName = `arn:aws-us-gov:logs:${region}:${"0".repeat(12)}:log-group:/aws/lambda/${"x".repeat(64)}`;
  const { length } = JSON.stringify(buildPolicy({ upstreams }, longestName));
  if (length > mostPolicyCharacters - reserved)
    config
      .at("upstreams")
      .report(
        `Too many secrets and models for one role (${length} characters of policy, of ${mostPolicyCharacters - reserved}): use fewer, several keys of one JSON secret, or a second gate`,
      );
}

function checkUpstreamUrl(
  upstream: Located<UpstreamConfig>,
  kind: UpstreamKind,
  region: string,
  { whole }: Checks,
): string | undefined {
  const given = upstream.at("url");
  const url = kind.url?.replace("{region}", region);
  if (given !== undefined) {
    const checked = checkUrl(given);
    if (url !== undefined && url !== kind.url)
      checkBedrockUrl(given, checked, url);
    return checked;
  }
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
  const values = parameters.map(([, given]) => given);
  reportTooMany("static parameters", values, mostParameters);
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
  bedrockRegion: string | undefined,
): UpstreamCredential | undefined {
  const given = upstream.at("header");
  const reference = upstream.at("secret");
  const header = checkHeader(given ?? upstream.as(kind.header));
  if (reference === undefined) {
    given?.report(
      "Header without a secret: set the secret, or remove the header",
    );
    upstream
      .at("kms-key")
      ?.report("KMS key without a secret: set the secret, or remove the key");
    return bedrockRegion === undefined
      ? undefined
      : header && {
          ...header,
          secret: checkBedrockKey(upstream, bedrockRegion, limits),
        };
  }
  if (bedrockRegion !== undefined)
    upstream
      .at("models")
      ?.report(
        "`models` limits keys that the gate makes, not that of a `secret`, whose own permissions count: remove one of the two",
      );
  const secret = checkSecret(reference, limits);
  const kmsKey = upstream.at("kms-key");
  if (kmsKey === undefined) return header && secret && { ...header, secret };
  if (secret !== undefined) checkKmsKey(kmsKey, secret, limits.region);
  return (
    header &&
    secret && { ...header, secret: { ...secret, kmsKey: kmsKey.value } }
  );
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
