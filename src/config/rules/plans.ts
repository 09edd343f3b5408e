// Plans: each has a name and a consumer.
import type { Plan } from "../../gate/gate.ts";
import { quoted } from "../messages.ts";
import { isCustom } from "./auth.ts";
import { checkKnown, checkName, type Checks } from "./value-checks.ts";

const periods = { day: "DAY", week: "WEEK", month: "MONTH" } as const;

/** @returns the plans; what is invalid was reported */
export function checkPlans({ config, whole }: Checks): Plan[] {
  const plans = config.at("plans")?.entries() ?? [];
  const [first] = plans;
  if (isCustom(config)) {
    if (first !== undefined)
      first[1].report(
        "Plans need the built-in authorizer: remove `plans`, or the custom authorizer",
      );
    return [];
  }
  const names = plans.map(([name]) => name);
  const used = new Set<string>();
  for (const consumer of whole ? config.at("consumers").items() : []) {
    const plan = consumer.at("plan");
    if (plan === undefined) continue;
    checkKnown("plan", plan, names);
    used.add(plan.value);
  }
  return plans.map(([name, plan]) => {
    checkName(name, plan);
    if (whole && !used.has(name))
      plan.report(
        `Unused plan ${quoted(name)}: add it to a consumer, or remove it`,
      );
    const { rate, burst, quota } = plan.value;
    return {
      name,
      rate,
      burst,
      ...(quota && { quota: { ...quota, period: periods[quota.period] } }),
    };
  });
}
