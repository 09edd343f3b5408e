// The config file as parts of a draft. A part without the right shape was reported already and is left out here, so that
// the rules can still judge the rest. Pure.
import type * as z from "zod";
import {
  configShape,
  corsShape,
  logsShape,
  routeShape,
  throttleShape,
  upstreamShape,
} from "./config.ts";
import { authShape } from "./config-access.ts";
import { defaults } from "../defaults.ts";
import type { Draft, DraftIssuer, DraftRoute, DraftUpstream } from "./draft.ts";
import { draftConsumers, draftIssuers, draftPlans } from "./draft-access.ts";
import { entriesOf, listOf, oneOrMore, part } from "./parts.ts";
import type { Given } from "./place.ts";
import type { ConfigPath, ConfigSource } from "./source.ts";

export interface ConfigDraft extends Pick<
  Draft,
  "upstreams" | "routes" | "consumers" | "plans" | "throttle" | "origins"
> {
  readonly stage: Given<string> | undefined;
  readonly tokenHeaders: readonly Given<string>[] | undefined;
  readonly stripHeaders: readonly Given<string>[] | undefined;
  /** Without the issuers, of which one may be sound when another is not. */
  readonly auth: Omit<Partial<z.infer<typeof authShape>>, "issuers">;
  readonly issuers: readonly DraftIssuer[];
  readonly store: Given<string> | undefined;
  readonly logRetentionDays: number | undefined;
  /** Places a value of the file. */
  readonly given: <T>(value: T, path: ConfigPath) => Given<T>;
}

/** @returns the parts of the file that have the right shape. */
export function draftFromConfig({ data, place }: ConfigSource): ConfigDraft {
  const given = <T>(value: T, path: ConfigPath) => ({
    value,
    place: place(path),
  });
  const text = (key: string) => {
    const value = data[key];
    return typeof value === "string" ? given(value, [key]) : undefined;
  };
  const names = (key: "token-header" | "strip-headers") => {
    const value = configShape.shape[key].safeParse(data[key]).data;
    return value === undefined ? undefined : oneOrMore(value, [key], given);
  };
  const origins = part(corsShape, data.cors)?.origins;
  return {
    given,
    stage: text("stage"),
    tokenHeaders: names("token-header"),
    stripHeaders: names("strip-headers"),
    auth: part(authShape.omit({ issuers: true }), data.auth) ?? {},
    issuers: draftIssuers(issuersIn(data.auth), given),
    store: text("store"),
    upstreams: draftUpstreams(data.upstreams, given),
    routes: draftRoutes(data.routes, given),
    consumers: draftConsumers(data.consumers, given),
    plans: draftPlans(data.plans, given),
    throttle: part(throttleShape, data.throttle),
    origins: origins?.map((value, index) =>
      given(value, ["cors", "origins", index]),
    ),
    logRetentionDays: part(logsShape, data.logs)?.["retention-days"],
  };
}

function issuersIn(auth: unknown): unknown {
  return entriesOf(auth).find(([key]) => key === "issuers")?.[1];
}

function draftUpstreams(
  data: unknown,
  given: ConfigDraft["given"],
): DraftUpstream[] {
  return entriesOf(data).flatMap(([name, entry]) => {
    const upstream = part(upstreamShape, entry);
    if (upstream === undefined) return [];
    const path = ["upstreams", name];
    const optional = (key: "header" | "secret") => {
      const value = upstream[key];
      return value === undefined ? undefined : given(value, [...path, key]);
    };
    const headers = Object.entries(upstream.headers ?? {}).map(
      ([header, value]) => ({
        name: header,
        ...given(value, [...path, "headers", header]),
      }),
    );
    return [
      {
        name,
        place: given(name, path).place,
        url: given(upstream.url, [...path, "url"]),
        header: optional("header"),
        secret: optional("secret"),
        headers,
      },
    ];
  });
}

function draftRoutes(data: unknown, given: ConfigDraft["given"]): DraftRoute[] {
  return listOf(data).flatMap((entry, index) => {
    const route = part(routeShape, entry);
    if (route === undefined) return [];
    const { methods = defaults.methods.split(","), timeout } = route;
    const path = ["routes", index];
    return [
      {
        place: given(route, path).place,
        path: given(route.path, [...path, "path"]),
        methods: given(methods, [...path, "methods"]),
        upstream: given(route.upstream, [...path, "upstream"]),
        stream: route.stream ?? true,
        timeout:
          timeout === undefined
            ? undefined
            : given(timeout, [...path, "timeout"]),
      },
    ];
  });
}
