export interface LruCache<Value> {
  readonly get: (id: string) => Value | undefined;
  readonly set: (id: string, value: Value) => void;
}

/** `lifetime` and `now` in milliseconds. */
export function createLruCache<Value>(
  limit: number,
  lifetime: number,
  now: () => number,
): LruCache<Value> {
  // A Map keeps insertion order: the first key is the least recently used.
  const entries = new Map<string, { value: Value; since: number }>();
  return {
    get(id) {
      const entry = entries.get(id);
      if (entry === undefined) return undefined;
      entries.delete(id);
      const age = now() - entry.since;
      if (age < 0 || age >= lifetime) return undefined;
      entries.set(id, entry);
      return entry.value;
    },
    set(id, value) {
      entries.delete(id);
      entries.set(id, { value, since: now() });
      for (const oldest of entries.keys()) {
        if (entries.size <= limit) break;
        entries.delete(oldest);
      }
    },
  };
}
