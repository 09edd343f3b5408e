// What a refresh writes back into a resource's inputs, so that the next preview shows what somebody changed by hand.
import { sameJson } from "./difference.ts";
import type { InputRule, ResourceType } from "./resource.ts";
import {
  canonical,
  isEmpty,
  isList,
  isMap,
  isSigned,
  type Properties,
  type Value,
} from "./values.ts";

/** The inputs as if the program had asked for what AWS has now. Computed inputs that were not given stay absent. */
export function drifted(
  type: ResourceType,
  inputs: Properties,
  live: Properties,
): Properties {
  const result: Record<string, Value> = { ...inputs };
  for (const [name, rule] of Object.entries(type.inputs)) {
    const found = live[name];
    const given = inputs[name];
    if (found === undefined || rule.unread) continue;
    if (given === undefined) {
      if (
        !rule.computed &&
        !isEmpty(found) &&
        canonical(found) !== canonical(rule.default ?? null)
      )
        result[name] = found;
    } else result[name] = asGiven(rule, given, found);
  }
  return result;
}

function asGiven(rule: InputRule, given: Value, found: Value): Value {
  if (rule.json && sameJson(given, found)) return given;
  return rule.free ? found : project(given, found);
}

/** Of nested settings only those that the program mentioned: AWS fills in the rest. */
function project(given: Value, found: Value): Value {
  if (isSigned(given)) return given;
  if (isMap(given) && isMap(found)) {
    const known = Object.entries(given).map(
      ([key, value]): [string, Value | undefined] => {
        const now = found[key];
        return [key, now === undefined ? undefined : project(value, now)];
      },
    );
    return Object.fromEntries(
      known.filter((entry): entry is [string, Value] => entry[1] !== undefined),
    );
  }
  if (isList(given) && isList(found) && given.length === found.length) {
    return given.map((value, index) => project(value, found[index] ?? null));
  }
  return found;
}
