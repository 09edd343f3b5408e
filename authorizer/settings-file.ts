// What the settings file must look like, piece by piece. Pure.
import { families, type Algorithm } from "./keys.ts";
import {
  anyObject,
  distinct,
  either,
  endOfDay,
  integer,
  invalid,
  list,
  mapOf,
  object,
  oneOf,
  orNull,
  text,
  type Reader,
} from "./shape.ts";

const name = /^[a-z][a-z0-9-]{0,31}$/;
export const consumerId = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const digest = /^[0-9a-f]{64}$/;

const secret = either(
  object(
    {
      store: oneOf("ssm" as const),
      name: text(/^[A-Za-z0-9_./-]{1,1011}$/),
    },
    {},
  ),
  object(
    {
      store: oneOf("secrets-manager" as const),
      arn: text(
        /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]{1,32}:\d{12}:secret:[A-Za-z0-9/_+=.@-]{1,519}$/,
      ),
    },
    {},
  ),
);

/** https, without query, fragment or credentials. */
const url: Reader<string> = (value, where) => {
  const plain = text(/^https:\/\/[^\s?#@\\]{1,1000}$/)(value, where);
  return URL.canParse(plain) ? plain : invalid(where);
};

const claimText = text(/^[^\0-\x1f\x7f]{1,1024}$/);
/** Not of nothing but stars: that would hold for anything. */
const wanted = either<number | boolean, string>(
  (value, where) =>
    typeof value === "boolean" || Number.isFinite(value)
      ? (value as number | boolean)
      : invalid(where),
  text(/^(?!\**$)[^\0-\x1f\x7f]{1,1024}$/),
);
const conditions = list(
  0,
  100,
  either(
    object({ claim: claimText, noneOf: list(1, 1000, claimText) }, {}),
    object({ claim: claimText, anyOf: list(1, 1000, wanted) }, {}),
  ),
);

const issuer = object(
  {
    name: text(name),
    issuer: url,
    audiences: list(1, 100, claimText),
    audienceClaim: claimText,
    algorithms: list(1, 6, oneOf(...(Object.keys(families) as Algorithm[]))),
    keys: either(
      object({ jwks: object({ keys: list(1, 100, anyObject) }, {}) }, {}),
      object({ uri: url }, {}),
    ),
    clockSkew: integer(0, 60),
    conditions,
  },
  { maxLifetime: integer(1, 1e9) },
);

const consumer = object(
  {
    id: text(consumerId),
    hashes: distinct(0, 2, digest),
    identities: list(0, 100, object({ issuer: text(name), conditions }, {})),
    // Everything, or one literal method and a path. `?` and `$` are left out: IAM reads both as patterns.
    resources: distinct(
      1,
      1000,
      /^(?:\*|(?:GET|POST|PUT|PATCH|DELETE|HEAD)\/[A-Za-z0-9._~:,@+=*/-]*)$/,
    ),
    upstreams: distinct(0, 1000, name),
  },
  { expires: endOfDay, disabled: oneOf(true), usageKey: text(digest) },
);

/** Ed25519 only. 32 bytes in base64url; the last character carries only four bits. */
const publicKey = object(
  {
    kty: oneOf("OKP"),
    crv: oneOf("Ed25519"),
    x: text(/^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/),
  },
  {},
);

export const readFile = object(
  {
    version: oneOf(1),
    gate: text(/^[A-Za-z0-9._-]{1,128}\/[A-Za-z0-9._-]{1,128}$/),
    stage: text(/^[A-Za-z0-9_-]{1,128}$/),
    header: text(/^[A-Za-z0-9_-]{1,64}$/),
    // The prefix is put before the secret: `"Bearer "` or `""`.
    upstreams: mapOf(
      name,
      object({ prefix: text(/^[\x20-\x7e]{0,64}$/), secret }, {}),
    ),
    issuers: list(0, 100, issuer),
    consumers: list(0, 100_000, consumer),
    store: orNull(object({ table: text(/^[A-Za-z0-9_.-]{3,255}$/) }, {})),
    custom: orNull(object({ function: text(/^[A-Za-z0-9_-]{1,64}$/) }, {})),
    proof: orNull(object({ publicKey }, {})),
  },
  {},
);

export type SettingsFile = ReturnType<typeof readFile>;
