import type {
  SettingsConsumer,
  SettingsGrant,
} from "../contract/authorizer-settings.ts";
import type { Call } from "./event.ts";
import { segmentsOf } from "./base-path.ts";

/** @returns why the call is not among the consumer's grants; undefined when it is. */
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

/** Both the path that the client sent and the one that the upstream gets from the path parameters must be inside. */
function reaches({ below, exactly }: SettingsGrant, call: Call): boolean {
  const part = exactly ?? below;
  if (part === undefined) return true;
  const wanted = segmentsOf(part);
  return [call.path, call.filledPath]
    .map(segmentsOf)
    .every(
      (given) =>
        (exactly === undefined || given.length === wanted.length) &&
        wanted.every((segment, at) => segment === given[at]),
    );
}
