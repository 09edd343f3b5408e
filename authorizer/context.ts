// What the gate's routes may read of the decision: the consumer's id, and the upstream credentials it may use. Every key
// is always there and never empty, because API Gateway passes the client's own header on where a mapped key is missing.
import { InternalFailure } from "./failure.ts";
import type { SecretReference } from "./secrets.ts";
import type { Consumer } from "./settings.ts";
import type { Upstream } from "./upstream.ts";

export type Context = Readonly<Record<string, string>>;

/** Stands where a credential would, for an upstream the consumer may not call. */
const noCredential = "none";
const printableAscii = /^[\x20-\x7e]+$/;

/**
 * Builds the context of an allowed consumer; only the secrets it may use are read.
 *
 * @throws InternalFailure when one of them cannot be read or cannot stand in a header
 */
export async function buildContext(
  consumer: Consumer,
  upstreams: ReadonlyMap<string, Upstream>,
  readSecret: (reference: SecretReference) => Promise<string>,
): Promise<Context> {
  const entries = [...upstreams].map(
    async ([name, upstream]): Promise<[string, string]> => {
      const permitted = consumer.upstreams.includes(name);
      const value = permitted
        ? headerValue(name, upstream.prefix, await readSecret(upstream.secret))
        : noCredential;
      return [`upstream_${name.replaceAll("-", "_")}`, value];
    },
  );
  return {
    consumer: consumer.id,
    ...Object.fromEntries(await Promise.all(entries)),
  };
}

/** Line breaks would end the header, other control and non-ASCII characters change on the way. */
function headerValue(name: string, prefix: string, secret: string): string {
  if (secret.trim() !== secret || !printableAscii.test(secret)) {
    throw new InternalFailure(
      "upstream-secret-invalid",
      `upstream ${name}: the secret cannot stand in a header`,
    );
  }
  return prefix + secret;
}
