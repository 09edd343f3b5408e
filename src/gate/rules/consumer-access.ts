// What each consumer may call: that its patterns name routes, and that the authorizer can say so without saying more. Pure.
import { findOverlap, namesRoute } from "../access/access.ts";
import type { LimitedGate } from "../access/size.ts";
import type { Given, Place, Report } from "../read/place.ts";
import { listed, quoted } from "../read/words.ts";
import { accessLimitFault } from "./limits.ts";

/** @returns whether the pattern can be used; if not, it was reported. */
export function checkGlob(
  { value, place }: Given<string>,
  gate: LimitedGate | undefined,
  report: Report,
): boolean {
  const body = value.endsWith("/**") ? value.slice(0, -3) : value;
  if (/[*?\s]/.test(body) || value === "") {
    report(
      place,
      `${quoted(value)} is no access pattern: write a route's path, /prefix/** or /** (no other wildcards)`,
    );
    return false;
  }
  if (
    gate === undefined ||
    gate.routes.some(({ path }) => namesRoute(value, path))
  )
    return true;
  report(
    place,
    `${quoted(value)} names no route: the routes are ${listed(gate.routes.slice(0, 10).map(({ path }) => path))}`,
  );
  return false;
}

/** @returns what is wrong with an access list, as ends of a sentence that starts with whose it is. */
export function findAccessFaults(
  access: readonly string[],
  gate: LimitedGate,
): string[] {
  const overlap = findOverlap(access, gate.routes);
  const limit = accessLimitFault(access, gate);
  return [
    ...(overlap === undefined ? [] : [overlapFault(overlap)]),
    ...(limit === undefined ? [] : [`: ${limit}`]),
  ];
}

function overlapFault({
  pattern,
  call,
  other,
}: NonNullable<ReturnType<typeof findOverlap>>): string {
  return ` would also reach ${other.method} ${other.path}, which it is not given, because the ${quoted(pattern)} that ${call.method} ${call.path} needs can match it: give it both routes, or move one of them to another prefix`;
}

export function checkAccess(
  access: readonly string[],
  {
    id,
    place,
    faults,
    report,
  }: {
    id: Given<string>;
    place: Place;
    faults: (access: readonly string[]) => readonly string[];
    report: Report;
  },
): void {
  for (const fault of faults(access))
    report(place, `the consumer ${quoted(id.value)}${fault}`);
}
