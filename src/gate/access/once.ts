// Remembers what was worked out for an access list: thousands of consumers share few of them. Pure.

export function once<T>(
  work: (access: readonly string[]) => T,
): (access: readonly string[]) => T {
  const done = new Map<string, T>();
  return (access) => {
    const key = access.join("\n");
    if (!done.has(key)) done.set(key, work(access));
    return done.get(key) as T;
  };
}
