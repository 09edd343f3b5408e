// What the gate's routes may read of the decision: who is calling, and the upstream credentials it may use. Every key is
// always there and never empty, because API Gateway passes the client's own header on where a mapped key is missing.
import { InternalFailure } from "./failure.ts";
import type { ReadSecret } from "./secrets.ts";
import type { Settings } from "./settings.ts";

export type Context = Readonly<Record<string, string>>;

/** Stands where a credential would, for an upstream the caller may not call. */
const noCredential = "none";
const printableAscii = /^[\x20-\x7e]+$/;

/**
 * Builds the context of an allowed caller; only the secrets it may use are read.
 *
 * @param name stands in a header as it is
 * @throws InternalFailure when one of them cannot be read or cannot stand in a header
 */
export async function buildContext(
  { name, mayUse }: { name: string; mayUse: (upstream: string) => boolean },
  upstreams: Settings["upstreams"],
  readSecret: ReadSecret,
): Promise<Context> {
  const entries = [...upstreams].map(
    async ([upstreamName, upstream]): Promise<[string, string]> => {
      const value = mayUse(upstreamName)
        ? headerValue(
            upstreamName,
            upstream.prefix,
            await readSecret(upstream.secret),
          )
        : noCredential;
      return [`upstream_${upstreamName.replaceAll("-", "_")}`, value];
    },
  );
  return { consumer: name, ...Object.fromEntries(await Promise.all(entries)) };
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
