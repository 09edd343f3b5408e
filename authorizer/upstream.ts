// The part of the settings about upstreams: which want a credential, and where it lives. Pure.
import { isObject } from "./json.ts";
import type { SecretReference } from "./secrets.ts";
import { invalid, readObject, readString } from "./shape.ts";

export interface Upstream {
  /** Put before the secret: `"Bearer "` or `""`. */
  readonly prefix: string;
  readonly secret: SecretReference;
}

export const upstreamName = /^[a-z][a-z0-9-]{0,31}$/;
const printable = /^[\x20-\x7e]{0,64}$/;
const secretArn =
  /^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]{1,32}:\d{12}:secret:[A-Za-z0-9/_+=.@-]{1,519}$/;
const parameterName = /^[A-Za-z0-9_./-]{1,1011}$/;

/** @throws InternalFailure naming the place, never a value */
export function readUpstreams(value: unknown): Map<string, Upstream> {
  if (!isObject(value)) invalid("upstreams", "must be an object");
  const entries = Object.entries(value);
  return new Map(
    entries.map(([name, item]) => [
      readString(name, "upstreams", upstreamName),
      readUpstream(item, name),
    ]),
  );
}

function readUpstream(value: unknown, name: string): Upstream {
  const where = `upstreams.${name}`;
  const { prefix, secret } = readObject(value, where, ["prefix", "secret"]);
  return {
    prefix: readString(prefix, `${where}.prefix`, printable),
    secret: readSecret(secret, `${where}.secret`),
  };
}

function readSecret(value: unknown, where: string): SecretReference {
  const { store, arn, name } = readObject(
    value,
    where,
    ["store"],
    ["arn", "name"],
  );
  if (store === "secrets-manager" && name === undefined)
    return { store, arn: readString(arn, where, secretArn) };
  if (store === "ssm" && arn === undefined)
    return { store, name: readString(name, where, parameterName) };
  return invalid(where, "is no reference to a known store");
}
