// The config file as parts of a draft. A part without the right shape was reported already and is left out here, so that
// the rules can still judge the rest. Pure.
import * as z from "zod";
import {
  authShape,
  consumerShape,
  corsShape,
  logsShape,
  routeShape,
  throttleShape,
  upstreamShape,
} from "./config.ts";
import { defaults } from "../defaults.ts";
import type {
  Draft,
  DraftConsumer,
  DraftRoute,
  DraftToken,
  DraftUpstream,
} from "./draft.ts";
import type { Given } from "./place.ts";
import type { ConfigPath, ConfigSource } from "./source.ts";

export interface ConfigDraft extends Pick<
  Draft,
  "upstreams" | "routes" | "consumers" | "throttle" | "origins"
> {
  readonly stage: Given<string> | undefined;
  readonly tokenHeader: Given<string> | undefined;
  readonly auth: z.infer<typeof authShape>;
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
  const origins = part(corsShape, data.cors)?.origins;
  return {
    given,
    stage: text("stage"),
    tokenHeader: text("token-header"),
    auth: part(authShape, data.auth) ?? {},
    upstreams: draftUpstreams(data.upstreams, given),
    routes: draftRoutes(data.routes, given),
    consumers: draftConsumers(data.consumers, given),
    throttle: part(throttleShape, data.throttle),
    origins: origins?.map((value, index) =>
      given(value, ["cors", "origins", index]),
    ),
    logRetentionDays: part(logsShape, data.logs)?.["retention-days"],
  };
}

type Giver = ConfigDraft["given"];

/** Unknown keys are dropped here: they are a problem of their own, not one of the part's other keys. */
function part<Shape extends z.core.$ZodLooseShape>(
  shape: z.ZodObject<Shape>,
  data: unknown,
) {
  return shape.strip().safeParse(data).data;
}

function listOf(data: unknown): unknown[] {
  return Array.isArray(data) ? (data as unknown[]) : [];
}

function draftUpstreams(data: unknown, given: Giver): DraftUpstream[] {
  const entries =
    typeof data === "object" && data !== null && !Array.isArray(data)
      ? Object.entries(data as Record<string, unknown>)
      : [];
  return entries.flatMap(([name, entry]) => {
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

function draftRoutes(data: unknown, given: Giver): DraftRoute[] {
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

function draftConsumers(data: unknown, given: Giver): DraftConsumer[] {
  return listOf(data).flatMap((entry, index) => {
    const consumer = part(consumerShape, entry);
    if (consumer === undefined) return [];
    const { expires, routes, token } = consumer;
    const path = ["consumers", index];
    const tokens = Array.isArray(token)
      ? token.map((one, position) => given(one, [...path, "token", position]))
      : [given(token, [...path, "token"])];
    return [
      {
        id: given(consumer.id, [...path, "id"]),
        tokens: tokens.map(({ value, place }) => ({
          value: { label: labelOf(value), ...value },
          place,
        })),
        access: routes?.map((glob, position) =>
          given(glob, [...path, "routes", position]),
        ),
        expires:
          expires === undefined
            ? undefined
            : given(expires, [...path, "expires"]),
      },
    ];
  });
}

function labelOf(
  token: { env: string } | { sha256: string },
): DraftToken["label"] {
  return "env" in token ? `the token in ${token.env}` : "the SHA-256";
}
