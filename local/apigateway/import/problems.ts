import { badRequest, ServiceError } from "../control/errors.ts";

export interface Problems {
  readonly errors: string[];
  readonly warnings: string[];
}

/** Runs one step of the import; what it refuses is noted as "Unable to …: reason" and the import goes on. */
export function attempt<Result>(
  problems: Problems,
  what: string,
  step: () => Result,
): Result | undefined {
  try {
    return step();
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    problems.errors.push(`Unable to ${what}: ${error.message}`);
    return undefined;
  }
}

/** @throws ServiceError when there are errors, or warnings that count as such */
export function report(
  { errors, warnings }: Problems,
  failOnWarnings: boolean,
): void {
  const lines = (items: readonly string[]): string =>
    items.map((item) => `\n\t${item}`).join("");
  if (errors.length > 0) {
    const more =
      warnings.length > 0
        ? `\nAdditionally, these warnings were found:${lines(warnings)}`
        : "";
    throw badRequest(`Errors found during import:${lines(errors)}${more}`);
  }
  if (failOnWarnings && warnings.length > 0)
    throw badRequest(`Warnings found during import:${lines(warnings)}`);
}
