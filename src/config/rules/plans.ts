// The rules of plans. Pure.
import type { Plan } from "../../gate/gate.ts";
import type { Draft } from "../draft.ts";
import type { Report } from "../location.ts";
import { quoted, unknown } from "../messages.ts";

const periods = { day: "DAY", week: "WEEK", month: "MONTH" } as const;

/** @returns the plans that hold; the others, and those nobody has or nobody defined, were reported. */
export function checkPlans(
  { plans, consumers, auth, whole }: Draft,
  report: Report,
): Plan[] {
  const [first] = plans;
  if (auth.kind === "custom") {
    if (first !== undefined)
      report(
        first.place,
        "plans need the built-in authorizer, which knows whose call it is: remove `plans`, or the custom authorizer",
      );
    return [];
  }
  const names = plans.map(({ name }) => name);
  for (const { plan } of whole ? consumers : [])
    if (plan !== undefined && !names.includes(plan.value))
      report(
        plan.place,
        unknown("plan", plan.value, names, "define it in `plans`"),
      );
  const used = new Set(consumers.map(({ plan }) => plan?.value));
  return plans.map(({ name, place, rate, burst, quota }) => {
    if (!/^[a-z][a-z0-9-]{0,31}$/.test(name))
      report(
        place,
        `${quoted(name)} is no plan name: use 1 to 32 lower-case letters, digits and hyphens, a letter first`,
      );
    else if (whole && !used.has(name))
      report(
        place,
        `no consumer has the plan ${quoted(name)}: give it to one, or remove it`,
      );
    const limits = quota && {
      limit: quota.limit,
      period: periods[quota.period],
    };
    return { name, rate, burst, ...(limits && { quota: limits }) };
  });
}
