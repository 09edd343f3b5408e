import type { GateDifference } from "./differences.ts";

// Names and lists as the sentences about differences hold them. Pure.

/** A name or value between backticks, which it cannot end. */
export const quote = (text: string): string =>
  `\`${text.replaceAll("`", "'")}\``;

const longest = 100;

/** One value of many: the start and the end of a long one, and whether a `*` stands between them. */
export function quoteShort(text: string): string {
  if (text.length <= longest) return quote(text);
  const [start, end] = [text.slice(0, 60), text.slice(-35)];
  const gap = text.slice(60, -35).includes("*") ? "…*…" : "…";
  return quote(start + gap + end);
}

/** The widest first, should the rest be cut: what holds a `*`, and paths with a greedy parameter. */
export function widestFirst<T>(values: readonly T[]): T[] {
  const rank = (value: T) => (/\*|\+\}/.test(String(value)) ? 0 : 1);
  return values.toSorted((one, other) => rank(one) - rank(other));
}

/** "`a`, `b` and `c`": all of them, the widest first. */
export function quoteAll(names: readonly string[]): string {
  return joined(widestFirst(names).map(quoteShort));
}

const most = 5;

/** The same, but beyond five names "… and 7 more". */
export function quoteList(names: readonly string[]): string {
  const over = names.length - most;
  if (over <= 1) return quoteAll(names);
  const shown = widestFirst(names).slice(0, most).map(quoteShort);
  return joined([...shown, `${over} more`]);
}

function joined(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length > 1
    ? `${words.slice(0, -1).join(", ")} and ${last}`
    : last;
}

/** The items of one list that the other does not have. */
export function without<T>(list: readonly T[], other: readonly T[]): T[] {
  const known = new Set(other);
  return list.filter((item) => !known.has(item));
}

// A difference may have more to name than one line of a report takes: then it is told in several, and nothing is left out. Pure.

/** A line of the report takes 1000 characters. */
const longestLine = 800;

/** Ends behind a comma, "or" or "and", but not within backticks. */
const part = /(?:`[^`]*`|[^`])+?(?:[,;] | or | and |$)/g;

/** @returns the difference, or several of which each goes on with the sentence of the one before. */
export function splitSentence(difference: GateDifference): GateDifference[] {
  const { sentence, subject } = difference;
  if (sentence.length <= longestLine) return [difference];
  const lines: string[] = [];
  let line = "";
  for (const [words] of sentence.matchAll(part)) {
    if (line !== "" && line.length + words.length > longestLine) {
      lines.push(`${line}…`);
      line = `${quote(subject)}, continued: `;
    }
    line += words;
  }
  return [...lines, line].map((words) => ({ ...difference, sentence: words }));
}
