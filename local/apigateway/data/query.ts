// Query strings: decoded for mappings and events, raw where they are passed on.

export type QueryPairs = readonly (readonly [name: string, value: string])[];

/** Decoded pairs in order (`+` and `%20` are spaces). Text that is no valid percent-encoding stays as it is. */
export function queryPairs(raw: string): QueryPairs {
  return raw
    .split("&")
    .filter((part) => part !== "")
    .map((part) => {
      const at = part.indexOf("=");
      const [name, value] =
        at < 0 ? [part, ""] : [part.slice(0, at), part.slice(at + 1)];
      return [decode(name), decode(value)] as const;
    });
}

export function queryValues(pairs: QueryPairs, name: string): string[] {
  return pairs.filter(([key]) => key === name).map(([, value]) => value);
}

export function encodePair([name, value]: readonly [string, string]): string {
  return `${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
}

function decode(text: string): string {
  const spaced = text.replaceAll("+", " ");
  try {
    return decodeURIComponent(spaced);
  } catch {
    return spaced;
  }
}
