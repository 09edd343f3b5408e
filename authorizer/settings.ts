// What the deploy job tells the authorizer, from the file settings.json beside the bundle. Parsed once at cold start;
// whatever is not exactly as expected stops the function. Pure.
import { holdAll } from "./condition.ts";
import { allowedTypes } from "./envelope.ts";
import type { Consumer, Issuer, KnownToken } from "./issuer.ts";
import { parseJson } from "./json.ts";
import { createProofIssuer } from "./proof.ts";
import { readFile, type SettingsFile } from "./settings-file.ts";
import { invalid } from "./shape.ts";

export interface Settings {
  /** `<project>/<stack>`: whom a proof must be made out to. */
  readonly gate: string;
  /** The only stage this authorizer answers for. */
  readonly stage: string;
  /** The header API Gateway reads the credential from. */
  readonly header: string;
  /** The upstreams that want a credential, by name. */
  readonly upstreams: SettingsFile["upstreams"];
  readonly consumers: ReadonlyMap<unknown, Consumer>;
  /** By lower-case hex SHA-256 of the token. A Map, so that no token can name a property of Object.prototype. */
  readonly tokens: ReadonlyMap<unknown, KnownToken>;
  /** By the claim `iss`; the deploy job's proof is one of them. */
  readonly issuers: ReadonlyMap<unknown, Issuer>;
  /** The name of the table of tokens. */
  readonly table: string | undefined;
  /** The name of the user's own authorizer function, which then decides instead. */
  readonly custom: string | undefined;
}

/** @throws Misshapen naming the place, never a value */
export const parseSettings = (json: string): Settings =>
  link(readFile(parseJson(json), "settings"));

/** Connects what the file names: consumers with upstreams, issuers with consumers. */
function link(file: SettingsFile): Settings {
  const { gate, stage, upstreams, store, custom, proof } = file;
  const consumers = linkConsumers(file);
  const issuers = linkIssuers(file);
  const known = file.consumers.flatMap((consumer) =>
    consumer.hashes.map((hash): KnownToken & { readonly hash: string } => ({
      hash,
      digest: Buffer.from(hash, "hex"),
      consumer,
    })),
  );
  const tokens = uniqueMap(known, "consumers.hashes", ({ hash }) => hash);
  if (proof) {
    const issuer = createProofIssuer({ ...proof, gate, stage, consumers });
    issuers.set(issuer.issuer, issuer);
  }
  // What two places say is not what the deploy job writes.
  if (store && tokens.size) invalid("settings.store");
  if (custom && (store || issuers.size || consumers.size))
    invalid("settings.custom");
  return {
    ...{ gate, stage, header: file.header, upstreams, tokens, issuers },
    consumers,
    table: store?.table,
    custom: custom?.function,
  };
}

function linkConsumers(file: SettingsFile): Map<unknown, Consumer> {
  const issuers = new Set(file.issuers.map(({ name }) => name));
  for (const [index, { upstreams, identities }] of file.consumers.entries())
    if (
      !upstreams.every((name) => file.upstreams.has(name)) ||
      !identities.every(({ issuer }) => issuers.has(issuer))
    )
      invalid(`settings.consumers[${index}]`);
  return uniqueMap(file.consumers, "consumers", ({ id }) => id);
}

function linkIssuers(file: SettingsFile): Map<unknown, Issuer> {
  const issuers = file.issuers.map(({ name, keys, ...others }): Issuer => {
    const own = file.consumers.filter(({ identities }) =>
      identities.some(({ issuer }) => issuer === name),
    );
    return {
      maxLifetime: Infinity,
      ...others,
      name,
      mode: name === "github" ? "github-oidc" : "jwt",
      types: allowedTypes,
      jwks: { keys: [] },
      ...keys,
      findConsumer: (claims) =>
        own.find(({ identities }) =>
          identities.some(
            ({ issuer, conditions }) =>
              issuer === name && holdAll(conditions, claims),
          ),
        ),
    };
  });
  uniqueMap(issuers, "issuers", ({ name }) => name);
  return uniqueMap(issuers, "issuers", ({ issuer }) => issuer);
}

function uniqueMap<Item>(
  items: readonly Item[],
  where: string,
  nameOf: (item: Item) => string,
): Map<unknown, Item> {
  const named = new Map<unknown, Item>(
    items.map((item) => [nameOf(item), item]),
  );
  return named.size < items.length ? invalid(`settings.${where}`) : named;
}
