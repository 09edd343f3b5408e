// Rules that many settings share.
import type { Config } from "../from-inputs.ts";
import type { GateSource } from "../gate-source.ts";
import type { Located, Report } from "../location.ts";
import { quoted, unknown } from "../messages.ts";

/** What the rules check. */
export interface Checks {
  readonly config: Located<Config>;
  /** False when parts of the config file could not be read: then nothing may be called missing or unused. */
  readonly whole: boolean;
  readonly source: GateSource;
  /** For problems of what is not there. */
  readonly report: Report;
}

/** @param form what completes `Invalid value "x": use …` */
export function checkPattern(
  given: Located<string>,
  pattern: RegExp,
  form: string,
): void {
  if (!pattern.test(given.value))
    given.report(`Invalid value ${quoted(given.value)}: use ${form}`);
}

/** Checks the name of an upstream, a plan or an issuer. */
export function checkName(name: string, given: Located<unknown>): void {
  const form = "1 to 32 lower-case letters, digits and hyphens, a letter first";
  checkPattern(given.as(name), /^[a-z][a-z0-9-]{0,31}$/, form);
}

export function checkKnown(
  kind: string,
  given: Located<string>,
  names: readonly string[],
): void {
  const { value } = given;
  if (!names.includes(value))
    given.report(() =>
      unknown(kind, value, names, "define it in the config file"),
    );
}

interface ListChecks {
  readonly faultOf?: (value: string) => string | undefined;
  readonly most?: number;
  /** What two values of one meaning have in common. */
  readonly keyOf?: (value: string) => string;
}

/**
 * Reports faults of the values, duplicates, and too many.
 * @param what a value is called; its plural ends in s
 * @returns the values
 */
export function checkList(
  what: string,
  values: readonly Located<string>[],
  { faultOf, most = Infinity, keyOf }: ListChecks,
): string[] {
  for (const one of faultOf ? values.slice(0, most) : [])
    one.refuse(faultOf?.(one.value));
  reportDuplicates(what, values, keyOf);
  reportTooMany(`${what}s`, values, most);
  return valuesOf(values);
}

export function reportDuplicates<T extends string | number | boolean>(
  what: string,
  values: readonly Located<T>[],
  keyOf: (value: T) => unknown = (value) => value,
): void {
  const seen = new Set<unknown>();
  for (const one of values) {
    const key = keyOf(one.value);
    if (seen.has(key))
      one.report(`Duplicate ${what} ${quoted(String(one.value))}: remove one`);
    seen.add(key);
  }
}

export function reportTooMany(
  what: string,
  values: readonly Located<unknown>[],
  most: number,
): void {
  values[most]?.report(
    `Too many ${what} (${values.length}): use at most ${most}`,
  );
}

export const valuesOf = <T>(values: readonly Located<T>[]): T[] =>
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
