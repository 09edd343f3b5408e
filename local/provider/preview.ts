// Outputs as a preview sees them: what AWS will decide is unknown.
import { altered, difference, knownInputs } from "./difference.ts";
import type { ResourceType, Updating } from "./resource.ts";
import { type Properties, UNKNOWN } from "./values.ts";

/** Outputs of a create that was only previewed: what AWS decides is unknown. */
export function previewCreate(
  type: ResourceType,
  inputs: Properties,
): Properties {
  const unknown = Object.entries(type.inputs)
    .filter(([name, rule]) => rule.computed && inputs[name] === undefined)
    .map(([name]) => name);
  return {
    ...unknowns([...type.computed, ...unknown]),
    ...inputs,
    ...tagsAll(type, inputs),
  };
}

/** Outputs of an update that was only previewed: what the changes may alter is unknown. */
export function previewUpdate(
  type: ResourceType,
  updating: Updating,
): Properties {
  const { old, oldInputs, inputs } = updating;
  const known = knownInputs(type, oldInputs, old);
  const { changed } = difference(type, known, inputs);
  const unknown = unknowns(altered(type, changed));
  return { ...old, ...inputs, ...unknown, ...tagsAll(type, inputs) };
}

function unknowns(names: readonly string[]): Properties {
  return Object.fromEntries(names.map((name) => [name, UNKNOWN]));
}

/** The tags with those of the provider; ours are merged before anything is compared. */
export function tagsAll(
  type: ResourceType,
  properties: Properties,
): Properties {
  return type.tagging ? { tagsAll: properties["tags"] ?? {} } : {};
}
