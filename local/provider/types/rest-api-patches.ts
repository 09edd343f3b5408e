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
  const endpoints = endpointIds(wanted);
  return [
    ...(media.length > 0
      ? mediaOperations(listOf(imported, "binaryMediaTypes"), media)
      : []),
    ...(endpoints.length > 0
      ? idOperations(endpointIds(imported), endpoints)
      : []),
    ...operations,
  ];
}

const endpointIds = (api: Properties): string[] =>
  listOf(mapOf(api, "endpointConfiguration"), "vpcEndpointIds").map(String);

/** What both have is left alone. */
const idOperations = (
  old: readonly string[],
  now: readonly string[],
): Patch[] => [
  ...old.filter((id) => !now.includes(id)).map((id) => idPatch("remove", id)),
  ...now.filter((id) => !old.includes(id)).map((id) => idPatch("add", id)),
];

const idPatch = (op: "add" | "remove", value: string): Patch => ({
  op,
  path: "/endpointConfiguration/vpcEndpointIds",
  value,
});

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

function endpointChanges(oldInputs: Properties, inputs: Properties): Patch[] {
  const before = mapOf(oldInputs, "endpointConfiguration");
  const after = mapOf(inputs, "endpointConfiguration");
  const replace = (name: string, path: string): Patch[] =>
    after[name] === undefined || after[name] === before[name]
      ? []
      : [{ op: "replace", path, value: textOf(after, name) }];
  const [old, now] = [endpointIds(oldInputs), endpointIds(inputs)];
  const areOthers = now.length > 0 && old.join() !== now.join();
  // As the Terraform provider: all of the former ones go, and all come.
  const ids = areOthers
    ? [
        ...old.map((id) => idPatch("remove", id)),
        ...now.map((id) => idPatch("add", id)),
      ]
    : [];
  return [
    ...replace("types", "/endpointConfiguration/types/0"),
    ...ids,
    ...replace("ipAddressType", "/endpointConfiguration/ipAddressType"),
  ];
}
