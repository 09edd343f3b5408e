// Rules that many settings share.
import type { Config, GateSource } from "../gate-source.ts";
import type { Given, Located, Report } from "../location.ts";
import { quoted, unknown } from "../messages.ts";

export interface Reports {
  readonly report: Report;
  readonly warn: Report;
}

/** What the rules check, and where they report it. */
export interface Checks extends Reports {
  readonly config: Located<Config>;
  /** False when parts of the config file could not be read: then nothing may be called missing or unused. */
  readonly whole: boolean;
  readonly source: GateSource;
}

/** @param form what completes `Invalid value "x": use …` */
export function checkPattern(
  { value, place }: Given<string>,
  pattern: RegExp,
  form: string,
  report: Report,
): void {
  if (!pattern.test(value))
    report(place, `Invalid value ${quoted(value)}: use ${form}`);
}

/** Checks the name of an upstream, a plan or an issuer. */
export function checkName(
  name: string,
  { place }: Given<unknown>,
  report: Report,
): void {
  const form = "1 to 32 lower-case letters, digits and hyphens, a letter first";
  checkPattern({ value: name, place }, /^[a-z][a-z0-9-]{0,31}$/, form, report);
}

export function checkKnown(
  kind: string,
  { value, place }: Given<string>,
  names: readonly string[],
  report: Report,
): void {
  if (!names.includes(value))
    report(place, () =>
      unknown(kind, value, names, "define it in the config file"),
    );
}

/** @param fault what is wrong, if anything: the rest of a sentence that starts with the value */
export function reportFault(
  { value, place }: Given<string>,
  fault: string | undefined,
  report: Report,
): void {
  if (fault !== undefined) report(place, `${quoted(value)} ${fault}`);
}

/** @param keyOf what two values of one meaning have in common */
export function reportDuplicates<T extends string | number | boolean>(
  what: string,
  values: readonly Given<T>[],
  report: Report,
  keyOf: (value: T) => unknown = (value) => value,
): void {
  const seen = new Set<unknown>();
  for (const one of values) {
    const key = keyOf(one.value);
    if (seen.has(key))
      report(
        one.place,
        `Duplicate ${what} ${quoted(String(one.value))}: remove one`,
      );
    seen.add(key);
  }
}

export function reportTooMany(
  what: string,
  values: readonly Given<unknown>[],
  most: number,
  report: Report,
): void {
  const extra = values[most];
  if (extra !== undefined)
    report(
      extra.place,
      `Too many ${what} (${values.length}): use at most ${most}`,
    );
}

export const valuesOf = <T>(values: readonly Given<T>[]): T[] =>
  values.map(({ value }) => value);

/** @returns the path without `./` in front and `/` behind */
export function plainPath(text: string): string {
  return text.replace(/^(\.\/)+/, "").replace(/\/+$/, "");
}

/** @returns what is wrong with a plain path that must lie in the workspace, if anything */
export function workspacePathFault(
  path: string,
  example: string,
): string | undefined {
  if (/^([/~]|[A-Za-z]:)/.test(path) || path.includes("\\"))
    return `is not relative to the workspace: write it like ./${example}`;
  return path.split("/").includes("..")
    ? "leads out of the workspace: move it into the repository"
    : undefined;
}
