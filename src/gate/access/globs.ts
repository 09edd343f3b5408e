// Patterns in which `*` stands for any text, slashes and nothing included: the way IAM reads a Resource. Pure.

/** @returns whether everything that `other` matches, `one` matches too: a star of `other` is text that only a star covers. */
export function covers(one: string, other: string): boolean {
  const [first = "", ...rest] = one.split("*");
  if (rest.length === 0) return one === other;
  const last = rest.pop() ?? "";
  if (!other.startsWith(first) || !other.endsWith(last)) return false;
  const end = other.length - last.length;
  let position = first.length;
  for (const part of rest) {
    const found = other.indexOf(part, position);
    if (found < 0) return false;
    position = found + part.length;
  }
  return position <= end;
}
