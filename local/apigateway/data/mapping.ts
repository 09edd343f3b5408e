import type { Integration } from "../model.ts";
import {
  contextValue,
  type Exchange,
  headerSource,
  type Refusal,
} from "./exchange.ts";
import { type HeaderPairs, type QueryPairs, queryValues } from "./headers.ts";

export interface MappedRequest {
  readonly headers: HeaderPairs;
  readonly query: QueryPairs;
  readonly path: Readonly<Record<string, string>>;
}

/**
 * The value of a mapping source, undefined when the request has none. A header or query parameter sent more than once
 * gives its last value.
 */
export function requestValue(
  exchange: Exchange,
  source: string,
): string | undefined {
  const literal = /^'(.*)'$/s.exec(source)?.[1];
  if (literal !== undefined) return literal;
  const [, kind = "", name = ""] =
    /^(context|method\.request\.\w+)(?:\.(.+))?$/.exec(source) ?? [];
  return sources[kind]?.(exchange, name);
}

type Source = (exchange: Exchange, name: string) => string | undefined;

const sources: Readonly<Record<string, Source>> = {
  context: (exchange, name) => contextValue(exchange, name),
  "method.request.path": ({ readings, route }, name) => {
    const value = route?.pathParameters[name];
    return readings.pathValues === "kept" ? value : requoted(value);
  },
  "method.request.header": (exchange, name) => headerSource(exchange, name),
  "method.request.querystring": ({ query }, name) =>
    queryValues(query, name).at(-1),
};

/** Slashes are never quoted (recorded for a greedy value). */
function requoted(value: string | undefined): string | undefined {
  try {
    return value
      ?.split("/")
      .map((part) => encodeURIComponent(decodeURIComponent(part)))
      .join("/")
      .replaceAll("%2F", "/");
  } catch {
    return value;
  }
}

/**
 * All `integration.request.*` mappings that have a value. One whose source is absent or empty is left out altogether:
 * on AWS the client's own header of that name then reaches the backend.
 */
export function mapRequest(
  exchange: Exchange,
  integration: Integration,
): MappedRequest {
  const targets = Object.entries(integration.requestParameters ?? {}).flatMap(
    ([target, source]) => {
      const [, place, name] =
        /^integration\.request\.(header|path|querystring)\.(.+)$/.exec(
          target,
        ) ?? [];
      const value = requestValue(exchange, source);
      return name !== undefined && value !== undefined && value !== ""
        ? [{ place, name, value }]
        : [];
    },
  );
  const pairs = (wanted: string) =>
    targets
      .filter(({ place }) => place === wanted)
      .map(({ name, value }) => [name, value] as const);
  return {
    headers: pairs("header"),
    query: pairs("querystring"),
    path: Object.fromEntries(pairs("path")),
  };
}

const illegalForHttp = ["content-length", "transfer-encoding"];
const illegalForAws = [
  ...illegalForHttp,
  "authorization",
  "connection",
  "expect",
  "proxy-authenticate",
  "te",
];

/** Mapping one of these headers makes every request a 500, for AWS_PROXY too although it ignores mappings (recorded). */
export function illegalMapping({
  type,
  requestParameters,
}: Integration): Refusal | undefined {
  const illegal = type.startsWith("AWS") ? illegalForAws : illegalForHttp;
  const found = Object.keys(requestParameters ?? {}).find((target) =>
    illegal.includes(
      target.replace(/^integration\.request\.header\./, "").toLowerCase(),
    ),
  );
  return found === undefined
    ? undefined
    : configurationError(`illegal mapping ${found}`);
}

/** What the client sees of any fault in the API's own configuration. */
export function configurationError(detail: string): Refusal {
  return {
    type: "API_CONFIGURATION_ERROR",
    message: "Internal server error",
    detail,
  };
}
