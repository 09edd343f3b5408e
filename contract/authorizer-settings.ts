// The one schema of the settings file: `src` checks what it writes, the authorizer what it reads. authorizer-settings.example.json is a whole one.
import { jwtAlgorithms } from "./public-keys.ts";
import {
  anyObject,
  date,
  distinct,
  either,
  integer,
  invalid,
  list,
  object,
  oneOf,
  orNull,
  type Reader,
  recordOf,
  text,
} from "./readers.ts";

export const settingsLimits = {
  routes: 1000,
  tokenHeaders: 8,
  issuers: 100,
  audiences: 100,
  keys: 100,
  conditions: 100,
  values: 1000,
  consumers: 100_000,
  access: 1000,
  /** Of one list. */
  networks: 50,
  clockSkew: 60,
  /** Characters of a claim's name or value, and of an audience. */
  claimText: 1024,
  /** Characters of an issuer's URL behind `https://`. */
  url: 1000,
} as const;

export const httpMethods = [
  "GET",
  "POST",
  "PUT",
  "PATCH",
  "DELETE",
  "HEAD",
] as const;
export type HttpMethod = (typeof httpMethods)[number];

const name = /^[a-z][a-z0-9-]{0,31}$/;
export const consumerIdPattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const digest = /^[0-9a-f]{64}$/;
const headerName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/;
const lowHeaderName = /^[a-z0-9][a-z0-9_-]{0,63}$/;
const template = /^(?:\/[A-Za-z0-9._~:{}+-]{1,140}){1,100}$/;
/** The start of a caller's path: literal segments, none of dots only. */
const literalPath =
  /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~:@!&()*,;=+%-]{1,512}){1,100}$/;

/** A version or label of the secret; with a key, the secret is JSON and the value is under that key. */
const part = {
  version: text(/^[A-Za-z0-9_.+=-]{1,128}$/),
  key: text(/^[\x21-\x7e]{1,128}$/),
};

const secret = either(
  object(
    {
      store: oneOf("ssm" as const),
      name: text(/^[A-Za-z0-9_./-]{1,1011}$/),
    },
    part,
  ),
  either(
    object(
      {
        store: oneOf("secrets-manager" as const),
        arn: text(
          /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]{1,32}:\d{12}:secret:[A-Za-z0-9/_+=.@-]{1,519}$/,
        ),
      },
      part,
    ),
    /** Not stored: the authorizer makes short-term API keys of Amazon Bedrock in that region, with its own role. */
    object(
      { store: oneOf("bedrock" as const), region: text(/^[a-z0-9-]{1,32}$/) },
      {},
    ),
  ),
);

const urlPattern = new RegExp(
  `^https://[^\\s?#@\\\\/][^\\s?#@\\\\]{0,${settingsLimits.url - 1}}$`,
);

/** https with a lower-case scheme, no query, fragment or credentials. */
export const isIssuerUrl = (value: string): boolean =>
  urlPattern.test(value) && URL.canParse(value);

const issuerUrl: Reader<string> = (value, where) =>
  typeof value === "string" && isIssuerUrl(value) ? value : invalid(where);

const claimTextPattern = new RegExp(
  `^[^\\0-\\x1f\\x7f]{1,${settingsLimits.claimText}}$`,
);

export const isClaimText = (value: string): boolean =>
  claimTextPattern.test(value);

const claimText = text(claimTextPattern);

/** Only stars would match anything; a number beyond 2^53 equals its neighbours. */
export const isClaimValue = (
  value: unknown,
): value is string | number | boolean =>
  typeof value === "string"
    ? isClaimText(value) && !/^\*+$/.test(value)
    : typeof value === "boolean" ||
      (typeof value === "number" && isExactNumber(value));

export const isExactNumber = (value: number): boolean =>
  Number.isInteger(value)
    ? Number.isSafeInteger(value)
    : Number.isFinite(value);

const claimValue: Reader<string | number | boolean> = (value, where) =>
  isClaimValue(value) ? value : invalid(where);

const conditions = list(
  0,
  settingsLimits.conditions,
  object(
    {
      claim: claimText,
      /** Text may hold `*` for any text. A claim that is a list, or a `scope`, holds when one element does. */
      anyOf: list(1, settingsLimits.values, claimValue),
    },
    {},
  ),
);

const route = object(
  {
    /** The resource of API Gateway, exactly: `event.resource` chooses the route by equality. */
    path: text(template),
    methods: distinct(1, httpMethods.length, oneOf(...httpMethods)),
    upstream: orNull(text(name)),
    /** Headers in which callers may send their credential, as the documentation spells them; read without case. */
    tokenHeaders: distinct(1, settingsLimits.tokenHeaders, text(headerName)),
    /** Headers (small letters) that never reach the upstream as the caller wrote them; none only beside `refused`. */
    overwritten: distinct(0, 200, text(lowHeaderName)),
    /** Parameters `{name}` of the path that stand in the upstream's URL; not the greedy one. */
    urlParameters: distinct(0, 20, text(/^[A-Za-z][A-Za-z0-9_]{0,63}$/)),
    /** Parameters of the query that the gate sets itself. */
    queryParameters: distinct(0, 20, text(/^[A-Za-z0-9._~-]{1,256}$/)),
  },
  {
    /** Headers (small letters) that a call may not carry: of an upstream where API Gateway can overwrite nothing. */
    refused: distinct(1, 200, text(lowHeaderName)),
    /** API Gateway checks the body's model, of `application/json` alone: a call of any other type is refused. */
    jsonOnly: oneOf(true as const),
  },
);

const issuer = object(
  {
    name: text(name),
    issuer: issuerUrl,
    audiences: list(1, settingsLimits.audiences, claimText),
    audienceClaim: claimText,
    algorithms: distinct(1, jwtAlgorithms.length, oneOf(...jwtAlgorithms)),
    keys: either(
      object(
        {
          jwks: object({ keys: list(1, settingsLimits.keys, anyObject) }, {}),
        },
        {},
      ),
      object({ uri: issuerUrl }, {}),
    ),
    clockSkew: integer(0, settingsLimits.clockSkew),
    conditions,
  },
  { maxLifetime: integer(1, 1e9) },
);

const grant = object(
  {
    route: text(template),
  },
  {
    /** Absent: all of the route's. */
    methods: distinct(1, httpMethods.length, oneOf(...httpMethods)),
    /** Below a greedy route: only this path and what is below it, as `/openai/v1`. */
    below: text(literalPath),
    exactly: text(literalPath),
  },
);

const grants = list(1, settingsLimits.access, grant);
/** Not `either`: an error thrown for each of 10,000 consumers costs a cold start more than all the rest. */
const access: Reader<"*" | ReturnType<typeof grants>> = (value, where) =>
  value === "*" ? value : grants(value, where);

/** CIDR blocks in their shortest form; Node's `BlockList` has the last word. */
const cidrs = distinct(
  1,
  settingsLimits.networks,
  text(
    /^(?:\d{1,3}(?:\.\d{1,3}){3}\/\d{1,2}|(?=[0-9a-f]*:)[0-9a-f:]{2,39}\/\d{1,3})$/,
  ),
);

/** Where calls may come from: of `allow` where there is one, and never of `deny`. */
const network = object({}, { allow: cidrs, deny: cidrs });

const consumer = object(
  {
    id: text(consumerIdPattern),
    /** SHA-256, lower-case hex; empty with a table. */
    hashes: distinct(0, 2, text(digest)),
    /** The JWTs that stand for it; the first consumer whose conditions hold gets the token. */
    identities: list(0, 100, object({ issuer: text(name), conditions }, {})),
    access,
  },
  {
    expires: date,
    disabled: oneOf(true as const),
    /** Counts calls in a usage plan; it opens nothing. */
    usageKey: text(digest),
    /** Besides the gate's own. */
    network,
  },
);

/** Ed25519 only. 32 bytes in base64url; the last character carries only four bits. */
const publicKey = object(
  {
    kty: oneOf("OKP" as const),
    crv: oneOf("Ed25519" as const),
    x: text(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/),
  },
  {},
);

const file = object(
  {
    version: oneOf(2 as const),
    /** `<project>/<stack>`: the audience of the proof's JWT. */
    gate: text(/^[A-Za-z0-9._-]{1,128}\/[A-Za-z0-9._-]{1,128}$/),
    stage: text(/^[A-Za-z0-9_-]{1,128}$/),
    routes: list(1, settingsLimits.routes, route),
    /** Upstreams with a credential. The prefix is put before the secret: `"Bearer "` or `""`. */
    upstreams: recordOf(
      name,
      object({ prefix: text(/^[\x20-\x7e]{0,64}$/), secret }, {}),
    ),
    issuers: list(0, settingsLimits.issuers, issuer),
    consumers: list(0, settingsLimits.consumers, consumer),
    /** The table with token hashes, by its physical name; null when they are here, in `hashes`. */
    store: orNull(object({ table: text(/^[A-Za-z0-9_.-]{3,255}$/) }, {})),
    /** The user's own authorizer behind this one, by its physical name, and the form of event that it expects. */
    custom: orNull(
      object(
        {
          function: text(/^[A-Za-z0-9_-]{1,64}$/),
          type: oneOf("token" as const, "request" as const),
        },
        {},
      ),
    ),
    /** Null when the gate is not proved: then no proof's JWT is accepted at all. */
    proof: orNull(object({ publicKey }, {})),
  },
  { network },
);

export type AuthorizerSettings = ReturnType<typeof file>;
export type SecretReference = AuthorizerSettings["upstreams"][string]["secret"];
export type StoredSecret = Exclude<SecretReference, { store: "bedrock" }>;
export type SettingsRoute = AuthorizerSettings["routes"][number];
export type SettingsIssuer = AuthorizerSettings["issuers"][number];
export type SettingsConsumer = AuthorizerSettings["consumers"][number];
export type SettingsNetwork = ReturnType<typeof network>;
export type SettingsGrant = Exclude<SettingsConsumer["access"], "*">[number];
export type Condition = SettingsIssuer["conditions"][number];
export type ProofPublicKey = ReturnType<typeof publicKey>;

/** @throws InvalidData for anything but an Ed25519 public key */
export const readProofPublicKey = (data: unknown): ProofPublicKey =>
  publicKey(data, "publicKey");

/** @throws InvalidData naming the place, never a value */
export function readSettings(data: unknown): AuthorizerSettings {
  const settings = file(data, "settings");
  checkNames(settings);
  return settings;
}

function checkNames(settings: AuthorizerSettings): void {
  const { consumers, custom, issuers, proof, routes, store, upstreams } =
    settings;
  const paths = new Map<string, Set<HttpMethod>>();
  for (const [index, route] of routes.entries()) {
    const { path, methods, overwritten, refused, upstream } = route;
    if (overwritten.length === 0 && refused === undefined)
      invalid(`settings.routes[${index}].overwritten`);
    const known = paths.get(path) ?? new Set();
    if (methods.some((method) => known.has(method)))
      invalid(`settings.routes[${index}].methods`);
    for (const method of methods) known.add(method);
    paths.set(path, known);
    if (upstream !== null && !Object.hasOwn(upstreams, upstream))
      invalid(`settings.routes[${index}].upstream`);
  }
  assertUnique(
    issuers.map((one) => one.name),
    "issuers",
  );
  assertUnique(
    issuers.map((one) => one.issuer),
    "issuers",
  );
  assertUnique(
    consumers.map((one) => one.id),
    "consumers",
  );
  assertUnique(
    consumers.flatMap((one) => one.hashes),
    "consumers",
  );
  const issuerNames = new Set(issuers.map((one) => one.name));
  for (const [index, { access, hashes, identities }] of consumers.entries()) {
    const where = `settings.consumers[${index}]`;
    if (!identities.every((one) => issuerNames.has(one.issuer)))
      invalid(`${where}.identities`);
    if (store !== null && hashes.length > 0) invalid(`${where}.hashes`);
    if (access !== "*" && !access.every((one) => isGrant(one, paths)))
      invalid(`${where}.access`);
  }
  if (
    custom &&
    (store ?? proof ?? (issuers.length > 0 || consumers.length > 0))
  )
    invalid("settings.custom");
}

function isGrant(
  { route: path, methods = [], below, exactly }: SettingsGrant,
  paths: ReadonlyMap<string, ReadonlySet<HttpMethod>>,
): boolean {
  const known = paths.get(path);
  if (known === undefined || !methods.every((method) => known.has(method)))
    return false;
  const part = below ?? exactly;
  if (part === undefined) return true;
  return path.endsWith("+}") && (below === undefined || exactly === undefined);
}

function assertUnique(values: readonly string[], where: string): void {
  if (new Set(values).size < values.length) invalid(`settings.${where}`);
}
