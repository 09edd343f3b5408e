// Resources from the document's paths: every segment is a resource, and a path that was there before keeps its id.

import { badRequest } from "../control/errors.ts";
import { checkPlace, childPath } from "../control/path-parts.ts";
import type { ApiParts, Resource } from "../model.ts";
import { newId } from "../store.ts";

/** Ids of resources by path, as they were before an overwrite. */
export type KnownIds = ReadonlyMap<string, string>;

/**
 * The resource of a path, made with its parents where they are missing.
 * @throws ServiceError with AWS's text where a part is not allowed at its place
 */
export function resourceAt(
  parts: ApiParts,
  path: string,
  known: KnownIds,
): Resource {
  const root = parts.resources.get(parts.api.rootResourceId);
  if (!root) throw new Error("an API always has its root resource");
  if (path === "/") return root;
  // AWS's text for a path without a leading slash or with an empty segment is not known; this is ours.
  if (!/^(\/[^/]+)+$/.test(path))
    throw badRequest(`Invalid path specified: ${path}`);
  return path
    .slice(1)
    .split("/")
    .reduce((parent, part) => child(parts, parent, part, known), root);
}

function child(
  parts: ApiParts,
  parent: Resource,
  part: string,
  known: KnownIds,
): Resource {
  const path = childPath(parent, part);
  const there = [...parts.resources.values()].find(
    (resource) => resource.path === path,
  );
  if (there) return there;
  checkPlace(parts.resources, parent, part);
  const resource: Resource = {
    id: known.get(path) ?? newId(6),
    parentId: parent.id,
    path,
    pathPart: part,
    methods: new Map(),
  };
  parts.resources.set(resource.id, resource);
  return resource;
}
