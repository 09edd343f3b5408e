// API Gateway: patch operations of a REST API's own settings.
import {
  isEmpty,
  listOf,
  mapOf,
  textOf,
  type Properties,
  type Value,
} from "../values.ts";
import { pointer, type Patch } from "./gateway.ts";

const TEXTS: Readonly<Record<string, string>> = {
  apiKeySource: "/apiKeySource",
  description: "/description",
  disableExecuteApiEndpoint: "/disableExecuteApiEndpoint",
  endpointAccessMode: "/endpointAccessMode",
  minimumCompressionSize: "/minimumCompressionSize",
  name: "/name",
  policy: "/policy",
  securityPolicy: "/securityPolicy",
};

/** What an import with `mode=overwrite` removed although the program asks for it. */
export function lostOperations(
  wanted: Properties,
  imported: Properties,
): Patch[] {
  const operations = Object.entries(TEXTS).flatMap(([name, path]): Patch[] => {
    const value = textOf(wanted, name);
    const same = value === textOf(imported, name) || isEmpty(wanted[name]);
    return same ? [] : [{ op: "replace", path, value }];
  });
  const media = listOf(wanted, "binaryMediaTypes");
  if (media.length === 0) return operations;
  return [
    ...mediaOperations(listOf(imported, "binaryMediaTypes"), media),
    ...operations,
  ];
}

function mediaOperations(
  old: readonly Value[],
  now: readonly Value[],
): Patch[] {
  const path = (type: Value): string =>
    `/binaryMediaTypes/${pointer(textOf({ type }, "type"))}`;
  return [
    ...old.map((type): Patch => ({ op: "remove", path: path(type) })),
    ...now.map((type): Patch => ({ op: "add", path: path(type) })),
  ];
}

/** What turns the old settings into the new ones; the body is not among them. */
export function changes(
  old: Properties,
  inputs: Properties,
  changed: ReadonlySet<string>,
): Patch[] {
  const operations = Object.entries(TEXTS)
    .filter(([name]) => changed.has(name))
    .map(([name, path]): Patch => ({
      op: "replace",
      path,
      value: textOf(inputs, name),
    }));
  if (changed.has("binaryMediaTypes")) {
    operations.push(
      ...mediaOperations(
        listOf(old, "binaryMediaTypes"),
        listOf(inputs, "binaryMediaTypes"),
      ),
    );
  }
  if (changed.has("endpointConfiguration"))
    operations.push(...endpointChanges(old, inputs));
  return operations;
}

function endpointChanges(old: Properties, inputs: Properties): Patch[] {
  const before = mapOf(old, "endpointConfiguration");
  const after = mapOf(inputs, "endpointConfiguration");
  return [
    ["types", "/endpointConfiguration/types/0"],
    ["ipAddressType", "/endpointConfiguration/ipAddressType"],
  ]
    .filter(
      ([name = ""]) =>
        after[name] !== undefined && after[name] !== before[name],
    )
    .map(([name = "", path = ""]) => ({
      op: "replace",
      path,
      value: textOf(after, name),
    }));
}
