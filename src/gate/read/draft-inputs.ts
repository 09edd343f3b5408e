// The simple inputs as a draft: a gate with one route. Pure.
import { defaults } from "../defaults.ts";
import type { DraftRoute, DraftUpstream } from "./draft.ts";
import type { SimpleInputName, SimpleInputs } from "./inputs.ts";
import type { Given } from "./place.ts";

/** Name of the upstream that the input `upstream` describes. */
const onlyUpstream = "service";

/** @returns the input, trimmed, or undefined when it is not given or blank. */
export function inputOf(
  inputs: SimpleInputs,
  name: SimpleInputName,
): Given<string> | undefined {
  const value = inputs[name]?.trim() ?? "";
  return value === "" ? undefined : { value, place: { where: name } };
}

/** @returns the one route and its upstream, with defaults where nothing is given. */
export function draftRouteFromInputs(inputs: SimpleInputs): {
  routes: DraftRoute[];
  upstreams: DraftUpstream[];
} {
  const path = inputOrDefault(inputs, "path", defaults.path);
  const methods = inputOrDefault(inputs, "methods", defaults.methods);
  const upstream = { where: "upstream" };
  const route = {
    place: path.place,
    path,
    methods: {
      value: methods.value.split(/[\s,]+/).filter((method) => method !== ""),
      place: methods.place,
    },
    upstream: { value: onlyUpstream, place: upstream },
    stream: true,
    timeout: undefined,
  };
  const service = {
    name: onlyUpstream,
    place: upstream,
    url: inputOf(inputs, "upstream"),
    header: inputOf(inputs, "upstream-header"),
    secret: inputOf(inputs, "upstream-secret"),
    headers: [],
  };
  return { routes: [route], upstreams: [service] };
}

function inputOrDefault(
  inputs: SimpleInputs,
  name: SimpleInputName,
  value: string,
): Given<string> {
  return inputOf(inputs, name) ?? { value, place: { where: name } };
}
