// Upstream secrets, kept for five minutes and then read again, so that a rotation needs no deploy. An outage of the store
// is ridden out with the last value for up to a day; without a value the read fails, and the gate fails closed.
import { InternalFailure } from "./failure.ts";

/** Where an upstream's secret lives. */
export type SecretReference =
  | { readonly store: "secrets-manager"; readonly arn: string }
  | { readonly store: "ssm"; readonly name: string };

/** Thrown by a source: `gone` when the store says the secret is not there or not ours to read, as opposed to an outage. */
export class SecretUnavailable extends Error {
  readonly gone: boolean;

  /** `cause` is a code of the store or of the network, never its text. */
  constructor(cause: string, gone: boolean) {
    super(cause);
    this.gone = gone;
  }
}

/** Reads a secret from where it lives; rejects with SecretUnavailable. */
export type FetchSecret = (reference: SecretReference) => Promise<string>;

/** Reads a secret through the cache; rejects with InternalFailure. */
export type ReadSecret = (reference: SecretReference) => Promise<string>;

interface Entry {
  value?: { readonly text: string; readonly fetchedAt: number };
  failure?: { readonly cause: string; readonly at: number };
  pending?: Promise<void>;
}

const freshFor = 5 * 60_000;
const staleFor = 24 * 60 * 60_000;
const backOffFor = 5_000;

/**
 * Returns a reader that caches by reference. Concurrent reads of one secret share one call, and after a failed call the
 * store is left alone for five seconds. `now` in epoch milliseconds.
 */
export function createSecretReader(
  fetchSecret: FetchSecret,
  now: () => number,
): ReadSecret {
  const entries = new Map<string, Entry>();
  return async (reference) => {
    const name =
      reference.store === "ssm" ? `ssm:${reference.name}` : reference.arn;
    const entry = entries.get(name) ?? {};
    entries.set(name, entry);
    const isFresh = isWithin(entry.value?.fetchedAt, freshFor, now());
    if (!isFresh && !isWithin(entry.failure?.at, backOffFor, now())) {
      entry.pending ??= refresh(
        entry,
        () => fetchSecret(reference),
        now,
      ).finally(() => delete entry.pending);
      await entry.pending;
    }
    if (entry.value && isWithin(entry.value.fetchedAt, staleFor, now()))
      return entry.value.text;
    throw new InternalFailure(
      "upstream-secret-unavailable",
      `${name}: ${entry.failure?.cause ?? "too old"}`,
    );
  };
}

async function refresh(
  entry: Entry,
  fetch: () => Promise<string>,
  now: () => number,
): Promise<void> {
  try {
    entry.value = { text: clean(await fetch()), fetchedAt: now() };
    delete entry.failure;
  } catch (error) {
    const foreseen = error instanceof SecretUnavailable;
    entry.failure = { cause: foreseen ? error.message : "error", at: now() };
    if (foreseen && error.gone) delete entry.value;
  }
}

/** Reads every secret once, so that the first caller does not wait; what fails is read again when it is needed. */
export async function prefetchSecrets(
  references: readonly SecretReference[],
  readSecret: ReadSecret,
): Promise<void> {
  await Promise.allSettled(references.map(readSecret));
}

function isWithin(
  since: number | undefined,
  period: number,
  now: number,
): boolean {
  return since !== undefined && now - since < period;
}

/** Editors and `echo` end a file with a line break that is no part of the secret. */
function clean(text: string): string {
  const secret = text.replace(/\r?\n$/, "");
  if (secret === "") throw new SecretUnavailable("empty", true);
  return secret;
}
