/** A name or value between backticks, which it cannot end. */
export const quote = (text: string): string =>
  `\`${text.replaceAll("`", "'")}\``;

const longestName = 100;

/** A long value by its start and end, and whether a `*` stands between them. */
export function quoteShort(text: string): string {
  if (text.length <= longestName) return quote(text);
  const [start, end] = [text.slice(0, 60), text.slice(-35)];
  const gap = text.slice(60, -35).includes("*") ? "…*…" : "…";
  return quote(start + gap + end);
}

/** Characters; so that two lists fit the 1000 of a line of the report. */
const longestList = 250;

/** "a, b and c"; of a list that is too long "a, b and 7 more". */
export function joinWords(words: readonly string[], last = "and"): string {
  let length = 0;
  const shown = words.filter((word, index) => {
    length += word.length;
    return index === 0 || length <= longestList;
  });
  const more = words.length - shown.length;
  const all = more > 0 ? [...shown, `${more} more`] : shown;
  const end = all.at(-1) ?? "";
  return all.length > 1 ? `${all.slice(0, -1).join(", ")} ${last} ${end}` : end;
}

/** "`a`, `b` and 7 more". */
export const quoteList = (names: readonly string[], last?: string): string =>
  joinWords(names.map(quoteShort), last);

/** The items of one list that the other does not have, compared by key. */
export function without<T>(
  list: readonly T[],
  other: readonly T[],
  keyOf: (item: T) => unknown = (item) => item,
): T[] {
  const known = new Set(other.map(keyOf));
  return list.filter((item) => !known.has(keyOf(item)));
}
