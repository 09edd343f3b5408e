// Strict readers of data that others wrote, made of smaller ones: what is not exactly as described is refused with its
// place, and never quoted. Pure.
import { isObject, type JsonObject } from "./json.ts";

/** Returns the value if it is as described; `where` is its place, for the one who has to mend it. */
export type Reader<Value> = (value: unknown, where: string) => Value;

type Fields = Readonly<Record<string, Reader<unknown>>>;
type Values<Description extends Fields> = {
  readonly [Key in keyof Description]: ReturnType<Description[Key]>;
};

/** Its message is the place. */
export class Misshapen extends Error {}

export function invalid(where: string): never {
  throw new Misshapen(where);
}

/** An object with the required fields and of the optional ones any; others are ignored in an open one, else refused. */
export function object<Required extends Fields, Optional extends Fields>(
  required: Required,
  optional: Optional,
  isOpen = false,
): Reader<Values<Required> & Partial<Values<Optional>>> {
  const fields = Object.entries<Reader<unknown>>({ ...required, ...optional });
  return (value, where) => {
    const given = anyObject(value, where);
    const found: Record<string, unknown> = {};
    for (const [key, read] of fields)
      if (Object.hasOwn(required, key) || Object.hasOwn(given, key))
        found[key] = read(given[key], `${where}.${key}`);
    // A missing field was found out by its reader, so more keys than were found are others.
    return isOpen || Object.keys(given).length === Object.keys(found).length
      ? (found as Values<Required> & Partial<Values<Optional>>)
      : invalid(where);
  };
}

export const anyObject: Reader<JsonObject> = (value, where) =>
  isObject(value) ? value : invalid(where);

/** A string that matches the whole of `pattern`, which must be anchored. */
export const text =
  (pattern: RegExp): Reader<string> =>
  (value, where) =>
    typeof value === "string" && pattern.test(value) ? value : invalid(where);

/** One of a few values. */
export const oneOf =
  <Value>(...values: Value[]): Reader<Value> =>
  (value, where) =>
    values.find((known) => known === value) ?? invalid(where);

export const integer =
  (minimum: number, maximum: number): Reader<number> =>
  (value, where) =>
    Number.isInteger(value) &&
    (value as number) >= minimum &&
    (value as number) <= maximum
      ? (value as number)
      : invalid(where);

/** From `minimum` to `maximum` entries. */
export const list =
  <Item>(
    minimum: number,
    maximum: number,
    read: Reader<Item>,
  ): Reader<Item[]> =>
  (value, where) =>
    Array.isArray(value) && value.length >= minimum && value.length <= maximum
      ? value.map((item, index) => read(item, `${where}[${index}]`))
      : invalid(where);

/** A list of strings without duplicates. */
export const distinct =
  (minimum: number, maximum: number, pattern: RegExp): Reader<string[]> =>
  (value, where) => {
    const strings = list(minimum, maximum, text(pattern))(value, where);
    return new Set(strings).size < strings.length ? invalid(where) : strings;
  };

/** An object with any names that match, as a Map. */
export const mapOf =
  <Value>(name: RegExp, read: Reader<Value>): Reader<Map<string, Value>> =>
  (value, where) =>
    new Map(
      Object.entries(anyObject(value, where)).map(([key, item]) => [
        text(name)(key, where),
        read(item, `${where}.${key}`),
      ]),
    );

/** The first description that fits; of a value that fits none the second tells what is wrong. */
export const either =
  <First, Second>(
    first: Reader<First>,
    second: Reader<Second>,
  ): Reader<First | Second> =>
  (value, where) => {
    try {
      return first(value, where);
    } catch {
      return second(value, where);
    }
  };

/** undefined for null. */
export const orNull =
  <Value>(read: Reader<Value>): Reader<Value | undefined> =>
  (value, where) =>
    value === null ? undefined : read(value, where);

/** The end of a day given as `2027-06-30`, in epoch milliseconds UTC. */
export const endOfDay: Reader<number> = (value, where) => {
  const day = text(/^\d{4}-\d{2}-\d{2}$/)(value, where);
  const start = Date.parse(`${day}T00:00:00Z`);
  // Date.parse takes February 30 for March 2.
  if (Number.isNaN(start) || !new Date(start).toISOString().startsWith(day))
    invalid(where);
  return start + 24 * 60 * 60_000;
};
