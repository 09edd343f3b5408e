// Resources: the tree of paths.

import type { ApiParts, Method, Resource } from "../model.ts";
import { newId } from "../store.ts";
import { type Call, type Handler, page, param } from "./call.ts";
import { badRequest, notFound } from "./errors.ts";
import { text } from "./input.ts";
import { findApi, theApi, theResource } from "./lookup.ts";
import { invalidPath, type Patch, patched, type PatchRule } from "./patch.ts";
import { checkPlace, childPath } from "./path-parts.ts";

/** Without `embed=methods` AWS shows the verbs with empty objects. */
function resourceView({ methods, ...rest }: Resource, embed: boolean): object {
  if (methods.size === 0) return rest;
  const shown = [...methods].map(
    ([verb, method]): [string, Method | object] => [verb, embed ? method : {}],
  );
  return { ...rest, resourceMethods: Object.fromEntries(shown) };
}

const embeds = (call: Call): boolean =>
  call.query.getAll("embed").includes("methods");

export const getResources: Handler = (call) => {
  const resources = [...theApi(call).parts.resources.values()];
  return page(
    call,
    resources.map((resource) => resourceView(resource, embeds(call))),
  );
};

export const getResource: Handler = (call) =>
  resourceView(theResource(call).resource, embeds(call));

export const createResource: Handler = (call) => {
  const { record, resource: parent } = theResource(call);
  const { resources } = record.parts;
  const pathPart = text(call.body, "pathPart") ?? "";
  checkPlace(resources, parent, pathPart);
  const path = childPath(parent, pathPart);
  const resource = {
    id: newId(6),
    parentId: parent.id,
    pathPart,
    path,
    methods: new Map(),
  };
  resources.set(resource.id, resource);
  return resourceView(resource, false);
};

export const deleteResource: Handler = (call) => {
  const record = findApi(call);
  const resource = record?.parts.resources.get(param(call, "resource"));
  if (!record || !resource)
    throw notFound("Invalid Resource identifier specified");
  if (resource.parentId === undefined)
    throw badRequest("Root resource cannot be deleted"); // the text is ours
  for (const { id } of subtree(record.parts, resource))
    record.parts.resources.delete(id);
  return undefined;
};

/** A resource with everything below it. */
function subtree(parts: ApiParts, root: Resource): Resource[] {
  const below = [...parts.resources.values()].filter(
    ({ parentId }) => parentId === root.id,
  );
  return [root, ...below.flatMap((child) => subtree(parts, child))];
}

export const updateResource: Handler = (call) => {
  const { record, resource } = theResource(call);
  const place = patched(
    { parentId: resource.parentId, pathPart: resource.pathPart },
    call.body,
    {
      operation: "updateResource",
      rules: rulesFor(record.parts, resource),
      refuse: invalidPath(["/parentId", "/pathPart"]),
    },
  );
  move(record.parts, resource, place);
  return resourceView(resource, false);
};

interface Place {
  parentId: string | undefined;
  pathPart: string | undefined;
}

const rulesFor = (
  parts: ApiParts,
  resource: Resource,
): readonly PatchRule<Place>[] => [
  {
    path: /^\/pathPart$/,
    ops: ["replace"],
    apply: (place, { value = "" }: Patch) => {
      if (resource.parentId === undefined)
        throw badRequest("Root resource cannot update its pathPart.");
      place.pathPart = value;
    },
  },
  {
    path: /^\/parentId$/,
    ops: ["replace"],
    apply: (place, { value = "" }: Patch) => {
      if (resource.parentId === undefined)
        throw badRequest("Root resource cannot update its parentId.");
      if (subtree(parts, resource).some(({ id }) => id === value))
        throw badRequest("Resources cannot be cyclical.");
      place.parentId = value;
    },
  },
];

function move(
  parts: ApiParts,
  resource: Resource,
  { parentId, pathPart }: Place,
): void {
  const parent = parts.resources.get(parentId ?? "");
  if (!parent || pathPart === undefined)
    throw notFound("Invalid Resource identifier specified");
  checkPlace(parts.resources, parent, pathPart, resource.id);
  const below = subtree(parts, resource).slice(1);
  const old = resource.path;
  Object.assign(resource, {
    parentId,
    pathPart,
    path: childPath(parent, pathPart),
  });
  for (const child of below)
    child.path = resource.path + child.path.slice(old.length);
}
