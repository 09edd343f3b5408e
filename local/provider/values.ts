// Property values as the Pulumi engine sends them: plain JSON, with a sentinel text for "not known yet" and signed objects
// for assets and archives.

export type Value =
  | string
  | number
  | boolean
  | null
  | readonly Value[]
  | { readonly [key: string]: Value };
export type Properties = Readonly<Record<string, Value>>;

/** Stands for a value that is known only after the update. Pulumi's SDKs and engine agree on this text. */
export const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** The key that marks an object as something other than a map, and the values it takes. Part of Pulumi's wire format. */
export const SIGNATURE = "4dabf18193072939515e22adb298388d";
export const ASSET = "c44067f5952c0a294b673a41bacd8c17";
export const ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7";

export function isMap(value: Value | undefined): value is Properties {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}

/** True for assets and archives: compared by content hash, never entered. */
export function isSigned(value: Value | undefined): value is Properties {
  return (
    isMap(value) && (value[SIGNATURE] === ASSET || value[SIGNATURE] === ARCHIVE)
  );
}

/** True when the value or any part of it is not known yet. */
export function hasUnknown(value: Value | undefined): boolean {
  if (isList(value)) return value.some(hasUnknown);
  if (isMap(value)) return Object.values(value).some(hasUnknown);
  return value === UNKNOWN;
}

/** True for what Terraform takes for "not set": nothing, empty text, zero, false, an empty list or map. */
export function isEmpty(value: Value | undefined): boolean {
  if (isList(value)) return value.length === 0;
  if (isMap(value)) return Object.keys(value).length === 0;
  return (
    value === undefined ||
    value === null ||
    value === "" ||
    value === 0 ||
    value === false
  );
}

export function textOf(properties: Properties, key: string): string {
  const value = properties[key];
  if (value === undefined || value === null) return "";
  if (typeof value === "object") throw new Error(`${key} must be text`);
  return String(value);
}

/** The value if it is a map, else an empty one. */
export function asMap(value: Value | undefined): Properties {
  return isMap(value) ? value : {};
}

export function mapOf(properties: Properties, key: string): Properties {
  return asMap(properties[key]);
}

export function listOf(properties: Properties, key: string): readonly Value[] {
  const value = properties[key];
  return isList(value) ? value : [];
}

/** The entries of a map as texts, as tags, variables and headers are. */
export function textsOf(
  properties: Properties,
  key: string,
): Record<string, string> {
  const map = mapOf(properties, key);
  return Object.fromEntries(
    Object.keys(map).map((name) => [name, textOf(map, name)]),
  );
}

/** The same properties without those that are absent; what is left can be sent. */
export function present(
  properties: Readonly<Record<string, Value | undefined>>,
): Properties {
  const kept = Object.entries(properties).filter(
    (entry): entry is [string, Value] => entry[1] !== undefined,
  );
  return Object.fromEntries(kept);
}

/** Some of the properties, by name; absent ones stay absent. */
export function pick(
  properties: Properties,
  keys: readonly string[],
): Properties {
  return present(Object.fromEntries(keys.map((key) => [key, properties[key]])));
}

/** JSON with sorted keys: equal texts mean equal values. */
export function canonical(value: Value): string {
  return JSON.stringify(value, (_key, part: Value) =>
    isMap(part)
      ? Object.fromEntries(
          Object.entries(part).toSorted(([a], [b]) => (a < b ? -1 : 1)),
        )
      : part,
  );
}
