// Whether a consumer's list holds the call. By equality: API Gateway has already chosen the route. Pure.
import type {
  SettingsConsumer,
  SettingsGrant,
} from "../contract/authorizer-settings.ts";
import type { Call } from "./event.ts";
import { decodePercent } from "./path.ts";

/** @returns undefined when the call is in the list, else what is not, in words for the caller. */
export function findMissingGrant(
  access: SettingsConsumer["access"],
  call: Call,
): string | undefined {
  if (access === "*") return undefined;
  const { method, route } = call;
  const grants = access.filter((grant) => grant.route === route.path);
  if (grants.length === 0)
    return `The route ${route.path} is not in the list of this consumer.`;
  const ofMethod = grants.filter(
    ({ methods }) => methods?.some((one) => one === method) ?? true,
  );
  if (ofMethod.length === 0)
    return `The method ${method} of the route ${route.path} is not in the list of this consumer.`;
  return ofMethod.some((grant) => reaches(grant, call))
    ? undefined
    : `Of the route ${route.path} only some paths are in the list of this consumer, and this one is not.`;
}

/**
 * Below a greedy route both views of the path must be inside: the one that the client sent, and the one that the upstream gets from
 * the path parameters.
 */
function reaches({ below, exactly }: SettingsGrant, call: Call): boolean {
  const part = exactly ?? below;
  if (part === undefined) return true;
  const wanted = segmentsOf(part);
  return [call.path, filledPath(call)]
    .map(segmentsOf)
    .every(
      (given) =>
        (exactly === undefined || given.length === wanted.length) &&
        wanted.every((segment, at) => segment === given[at]),
    );
}

/** Clients write a colon as it is or as `%3A`, and mean one model; an encoded slash stays within its segment. */
const segmentsOf = (path: string): string[] =>
  path.replace(/\/$/, "").split("/").map(decodePercent);

/** The route's path with the values of its parameters. */
const filledPath = ({ pathParameters, route }: Call): string =>
  route.path.replace(
    /\{([^}+]+)\+?\}/g,
    (_, name: string) => pathParameters.get(name) ?? "",
  );
