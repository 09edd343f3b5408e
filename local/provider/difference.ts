// Compares the inputs of two programs property by property, as detailed as the engine can show it.
import { signedHash } from "./archive.ts";
import type { InputRule, ResourceType } from "./resource.ts";
import {
  canonical,
  isEmpty,
  isList,
  isMap,
  isSigned,
  UNKNOWN,
  type Properties,
  type Value,
} from "./values.ts";

type Kind = "add" | "delete" | "update";

export interface Difference {
  /** Pulumi property path (`tags.team`, `responseParameters["gatewayresponse.header.X"]`) → what happens there. */
  readonly detailed: ReadonlyMap<string, Kind>;
  /** Names of the inputs that differ. */
  readonly changed: ReadonlySet<string>;
  /** Those of them that make a new resource. */
  readonly replaces: ReadonlySet<string>;
  /** True when the old resource must go first because both would have one name. */
  readonly deleteBeforeReplace: boolean;
}

/** Inputs that the provider itself filled in; the Pulumi bridge records them under the same key. */
export const DEFAULTS = "__defaults";

export function difference(
  type: ResourceType,
  old: Properties,
  inputs: Properties,
): Difference {
  const detailed = new Map<string, Kind>();
  const changed = new Set<string>();
  for (const [name, rule] of Object.entries(type.inputs)) {
    const found = compareInput(rule, old[name], inputs[name], name);
    for (const [path, kind] of found) detailed.set(path, kind);
    if (found.length > 0) changed.add(name);
  }
  const replaces = new Set(
    [...changed].filter((name) => type.inputs[name]?.replaces),
  );
  return {
    detailed,
    changed,
    replaces,
    deleteBeforeReplace: replaces.size > 0 && keepsName(type, old, inputs),
  };
}

/**
 * The old inputs, with the settings that AWS or an earlier program decided where the program said nothing: saying now what is so
 * already is no change, as with Terraform's optional and computed attributes.
 */
export function knownInputs(
  type: ResourceType,
  oldInputs: Properties,
  state: Properties,
): Properties {
  const decided = Object.entries(type.inputs)
    .filter(([name, rule]) => rule.computed && oldInputs[name] === undefined)
    .map(([name]): [string, Value | undefined] => [name, state[name]])
    .filter(
      ([, value]) =>
        typeof value === "string" && value !== "" && value !== UNKNOWN,
    );
  return { ...oldInputs, ...(Object.fromEntries(decided) as Properties) };
}

/** Outputs that a change makes different too; the engine shows them and the next programs see them as unknown. */
export function altered(
  type: ResourceType,
  changed: ReadonlySet<string>,
): string[] {
  return [...changed].flatMap((name) => type.alters?.[name] ?? []);
}

/** A name that the user chose and did not change cannot be taken twice; one that we made is made anew. */
function keepsName(
  type: ResourceType,
  old: Properties,
  inputs: Properties,
): boolean {
  const property = type.autoname?.property;
  if (property === undefined) return false;
  const made = inputs[DEFAULTS];
  return (
    !(isList(made) && made.includes(property)) &&
    old[property] === inputs[property]
  );
}

type Found = [path: string, kind: Kind][];

function compareInput(
  rule: InputRule,
  old: Value | undefined,
  value: Value | undefined,
  name: string,
): Found {
  if (rule.computed && value === undefined) return [];
  if (rule.json && sameJson(old, value)) return [];
  if (rule.set && isList(old) && isList(value))
    return compare(sorted(old), sorted(value), name);
  return compare(old, value, name);
}

function compare(
  old: Value | undefined,
  value: Value | undefined,
  path: string,
): Found {
  if (isEmpty(old) && isEmpty(value)) return [];
  if (old === undefined || old === null) return [[path, "add"]];
  if (value === undefined || value === null) return [[path, "delete"]];
  if (value === UNKNOWN) return [[path, "update"]];
  if (isSigned(old) || isSigned(value))
    return signedHash(old) === signedHash(value) ? [] : [[path, "update"]];
  if (isList(old) && isList(value)) {
    const longest = Array.from({ length: Math.max(old.length, value.length) });
    return longest.flatMap((_, index) =>
      compare(old[index], value[index], `${path}[${index}]`),
    );
  }
  if (isMap(old) && isMap(value)) {
    const keys = new Set([...Object.keys(old), ...Object.keys(value)]);
    return [...keys].flatMap((key) =>
      compare(old[key], value[key], path + step(key)),
    );
  }
  return canonical(old) === canonical(value) ? [] : [[path, "update"]];
}

function step(key: string): string {
  return /^[\w$-]+$/.test(key)
    ? `.${key}`
    : `["${key.replaceAll('"', String.raw`\"`)}"]`;
}

function sorted(list: readonly Value[]): Value[] {
  return list.toSorted((a, b) => (canonical(a) < canonical(b) ? -1 : 1));
}

/** True for two JSON texts of one content. */
export function sameJson(
  old: Value | undefined,
  value: Value | undefined,
): boolean {
  if (typeof old !== "string" || typeof value !== "string") return false;
  try {
    return (
      canonical(JSON.parse(old) as Value) ===
      canonical(JSON.parse(value) as Value)
    );
  } catch {
    return old === value;
  }
}
