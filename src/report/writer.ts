// How long a text may be where a report shows it: brief in a comment, whole in the step summary. Pure.
import { code, prose } from "./text.ts";

export interface Writer {
  /** A name or value; the limit is what is good for its place in a comment. */
  readonly code: (text: string, limit?: number) => string;
  /** A sentence, likewise. */
  readonly prose: (text: string, limit?: number) => string;
  /** Characters of what the verdict tells of a failure. */
  readonly longestFailure: number;
}

export const brief: Writer = { code, prose, longestFailure: 500 };

/** So much that nothing is cut in earnest; but one name must not take the place of all that follows. */
const longest = 10_000;

export const full: Writer = {
  code: (text) => code(text, longest),
  prose: (text) => prose(text, longest, longest),
  longestFailure: longest,
};
