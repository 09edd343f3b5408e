// What changes about how many requests callers may send: the whole stage's throttle, and the plans. Pure.
import type { Plan } from "../gate.ts";
import type { GateDifference } from "./difference.ts";
import type { GateSummary } from "./summary.ts";
import { quote } from "./words.ts";

/** Plans are told as long as both gates have them: who gets a plan, or loses it, is a difference of the consumer. */
export function diffLimits(
  before: GateSummary,
  after: GateSummary,
): GateDifference[] {
  const plans = after.plans.flatMap((plan) => {
    const old = before.plans.find(({ name }) => name === plan.name);
    return old ? diffLimit(limitsOf(old), limitsOf(plan), planOf(plan)) : [];
  });
  return [
    ...diffLimit(limitsOf(before.throttle), limitsOf(after.throttle), {
      subject: "throttle",
      words: "all callers together",
    }),
    ...plans,
  ];
}

const planOf = ({ name }: Plan) => ({
  subject: `plans.${name}`,
  words: `each consumer with the plan ${quote(name)}`,
});

interface Limits {
  /** Each as a number to compare; no quota is the highest. */
  readonly amounts: readonly number[];
  readonly words: string;
}

/** Of a month the most. */
const days = { DAY: 1, WEEK: 7, MONTH: 31 } as const;

/** What a plan or throttle allows, for comparing and in words. */
export function limitsOf({ rate, burst, quota }: Omit<Plan, "name">): Limits {
  // The most requests within a day, a week and a month: a quota for a longer time can be used up at once.
  const most = Object.values(days).map((span) =>
    quota ? quota.limit * Math.ceil(span / days[quota.period]) : Infinity,
  );
  return {
    amounts: [rate, burst, ...most],
    words: [
      `${rate} requests a second`,
      `${burst} at once`,
      ...(quota ? [`${quota.limit} a ${quota.period.toLowerCase()}`] : []),
    ].join(", "),
  };
}

/** @returns whether the newer limits allow more in any way. */
export const isRaised = (before: Limits, after: Limits): boolean =>
  after.amounts.some((amount, index) => amount > (before.amounts[index] ?? 0));

function diffLimit(
  before: Limits,
  after: Limits,
  { subject, words }: { readonly subject: string; readonly words: string },
): GateDifference[] {
  if (before.words === after.words) return [];
  const raised = isRaised(before, after);
  return [
    {
      code: raised ? "limits-raised" : "limits-lowered",
      subject,
      security: raised,
      sentence: `${words} may send ${after.words} instead of ${before.words}`,
    },
  ];
}
