// Values that change slowly and live elsewhere (upstream secrets, issuers' keys): kept, read again when they are old, and
// an outage of where they live is ridden out for up to a day. Without a value the read fails, and the gate fails closed.

import {
  InternalFailure,
  Unavailable,
  type InternalReason,
} from "./failure.ts";

export interface RefresherOptions {
  /** Milliseconds for which a value is not asked for again. */
  readonly freshFor: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
  /** What a read without a value fails with. */
  readonly reason: InternalReason;
  /** Told when an old value goes on being used because a new one could not be read. */
  readonly onStale?: (detail: string) => void;
}

interface Entry<Value> {
  value?: { readonly content: Value; readonly at: number };
  failure?: { readonly cause: string; readonly at: number };
  attemptedAt?: number;
  pending?: Promise<void>;
}

/** One value to read; `fetch` rejects with Unavailable. */
export interface Request<Value> {
  readonly id: string;
  /** `previous` is the value at hand, for a source that finds it unchanged. */
  readonly fetch: (previous: Value | undefined) => Promise<Value>;
  /** Asked of a fresh value: does it hold what the caller looks for? */
  readonly suffices?: (value: Value) => boolean;
}

const staleFor = 24 * 60 * 60_000;
const backOffFor = 5_000;
/** A fresh value that does not suffice is read again no more often: anybody can ask for what does not exist. */
const coolDownFor = 30_000;

/**
 * Returns a function that reads a value through the cache; it rejects with InternalFailure. Concurrent reads of one id share
 * one call, and after a failed call the source is left alone for five seconds.
 */
export function createRefresher<Value>(options: RefresherOptions) {
  const entries = new Map<string, Entry<Value>>();
  return async (request: Request<Value>): Promise<Value> => {
    const entry = entries.get(request.id) ?? {};
    entries.set(request.id, entry);
    if (isDue(entry, request, options)) {
      entry.pending ??= refresh(entry, request, options).finally(
        () => delete entry.pending,
      );
      await entry.pending;
    }
    if (entry.value && isWithin(entry.value.at, staleFor, options.now()))
      return entry.value.content;
    throw new InternalFailure(
      options.reason,
      `${request.id}: ${entry.failure?.cause ?? "too old"}`,
    );
  };
}

function isDue<Value>(
  { value, failure, attemptedAt }: Entry<Value>,
  { suffices }: Request<Value>,
  { freshFor, now }: RefresherOptions,
): boolean {
  if (!value || !isWithin(value.at, freshFor, now()))
    return !isWithin(failure?.at, backOffFor, now());
  return (
    suffices?.(value.content) === false &&
    !isWithin(attemptedAt, coolDownFor, now())
  );
}

async function refresh<Value>(
  entry: Entry<Value>,
  { id, fetch }: Request<Value>,
  { freshFor, now, onStale }: RefresherOptions,
): Promise<void> {
  try {
    const content = await fetch(entry.value?.content);
    entry.value = { content, at: now() };
    delete entry.failure;
  } catch (error) {
    const foreseen = error instanceof Unavailable;
    const cause = foreseen ? error.message : "error";
    entry.failure = { cause, at: now() };
    if (foreseen && error.kind === "gone") delete entry.value;
    else if (entry.value && !isWithin(entry.value.at, freshFor, now()))
      onStale?.(`${id}: ${cause}`);
  }
  entry.attemptedAt = now();
}

/** A clock that was set back makes nothing fresh. */
const isWithin = (
  since: number | undefined,
  period: number,
  now: number,
): boolean => since !== undefined && now >= since && now - since < period;
