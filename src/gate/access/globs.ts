// Patterns in which `*` stands for any text, slashes and nothing included: the way IAM reads a Resource. Pure.

/** @returns whether some text matches both patterns. */
export function intersects(one: string, other: string): boolean {
  // Most pairs differ before the first star: those are told apart without the table below.
  const [head, otherHead] = [headOf(one), headOf(other)];
  if (!head.startsWith(otherHead) && !otherHead.startsWith(head)) return false;
  const letters = Array.from(other);
  // row[n]: what was read of `one` and the first n letters of `other` can match the same text.
  let row = [true];
  for (const letter of letters) row.push(letter === "*" && row.at(-1) === true);
  for (const letter of one) {
    const next = [letter === "*" && row[0] === true];
    for (const [index, wanted] of letters.entries()) {
      const above = row[index + 1] === true;
      const left = next[index] === true;
      const diagonal = row[index] === true;
      const star = letter === "*" || wanted === "*";
      next.push(star ? above || left : letter === wanted && diagonal);
    }
    row = next;
  }
  return row.at(-1) === true;
}

function headOf(pattern: string): string {
  return pattern.split("*", 1)[0] ?? "";
}

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
