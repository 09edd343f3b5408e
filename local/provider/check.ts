// Completes and checks the inputs of a resource before the engine compares them: defaults, names, tags of the provider.
import { createHash, randomBytes } from "node:crypto";
import { DEFAULTS } from "./difference.ts";
import type { ResourceType } from "./resource.ts";
import {
  hasUnknown,
  isList,
  mapOf,
  textOf,
  type Properties,
  type Value,
} from "./values.ts";

export interface Checking {
  /** The resource's logical name. */
  readonly logicalName: string;
  readonly old: Properties;
  readonly inputs: Properties;
  /** From the engine, so that preview and update make one name; random when empty. */
  readonly seed: Uint8Array;
  readonly defaultTags: Properties;
  readonly region: string;
}

export interface Checked {
  readonly inputs: Properties;
  readonly failures: { readonly property: string; readonly reason: string }[];
}

export function check(type: ResourceType, checking: Checking): Checked {
  const inputs: Record<string, Value> = { ...checking.inputs };
  const defaults: string[] = [];
  for (const [name, rule] of Object.entries(type.inputs)) {
    if (rule.default === undefined || inputs[name] !== undefined) continue;
    inputs[name] = rule.default;
    defaults.push(name);
  }
  const named = name(type, checking);
  if (named) {
    inputs[named.property] = named.name;
    defaults.push(named.property);
  }
  if (type.tagging) addTags(inputs, checking.defaultTags);
  inputs[DEFAULTS] = defaults;
  return {
    inputs,
    failures: [...unknownNames(type, checking), ...refusals(type, inputs)],
  };
}

/** The name to give, or undefined where the program gives one. A name once made is kept. */
function name(
  type: ResourceType,
  checking: Checking,
): { property: string; name: string } | undefined {
  if (!type.autoname) return undefined;
  const { property, longest } = type.autoname;
  if (checking.inputs[property] !== undefined) return undefined;
  const made = checking.old[DEFAULTS];
  if (isList(made) && made.includes(property))
    return { property, name: textOf(checking.old, property) };
  const seed = checking.seed.length > 0 ? checking.seed : randomBytes(16);
  const suffix = createHash("sha256")
    .update(seed)
    .update(checking.logicalName)
    .digest("hex")
    .slice(0, 7);
  const fresh = `${checking.logicalName}-${suffix}`;
  if (fresh.length > longest)
    throw new Error(
      `name '${fresh}' is longer than ${longest} characters; give ${property}`,
    );
  return { property, name: fresh };
}

/** The real plugin also merges the provider's default tags into the inputs. */
function addTags(inputs: Record<string, Value>, defaultTags: Properties): void {
  const own = inputs["tags"];
  if (
    Object.keys(defaultTags).length === 0 ||
    (own !== undefined && hasUnknown(own))
  )
    return;
  inputs["tags"] = { ...defaultTags, ...mapOf(inputs, "tags") };
}

/** A property that this stand-in cannot apply must not pass in silence: a green run would prove nothing. */
function unknownNames(
  type: ResourceType,
  checking: Checking,
): Checked["failures"] {
  const own = (property: string): boolean =>
    property in type.inputs || property.startsWith("__");
  const region = checking.inputs["region"];
  const elsewhere = region !== undefined && region !== checking.region;
  return [
    ...Object.keys(checking.inputs)
      .filter((property) => !own(property) && property !== "region")
      .map((property) => ({
        property,
        reason: `the stand-in for the AWS plugin does not know ${property} of ${type.label}`,
      })),
    ...(elsewhere
      ? [
          {
            property: "region",
            reason: "the stand-in serves the provider's region only",
          },
        ]
      : []),
  ];
}

function refusals(type: ResourceType, inputs: Properties): Checked["failures"] {
  return type.refuse?.(inputs) ?? [];
}
