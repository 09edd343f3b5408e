// Upstream secrets, kept for five minutes and then read again, so that a rotation needs no deploy.
import { createRefresher } from "./refresher.ts";
import { Unavailable } from "./transport.ts";

/** Where an upstream's secret lives. */
export type SecretReference =
  | { readonly store: "secrets-manager"; readonly arn: string }
  | { readonly store: "ssm"; readonly name: string };

/** Reads a secret from where it lives; rejects with Unavailable. */
export type FetchSecret = (reference: SecretReference) => Promise<string>;

/** Reads a secret through the cache; rejects with InternalFailure. */
export type ReadSecret = (reference: SecretReference) => Promise<string>;

/** Returns a reader that caches by reference. `now` in epoch milliseconds. */
export function createSecretReader(
  fetchSecret: FetchSecret,
  now: () => number,
): ReadSecret {
  const read = createRefresher<string>({
    freshFor: 5 * 60_000,
    now,
    reason: "upstream-secret-unavailable",
  });
  return (reference) =>
    read({
      id: reference.store === "ssm" ? `ssm:${reference.name}` : reference.arn,
      fetch: async () => clean(await fetchSecret(reference)),
    });
}

/** Editors and `echo` end a file with a line break that is no part of the secret. */
function clean(text: string): string {
  const secret = text.replace(/\r?\n$/, "");
  if (secret === "") throw new Unavailable("empty", "gone");
  return secret;
}
