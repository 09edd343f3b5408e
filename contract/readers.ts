// Readers of untrusted data. Errors name the place and never quote the value, which may be a secret.

export type JsonObject = Readonly<Record<string, unknown>>;

export type Reader<Value> = (value: unknown, where: string) => Value;

type Fields = Readonly<Record<string, Reader<unknown>>>;
type Values<Description extends Fields> = {
  readonly [Key in keyof Description]: ReturnType<Description[Key]>;
};

/** The message is the place, such as `settings.routes[2].path`. */
export class InvalidData extends Error {}

export function invalid(where: string): never {
  throw new InvalidData(where);
}

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value);

export const anyObject: Reader<JsonObject> = (value, where) =>
  isObject(value) ? value : invalid(where);

/** Unknown fields are refused, or ignored when `isOpen`. */
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
    return isOpen || Object.keys(given).length === Object.keys(found).length
      ? (found as Values<Required> & Partial<Values<Optional>>)
      : invalid(where);
  };
}

/** `pattern` must be anchored. */
export const text =
  (pattern: RegExp): Reader<string> =>
  (value, where) =>
    typeof value === "string" && pattern.test(value) ? value : invalid(where);

export const oneOf =
  <Value>(...values: Value[]): Reader<Value> =>
  (value, where) =>
    values.find((known) => known === value) ?? invalid(where);

export const integer =
  (minimum: number, maximum: number): Reader<number> =>
  (value, where) =>
    typeof value === "number" &&
    Number.isInteger(value) &&
    value >= minimum &&
    value <= maximum
      ? value
      : invalid(where);

export const list =
  <Item>(
    minimum: number,
    maximum: number,
    read: Reader<Item>,
  ): Reader<readonly Item[]> =>
  (value, where) =>
    Array.isArray(value) && value.length >= minimum && value.length <= maximum
      ? value.map((item, index) => read(item, `${where}[${index}]`))
      : invalid(where);

export function distinct<Item extends string>(
  minimum: number,
  maximum: number,
  read: Reader<Item>,
): Reader<readonly Item[]> {
  const readAll = list(minimum, maximum, read);
  return (value, where) => {
    const items = readAll(value, where);
    return new Set(items).size < items.length ? invalid(where) : items;
  };
}

/** Look a name up with `Object.hasOwn` only. */
export const recordOf =
  <Value>(
    name: RegExp,
    read: Reader<Value>,
  ): Reader<Readonly<Record<string, Value>>> =>
  (value, where) =>
    Object.fromEntries(
      Object.entries(anyObject(value, where)).map(([key, item]) => [
        text(name)(key, where),
        read(item, `${where}.${key}`),
      ]),
    );

/** For a value that fits neither, the second reader's error. */
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

export const orNull =
  <Value>(read: Reader<Value>): Reader<Value | null> =>
  (value, where) =>
    value === null ? null : read(value, where);

export const date: Reader<string> = (value, where) => {
  const day = text(/^\d{4}-\d{2}-\d{2}$/)(value, where);
  const start = Date.parse(`${day}T00:00:00Z`);
  // Date.parse takes February 30 for March 2.
  return !Number.isNaN(start) && new Date(start).toISOString().startsWith(day)
    ? day
    : invalid(where);
};
