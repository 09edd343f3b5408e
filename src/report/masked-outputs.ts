// Finds outputs that hold a masked value: GitHub gives such a job output to no other job, and says so only in the log. Pure.
import { maskedLines } from "./redact.ts";

export interface MaskedOutput {
  readonly name: string;
  /** One sentence for a warning; it holds neither the output nor the mask. */
  readonly message: string;
}

/**
 * @param outputs by name, as they are set.
 * @param masks every value this run masked.
 */
export function findMaskedOutputs(
  outputs: Readonly<Record<string, string>>,
  masks: readonly string[],
): MaskedOutput[] {
  const lines = maskedLines(masks);
  return Object.entries(outputs)
    .filter(([, value]) => lines.some((line) => value.includes(line)))
    .map(([name]) => ({ name, message: wordMasked(name) }));
}

const wordMasked = (name: string): string =>
  `the output \`${name}\` holds a value that the log masks, so GitHub hands it to no other job (steps of this job can read it): keep what is no secret, such as a region or an account id, in a variable instead of a secret`;
