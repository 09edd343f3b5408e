// Whose access the proof can show: callers by route, without those whose time is over and those who are disabled. Pure.
import { mayCallRoute } from "../gate/access/grants.ts";
import type { Consumer, Gate, Route } from "../gate/gate.ts";
import type { Credential } from "./check.ts";
import type { RemovedRoute } from "./removed.ts";

export interface PlanOptions {
  /** Routes and methods that were on the gate before this `up` and are not any more. */
  readonly removedRoutes: readonly RemovedRoute[];
  /** Whether the user gave a token for the positive checks of a custom authorizer. */
  readonly proofToken: boolean;
  /** The day of the run in UTC, `2027-06-30`: an expired consumer proves nothing, nor does a disabled one. */
  readonly today: string;
}

/** Who can show that a route is open, or nobody. */
export function callerOf(
  gate: Gate,
  route: Route,
  options: PlanOptions,
): Credential | undefined {
  if (gate.auth.mode === "custom") {
    return options.proofToken ? "proof-token" : undefined;
  }
  const consumer = active(gate, options).find((one) => mayCall(one, route));
  return consumer && { consumer: consumer.id };
}

/** The consumers who pass on the day of the run; the proof's credential stands for whatever they are known by. */
export const active = (
  gate: Gate,
  { today }: PlanOptions,
): readonly Consumer[] =>
  gate.consumers.filter(
    ({ disabled, expires }) => !disabled && (!expires || expires >= today),
  );

export const mayCall = (consumer: Consumer, route: Route): boolean =>
  mayCallRoute(consumer.access, route);
