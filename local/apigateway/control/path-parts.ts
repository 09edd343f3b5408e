// The rules of a resource's place in the tree of paths: what a path part may look like and which may stand beside which.

import type { Resource } from "../model.ts";
import { badRequest, conflict, limitExceeded } from "./errors.ts";

const literal = /^[A-Za-z0-9._:-]+$/;
const variable = /^\{[A-Za-z0-9._:-]+\+?\}$/;

/** Resources of an API, its default quota. */
const most = 300;

/** @throws ServiceError with AWS's text */
function checkPathPart(part: string): void {
  if (!literal.test(part) && !variable.test(part))
    throw badRequest(
      "Resource's path part only allow a-zA-Z0-9._-: or a valid greedy path variable and curly braces at the beginning and the end.",
    );
}

/**
 * Whether a resource may be put below a parent, beside the parent's other children.
 * @param self id of a resource that moves or is renamed, to leave out of the comparison
 * @throws ServiceError with AWS's text
 */
export function checkPlace(
  resources: ReadonlyMap<string, Resource>,
  parent: Resource,
  part: string,
  self?: string,
): void {
  checkPathPart(part);
  if (parent.pathPart?.endsWith("+}"))
    throw badRequest(
      `Cannot create a child of a resource with a greedy path variable: ${parent.pathPart}`,
    );
  const siblings = [...resources.values()].filter(
    ({ parentId, id }) => parentId === parent.id && id !== self,
  );
  if (siblings.some(({ pathPart }) => pathPart === part))
    throw conflict(
      `Another resource with the same parent already has this name: ${part}`,
    );
  const other = siblings.find(({ pathPart = "" }) => variable.test(pathPart));
  if (variable.test(part) && other)
    throw badRequest(
      `A sibling (${other.pathPart ?? ""}) of this resource already has a variable path part -- only one is allowed`,
    );
  if (self === undefined && resources.size >= most)
    throw limitExceeded(
      "Maximum number of resources for this API has been reached. Please contact AWS if you need additional resources.",
    );
}

export function childPath(parent: Resource, part: string): string {
  return parent.path === "/" ? `/${part}` : `${parent.path}/${part}`;
}
