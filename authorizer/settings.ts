// What the deploy job tells the authorizer, from the file settings.json beside the bundle. Parsed once at cold start;
// whatever is not exactly as expected stops the function. Pure.
import type { JsonObject } from "./json.ts";
import {
  invalid,
  readEndOfDay,
  readObject,
  readString,
  readStrings,
} from "./shape.ts";
import { readUpstreams, upstreamName, type Upstream } from "./upstream.ts";

export interface Settings {
  /** `<project>/<stack>`: whom a proof must be made out to. */
  readonly gate: string;
  /** The only stage this authorizer answers for. */
  readonly stage: string;
  /** The header API Gateway reads the credential from. */
  readonly header: string;
  /** The upstreams that want a credential, by name. */
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly consumers: ReadonlyMap<string, Consumer>;
  /** By lower-case hex SHA-256 of the token. A Map, so that no token can name a property of Object.prototype. */
  readonly tokens: ReadonlyMap<
    string,
    { readonly digest: Buffer; readonly consumer: Consumer }
  >;
  /** Ed25519, as a JWK; absent where the deploy job makes no proof. */
  readonly proofKey: JsonObject | undefined;
}

export interface Consumer {
  readonly id: string;
  /** Epoch milliseconds from which on nothing passes; Infinity without an expiry. */
  readonly expiresAt: number;
  /** ARN suffixes after the stage: `POST/openai/*`. */
  readonly resources: readonly string[];
  /** Names of the upstreams whose credential it may use. */
  readonly upstreams: readonly string[];
}

const settingsKeys = [
  "version",
  "gate",
  "stage",
  "header",
  "upstreams",
  "consumers",
  "proof",
];
const digest = /^[0-9a-f]{64}$/;
const gateId = /^[A-Za-z0-9._-]{1,128}\/[A-Za-z0-9._-]{1,128}$/;
const stageName = /^[A-Za-z0-9_-]{1,128}$/;
const headerName = /^[A-Za-z0-9_-]{1,64}$/;
const consumerId = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** Everything, or one literal method and a path. `?` and `$` are left out: IAM reads both as patterns. */
const resource =
  /^(?:\*|(?:GET|POST|PUT|PATCH|DELETE|HEAD)\/[A-Za-z0-9._~:,@+=*/-]*)$/;
/** 32 bytes in base64url; the last character carries only four bits. */
const ed25519Point = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/;

/** @throws InternalFailure `settings-invalid` naming the place, never a value */
export function parseSettings(text: string): Settings {
  const root = readObject(parseJson(text), "settings", settingsKeys);
  if (root["version"] !== 1)
    invalid("version", "is not the one this authorizer was built for");
  const upstreams = readUpstreams(root["upstreams"]);
  return {
    gate: readString(root["gate"], "gate", gateId),
    stage: readString(root["stage"], "stage", stageName),
    header: readString(root["header"], "header", headerName),
    upstreams,
    ...readConsumers(root["consumers"], upstreams),
    proofKey: root["proof"] === null ? undefined : readProofKey(root["proof"]),
  };
}

/** The parser's own message would quote the file. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return invalid("settings", "is not JSON");
  }
}

function readConsumers(
  value: unknown,
  upstreams: ReadonlyMap<string, Upstream>,
) {
  if (!Array.isArray(value)) invalid("consumers", "must be a list");
  const consumers = new Map<string, Consumer>();
  const tokens = new Map<string, { digest: Buffer; consumer: Consumer }>();
  for (const [index, item] of value.entries()) {
    const where = `consumers[${index}]`;
    const { consumer, hashes } = readConsumer(item, where);
    if (consumers.has(consumer.id)) invalid(`${where}.id`, "is not unique");
    if (!consumer.upstreams.every((name) => upstreams.has(name)))
      invalid(`${where}.upstreams`, "names no upstream");
    consumers.set(consumer.id, consumer);
    for (const hash of hashes) {
      if (tokens.has(hash))
        invalid(`${where}.hashes`, "has the token of another consumer");
      tokens.set(hash, { digest: Buffer.from(hash, "hex"), consumer });
    }
  }
  return { consumers, tokens };
}

function readConsumer(
  value: unknown,
  where: string,
): { consumer: Consumer; hashes: string[] } {
  const item = readObject(
    value,
    where,
    ["id", "hashes", "resources", "upstreams"],
    ["expires"],
  );
  const { id, expires, resources, upstreams } = item;
  const consumer = {
    id: readString(id, `${where}.id`, consumerId),
    expiresAt:
      expires === undefined
        ? Infinity
        : readEndOfDay(expires, `${where}.expires`),
    resources: readStrings(
      resources,
      `${where}.resources`,
      resource,
      [1, 1000],
    ),
    upstreams: readStrings(
      upstreams,
      `${where}.upstreams`,
      upstreamName,
      [0, 1000],
    ),
  };
  return {
    consumer,
    hashes: readStrings(item["hashes"], `${where}.hashes`, digest, [1, 2]),
  };
}

function readProofKey(value: unknown): JsonObject {
  const where = "proof.publicKey";
  const { publicKey } = readObject(value, "proof", ["publicKey"]);
  const { kty, crv, x } = readObject(publicKey, where, ["kty", "crv", "x"]);
  if (kty !== "OKP" || crv !== "Ed25519") invalid(where, "is no Ed25519 key");
  return { kty, crv, x: readString(x, `${where}.x`, ed25519Point) };
}
