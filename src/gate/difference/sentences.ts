// A difference may have more to name than one line of a report takes: then it is told in several, and nothing is left out. Pure.
import type { GateDifference } from "./difference.ts";
import { quote } from "./words.ts";

/** A line of the report takes 1000 characters. */
const longest = 800;

/** Ends behind a comma, "or" or "and", but not within backticks. */
const part = /(?:`[^`]*`|[^`])+?(?:[,;] | or | and |$)/g;

/** @returns the difference, or several of which each goes on with the sentence of the one before. */
export function splitSentence(difference: GateDifference): GateDifference[] {
  const { sentence, subject } = difference;
  if (sentence.length <= longest) return [difference];
  const lines: string[] = [];
  let line = "";
  for (const [words] of sentence.matchAll(part)) {
    if (line !== "" && line.length + words.length > longest) {
      lines.push(`${line}…`);
      line = `${quote(subject)}, continued: `;
    }
    line += words;
  }
  return [...lines, line].map((words) => ({ ...difference, sentence: words }));
}
