// Names and lists as the sentences about differences hold them. Pure.

/** A name or value between backticks, which it cannot end. */
export const quote = (text: string): string =>
  `\`${text.replaceAll("`", "'")}\``;

const most = 5;

/** "`a`, `b` and `c`"; beyond five names "… and 7 more". */
export function quoteList(names: readonly string[]): string {
  const over = names.length - most;
  const shown = names.slice(0, over > 1 ? most : names.length).map(quote);
  const last = over > 1 ? `${over} more` : (shown.pop() ?? "");
  return shown.length > 0 ? `${shown.join(", ")} and ${last}` : last;
}

/** The items of one list that the other does not have. */
export function without<T>(list: readonly T[], other: readonly T[]): T[] {
  const known = new Set(other);
  return list.filter((item) => !known.has(item));
}
