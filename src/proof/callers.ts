// Whose access the proof can show, by calls: without those whose time is over and those who are disabled. Pure.
import { grantsFor } from "../gate/access/grants.ts";
import type { Consumer, Gate, Grant, HttpMethod, Route } from "../gate/gate.ts";
import type { Credential } from "./check.ts";
import { routesAt, samplePath, type Call } from "./paths.ts";
import type { RemovedRoute } from "./removed.ts";

export interface PlanOptions {
  /** Routes and methods that were on the gate before this `up` and are not any more. */
  readonly removedRoutes: readonly RemovedRoute[];
  /** Whether the user gave a token for the positive checks of a custom authorizer. */
  readonly proofToken: boolean;
  /** The day of the run in UTC, `2027-06-30`: an expired consumer proves nothing, nor does a disabled one. */
  readonly today: string;
}

/** A call of the route that somebody may make, and who; nothing when nobody may. */
export function openCallOf(
  gate: Gate,
  route: Route,
  method: HttpMethod,
  options: PlanOptions,
): (Call & { readonly credential: Credential }) | undefined {
  if (gate.auth.mode === "custom") {
    const path = samplePath(route.path);
    return options.proofToken
      ? { method, path, credential: "proof-token" }
      : undefined;
  }
  for (const consumer of active(gate, options))
    for (const grant of grantsFor(consumer.access, route.path, method)) {
      const call = { method, path: pathInside(grant) };
      if (routesAt(gate, call).every((one) => mayCall(consumer, one, call)))
        return { ...call, credential: { consumer: consumer.id } };
    }
  return undefined;
}

const pathInside = ({ below, exactly, route }: Grant): string =>
  exactly ??
  (below === undefined ? samplePath(route) : `${below}/ai-gate-proof`);

/** The consumers who pass on the day of the run; the proof's credential stands for whatever they are known by. */
export const active = (
  gate: Gate,
  { today }: PlanOptions,
): readonly Consumer[] =>
  gate.consumers.filter(
    ({ disabled, expires }) => !disabled && (!expires || expires >= today),
  );

export const mayCall = (
  { access }: Consumer,
  route: Route,
  { method, path }: Call,
): boolean =>
  grantsFor(access, route.path, method).some(
    ({ below, exactly }) =>
      (exactly === undefined || path === exactly) &&
      (below === undefined || `${path}/`.startsWith(`${below}/`)),
  );
