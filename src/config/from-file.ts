// The config file as parts of a draft. A part without the form of its schema was reported already and is left out here, so that
// the rules can still check the rest.
import type * as z from "zod";
import { defaults } from "../gate/gate.ts";
import type {
  Draft,
  DraftAuth,
  DraftClaim,
  DraftConsumer,
  DraftGithub,
  DraftIssuer,
  DraftPlan,
  DraftRoute,
  DraftToken,
  DraftUpstream,
} from "./draft.ts";
import {
  type ConfigPath,
  entriesOf,
  listOf,
  type Located,
  type Place,
} from "./location.ts";
import {
  authSchema,
  type ClaimValue,
  configSchema,
  consumerSchema,
  corsSchema,
  githubSchema,
  issuerSchema,
  logsSchema,
  planSchema,
  routeSchema,
  throttleSchema,
  upstreamSchema,
} from "./schema.ts";
import type { ConfigSource } from "./yaml.ts";

type Defined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

/** What the file gives. Keys that it does not give are left out, so that an input or a default can give them. */
export type FileDraft = Defined<Omit<Draft, "auth" | "whole">> & {
  readonly auth: Defined<DraftAuth>;
};

export function draftFromFile(config: ConfigSource): FileDraft {
  const { data } = config;
  const root = locate(
    {
      stage: keyOf("stage", data),
      "token-header": keyOf("token-header", data),
      "strip-headers": keyOf("strip-headers", data),
      store: keyOf("store", data),
    },
    [],
    config,
  );
  const has = (key: string) => data[key] !== undefined;
  const hasServices = has("routes") || has("upstreams");
  return {
    ...defined({
      stageName: root.one("stage"),
      tokenHeaders: root.many("token-header"),
      stripHeaders: root.many("strip-headers"),
      upstreams: hasServices ? draftUpstreams(config) : undefined,
      routes: hasServices ? draftRoutes(config) : undefined,
      consumers: has("consumers") ? draftConsumers(config) : undefined,
      plans: draftPlans(config),
      throttle: parse(throttleSchema, data["throttle"]),
      origins: read(corsSchema, data["cors"], ["cors"], config)?.many(
        "origins",
      ),
      logRetentionDays: parse(logsSchema, data["logs"])?.["retention-days"],
    }),
    auth: defined({ ...draftAuth(config), store: root.one("store") }),
  };
}

const keyOf = <Key extends keyof typeof configSchema.shape>(
  key: Key,
  data: ConfigSource["data"],
) =>
  configSchema.shape[key].safeParse(data[key]).data as z.infer<
    typeof configSchema
  >[Key];

const authWithoutIssuers = authSchema.omit({ issuers: true });

function draftAuth(config: ConfigSource) {
  const { auth: data } = config.data;
  const auth = read(authWithoutIssuers, data, ["auth"], config);
  const mode = auth?.one("mode");
  const modes = auth?.many("mode");
  const github = auth?.below("github");
  const directory = auth?.one("directory");
  const issuers = draftIssuers(config);
  return {
    modes,
    place: mode?.place,
    kind: kindOf(modes, directory),
    cacheTtl: auth?.one("cache-ttl"),
    issuers: issuers.length > 0 ? issuers : undefined,
    githubIssuer: github?.one("issuer"),
    type: auth?.one("type"),
    directory,
    runtime: auth?.one("runtime"),
    handler: auth?.one("handler"),
  };
}

function kindOf(
  modes: DraftAuth["modes"],
  directory: unknown,
): DraftAuth["kind"] | undefined {
  if (modes !== undefined)
    return modes.some(({ value }) => value === "custom")
      ? "custom"
      : "built-in";
  return directory === undefined ? undefined : "custom";
}

const draftIssuers = (config: ConfigSource): DraftIssuer[] =>
  entriesOf(
    entriesOf(config.data["auth"]).find(([key]) => key === "issuers")?.[1],
  ).flatMap(([name, data]) => {
    const issuer = read(issuerSchema, data, ["auth", "issuers", name], config);
    if (issuer === undefined) return [];
    const { one, many, place, value } = issuer;
    return [
      {
        name,
        place,
        issuer: one("issuer"),
        audiences: many("audience"),
        audienceClaim: one("audience-claim"),
        algorithms: many("algorithms"),
        jwksUri: one("jwks-uri"),
        jwks: one("jwks"),
        claims: draftClaims(issuer.below("claims")),
        clockSkew: value["clock-skew"],
        maxLifetime: value["max-lifetime"],
      },
    ];
  });

const draftPlans = (config: ConfigSource): DraftPlan[] =>
  entriesOf(config.data["plans"]).flatMap(([name, data]) => {
    const plan = read(planSchema, data, ["plans", name], config);
    if (plan === undefined) return [];
    return [{ name, place: plan.place, quota: undefined, ...plan.value }];
  });

const draftUpstreams = (config: ConfigSource): DraftUpstream[] =>
  entriesOf(config.data["upstreams"]).flatMap(([name, data]) => {
    const upstream = read(upstreamSchema, data, ["upstreams", name], config);
    if (upstream === undefined) return [];
    const { one, place } = upstream;
    const headers = upstream.below("headers");
    return [
      {
        name,
        place,
        url: one("url"),
        header: one("header"),
        secret: one("secret"),
        headers:
          headers === undefined
            ? []
            : Object.keys(headers.value).map((header) => ({
                name: header,
                ...headers.one(header),
              })),
      },
    ];
  });

const draftRoutes = (config: ConfigSource): DraftRoute[] =>
  listOf(config.data["routes"]).flatMap((data, index) => {
    const route = read(routeSchema, data, ["routes", index], config);
    if (route === undefined) return [];
    const { one, place, value } = route;
    return [
      {
        place,
        path: one("path"),
        methods: one("methods") ?? {
          value: defaults.methods.split(","),
          place,
        },
        upstream: one("upstream"),
        stream: value.stream ?? true,
        timeout: one("timeout"),
      },
    ];
  });

const draftConsumers = (config: ConfigSource): DraftConsumer[] =>
  listOf(config.data["consumers"]).flatMap((data, index) => {
    const consumer = read(consumerSchema, data, ["consumers", index], config);
    if (consumer === undefined) return [];
    const { one, many, below, value } = consumer;
    const jwt = below("jwt");
    return [
      {
        id: one("id"),
        tokens: (many("token") ?? []).map(draftToken),
        jwt: jwt && {
          place: jwt.place,
          issuer: jwt.one("issuer"),
          claims: draftClaims(jwt.below("claims")),
        },
        github: draftGithub(below("github")),
        access: many("routes"),
        plan: one("plan"),
        expires: one("expires"),
        disabled: value.disabled ?? false,
      },
    ];
  });

const draftToken = ({
  value,
  place,
}: Located<{ env: string } | { sha256: string }>): Located<DraftToken> => ({
  value: {
    label: "env" in value ? `The token in ${value.env}` : "The SHA-256 digest",
    ...value,
  },
  place,
});

const githubClaims = {
  ref: "ref",
  environment: "environment",
  "workflow-ref": "workflow_ref",
  "job-workflow-ref": "job_workflow_ref",
} as const;

function draftGithub(
  github: LocatedMapping<z.infer<typeof githubSchema>> | undefined,
): DraftGithub | undefined {
  if (github === undefined) return undefined;
  const { many, one, place } = github;
  const id = (key: "repository-id" | "repository-owner-id") => {
    const given = one(key);
    return given && { ...given, value: String(given.value) };
  };
  return {
    place,
    repositoryId: id("repository-id"),
    ownerId: id("repository-owner-id"),
    claims: Object.entries(githubClaims).flatMap(([key, name]) => {
      const values = many(key as keyof typeof githubClaims);
      const { place } = one(key as keyof typeof githubClaims) ?? {};
      return values && place ? [{ name, place, values }] : [];
    }),
    events: many("event"),
  };
}

const draftClaims = (
  claims:
    | LocatedMapping<Readonly<Record<string, ClaimValue | ClaimValue[]>>>
    | undefined,
): DraftClaim[] =>
  claims === undefined
    ? []
    : Object.keys(claims.value).map((name) => ({
        name,
        place: claims.one(name).place,
        values: claims.many(name),
      }));

/** A mapping of the file, and its values with their places; undefined for keys that are not there. */
interface LocatedMapping<T> {
  readonly value: T;
  readonly place: Place;
  readonly one: <Key extends keyof T & string>(
    key: Key,
  ) => Located<Exclude<T[Key], undefined>> | Extract<T[Key], undefined>;
  /** Of a list, or of a single value that stands for a list. */
  readonly many: <Key extends keyof T & string>(
    key: Key,
  ) => Located<Item<Exclude<T[Key], undefined>>>[] | Extract<T[Key], undefined>;
  readonly below: <Key extends keyof T & string>(
    key: Key,
  ) => LocatedMapping<Exclude<T[Key], undefined>> | Extract<T[Key], undefined>;
}
type Item<T> = T extends readonly (infer One)[] ? One : T;

function locate<T extends object>(
  value: T,
  path: ConfigPath,
  config: ConfigSource,
): LocatedMapping<T> {
  const values = value as Readonly<Record<string, unknown>>;
  const at = (one: unknown, ...more: ConfigPath) => ({
    value: one,
    place: config.place([...path, ...more]),
  });
  const ifThere =
    <Result>(from: (value: unknown, key: string) => Result) =>
    (key: string) =>
      values[key] === undefined ? undefined : from(values[key], key);
  return {
    value,
    place: config.place(path),
    one: ifThere(at),
    many: ifThere((many, key) =>
      Array.isArray(many)
        ? many.map((one: unknown, index) => at(one, key, index))
        : [at(many, key)],
    ),
    below: ifThere((one, key) => locate(one as object, [...path, key], config)),
  } as LocatedMapping<T>;
}

/** Zod compiles a schema when it is first used, so that thousands of consumers must share one. */
const open = new WeakMap<object, object>();

/** Ignores unknown keys: they are a problem of their own, not one of the other keys. */
function parse<Shape extends z.core.$ZodLooseShape>(
  schema: z.ZodObject<Shape>,
  data: unknown,
) {
  const known = (open.get(schema) ?? schema.strip()) as ReturnType<
    typeof schema.strip
  >;
  open.set(schema, known);
  return known.safeParse(data).data;
}

function read<Shape extends z.core.$ZodLooseShape>(
  schema: z.ZodObject<Shape>,
  data: unknown,
  path: ConfigPath,
  config: ConfigSource,
) {
  const value = parse(schema, data);
  return value && locate(value, path, config);
}

const defined = <T extends object>(parts: T) =>
  Object.fromEntries(
    Object.entries(parts).filter(([, value]) => value !== undefined),
  ) as Defined<T>;
