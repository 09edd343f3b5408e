// Small strict readers for the settings file: they name the place of a mistake and never quote the value. Pure.
import { InternalFailure } from "./failure.ts";
import { isObject, type JsonObject } from "./json.ts";

/** Ends the cold start: a gate with settings nobody can vouch for stays closed. */
export function invalid(where: string, problem: string): never {
  throw new InternalFailure("settings-invalid", `${where}: ${problem}`);
}

/** An object with exactly the required keys, and of the optional ones any. */
export function readObject(
  value: unknown,
  where: string,
  required: string[],
  optional: string[] = [],
): JsonObject {
  if (!isObject(value)) invalid(where, "must be an object");
  const missing = required.find((key) => !Object.hasOwn(value, key));
  if (missing !== undefined) invalid(where, `${missing} is missing`);
  const unknown = Object.keys(value).some(
    (key) => !required.includes(key) && !optional.includes(key),
  );
  if (unknown) invalid(where, "has a key that this authorizer does not know");
  return value;
}

/** A string that matches the whole of `pattern`, which must be anchored. */
export function readString(
  value: unknown,
  where: string,
  pattern: RegExp,
): string {
  if (typeof value !== "string" || !pattern.test(value))
    invalid(where, "is malformed");
  return value;
}

/** An array of `minimum` to `maximum` strings, without duplicates. */
export function readStrings(
  value: unknown,
  where: string,
  pattern: RegExp,
  [minimum, maximum]: readonly [number, number],
): string[] {
  if (
    !Array.isArray(value) ||
    value.length < minimum ||
    value.length > maximum
  ) {
    invalid(where, `must be a list of ${minimum} to ${maximum} entries`);
  }
  const strings = value.map((item, index) =>
    readString(item, `${where}[${index}]`, pattern),
  );
  if (new Set(strings).size !== strings.length)
    invalid(where, "has duplicates");
  return strings;
}

/** The end of a day given as `2027-06-30`, in epoch milliseconds UTC. */
export function readEndOfDay(value: unknown, where: string): number {
  const day = readString(value, where, /^\d{4}-\d{2}-\d{2}$/);
  const start = Date.parse(`${day}T00:00:00Z`);
  // Date.parse takes February 30 for March 2.
  if (Number.isNaN(start) || !new Date(start).toISOString().startsWith(day))
    invalid(where, "is no calendar day");
  return start + 24 * 60 * 60_000;
}
