// Takes out of a text what must not be public: GitHub masks secrets in logs, but in no comment, summary or output. Pure.
import { GateFailure } from "../gate/failure.ts";

const hidden = "***";

/** What to look for, since GitHub masks each line of a value by itself. */
export const maskedLines = (masked: readonly string[]): string[] =>
  masked
    .flatMap((value) => value.split(/\r?\n/))
    .map((line) => line.trim())
    .filter(Boolean);

/** @returns the text without masked values and ids of AWS accounts: 12 digits by themselves, in an ARN or anywhere else. */
export function redact(text: string, masked: readonly string[]): string {
  // The longest first: what begins like another one would leave the rest of it.
  const lines = maskedLines(masked).sort(
    (one, other) => other.length - one.length,
  );
  return lines
    .reduce((rest, line) => rest.replaceAll(line, hidden), text)
    .replaceAll(/(?<![a-z\d])\d{12}(?![a-z\d])/gi, hidden);
}

/** The run with a failure that may be shown: it can hold what AWS and the engine said. */
export function redactRun<
  Failed extends { readonly failure: GateFailure | undefined },
>(run: Failed, masked: readonly string[]): Failed {
  if (run.failure === undefined) return run;
  const { reason, message, problems } = run.failure;
  const failure = new GateFailure(
    reason,
    redact(message, masked),
    problems.map((problem) => ({
      ...problem,
      message: redact(problem.message, masked),
    })),
  );
  return { ...run, failure };
}
