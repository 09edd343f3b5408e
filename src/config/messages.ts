// Wording of messages: how values are quoted, hidden, listed and corrected.

/** A value that is no secret, in quotes, control characters escaped, at most 80 characters of it. */
export function quoted(value: string): string {
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 79)}…` : value);
}

/** The same without quotes, for what stands in a list as it was written. */
export const inline = (value: string): string => quoted(value).slice(1, -1);

/** What may be said of a secret: its length. */
export function hidden(secret: string): string {
  return `(${secret.length} characters)`;
}

/** `a, b or c`. */
export function listed(names: readonly (string | number)[]): string {
  const last = names.at(-1) ?? "";
  return names.length < 2
    ? String(last)
    : `${names.slice(0, -1).join(", ")} or ${last}`;
}

const mostListed = 15;

/**
 * `Unknown KIND "NAME"`, with the nearest name at most two edits away, else the first of those there are.
 * @param none what to do where there are none
 */
export function unknown(
  kind: string,
  name: string,
  names: readonly string[],
  none = "remove it",
): string {
  const [near] = names
    .map((one) => ({ one, distance: editDistance(name, one) }))
    .filter(
      ({ one, distance }) => distance <= Math.min(2, Math.ceil(one.length / 3)),
    )
    .sort((a, b) => a.distance - b.distance);
  const known =
    names.length > 0 ? `use ${listed(names.slice(0, mostListed))}` : none;
  const fix = near === undefined ? known : `did you mean ${quoted(near.one)}?`;
  return `Unknown ${kind} ${quoted(name)}: ${fix}`;
}

/** Levenshtein distance; words longer than any key are not compared. */
function editDistance(a: string, b: string): number {
  if (a.length > 64) return Infinity;
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [row, letter] of Array.from(a).entries()) {
    const current = [row + 1];
    for (const [column, other] of Array.from(b).entries())
      current.push(
        Math.min(
          (previous[column + 1] ?? 0) + 1,
          (current[column] ?? 0) + 1,
          (previous[column] ?? 0) + (letter === other ? 0 : 1),
        ),
      );
    previous = current;
  }
  return previous.at(-1) ?? 0;
}

export const consumerIdForm =
  "1 to 64 letters, digits and . _ -, a letter or digit first";
