// GitHub masks secrets in logs, but not in comments, summaries and outputs.
import { GateFailure } from "../gate/failure.ts";

const hidden = "***";

/** GitHub masks each line of a value separately. */
export const maskedLines = (masked: readonly string[]): string[] =>
  masked
    .flatMap((value) => value.split(/\r?\n/))
    .map((line) => line.trim())
    .filter(Boolean);

/** Replaces masked values and ids of AWS accounts (12 digits without a letter or digit next to them). */
export function redact(text: string, masked: readonly string[]): string {
  // The longest first: a shorter one could be the beginning of another.
  const lines = maskedLines(masked).sort(
    (one, other) => other.length - one.length,
  );
  return lines
    .reduce((rest, line) => rest.replaceAll(line, hidden), text)
    .replaceAll(/(?<![a-z\d])\d{12}(?![a-z\d])/gi, hidden);
}

/** Failure and warnings can hold messages of AWS and the engine. */
export function redactRun<
  Failed extends {
    readonly failure: GateFailure | undefined;
    readonly warnings?: readonly string[] | undefined;
  },
>(given: Failed, masked: readonly string[]): Failed {
  const warnings = given.warnings?.map((one) => redact(one, masked));
  const run = warnings === undefined ? given : { ...given, warnings };
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
