// A cache for upstream secrets and issuers' keys: refreshed when old, kept for a day while their source is down.

import {
  InternalFailure,
  Unavailable,
  type InternalReason,
} from "./failure.ts";

export interface RefresherOptions {
  /** Milliseconds. */
  readonly freshFor: number;
  /** Epoch milliseconds. */
  readonly now: () => number;
  readonly reason: InternalReason;
  /** Called when an outdated value is used because its source is down. */
  readonly onStale?: (detail: string) => void;
}

interface Entry<Value> {
  value?: { readonly content: Value; readonly at: number };
  failure?: { readonly cause: string; readonly at: number };
  attemptedAt?: number;
  pending?: Promise<void>;
}

export interface Request<Value> {
  readonly id: string;
  /** Rejects with Unavailable; may return `previous` when nothing changed. */
  readonly fetch: (previous: Value | undefined) => Promise<Value>;
  readonly suffices?: (value: Value) => boolean;
}

const staleFor = 24 * 60 * 60_000;
const backOffFor = 5_000;
/** How often a fresh value that does not suffice is read again: callers can ask for keys that do not exist. */
const coolDownFor = 30_000;

/** Concurrent reads of one id share a call; after a failure the source is left alone for five seconds. Rejects with InternalFailure. */
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

const isWithin = (
  since: number | undefined,
  period: number,
  now: number,
): boolean => since !== undefined && now >= since && now - since < period;
