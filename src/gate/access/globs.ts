// Patterns in which `*` stands for any text, slashes and nothing included: the way IAM reads a Resource. Pure.

/** @returns whether some text matches both patterns. */
export function intersects(one: string, other: string): boolean {
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
