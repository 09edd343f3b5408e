// Plans: each has a name and a consumer.
import type { Plan } from "../../gate/gate.ts";
import type { Draft } from "../draft.ts";
import type { Report } from "../location.ts";
import { quoted } from "../messages.ts";
import { checkKnown, checkName } from "./value-checks.ts";

const periods = { day: "DAY", week: "WEEK", month: "MONTH" } as const;

/** @returns the plans; what does not hold was reported */
export function checkPlans(
  { plans, consumers, auth, whole }: Draft,
  report: Report,
): Plan[] {
  const [first] = plans;
  if (auth.kind === "custom") {
    if (first !== undefined)
      report(
        first.place,
        "Plans need the built-in authorizer: remove `plans`, or the custom authorizer",
      );
    return [];
  }
  const names = plans.map(({ name }) => name);
  const used = new Set(consumers.map(({ plan }) => plan?.value));
  for (const { plan } of whole ? consumers : [])
    if (plan !== undefined) checkKnown("plan", plan, names, report);
  for (const { name, place } of plans) {
    checkName(name, place, report);
    if (whole && !used.has(name))
      report(
        place,
        `Unused plan ${quoted(name)}: add it to a consumer, or remove it`,
      );
  }
  return plans.map(({ name, rate, burst, quota }) => ({
    name,
    rate,
    burst,
    ...(quota && {
      quota: { limit: quota.limit, period: periods[quota.period] },
    }),
  }));
}
