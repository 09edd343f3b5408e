// What changes about the gate as a whole: in which header, at which URL, for how long, from which pages. Pure.
import type { Plan } from "../gate/gate.ts";
import type { GateDifference } from "./differences.ts";
import type { GateSummary } from "./summary.ts";
import { quote, quoteAll, without } from "./wording.ts";

export function diffSettings(
  before: GateSummary,
  after: GateSummary,
): GateDifference[] {
  return [
    ...diffTokenHeaders(before, after),
    ...diffStripHeaders(before, after),
    ...diffStage(before, after),
    ...diffInvokeUrl(before, after),
    ...diffCache(before.auth.cacheTtl, after.auth.cacheTtl),
    ...diffOrigins(before.origins, after.origins),
  ];
}

function diffTokenHeaders(
  before: GateSummary,
  after: GateSummary,
): GateDifference[] {
  const { added, removed } = moved(before.tokenHeaders, after.tokenHeaders);
  if (added.length + removed.length === 0) return [];
  const is = quoteAll(after.tokenHeaders);
  const refused = "those who keep to the old one are refused";
  const sentence =
    removed.length === 0
      ? `callers may also send their credential in ${quoteAll(added)}`
      : added.length === 0
        ? `callers may send their credential in ${is} only, no longer in ${quoteAll(removed)}; ${refused}`
        : `callers must send their credential in ${is} instead of ${quoteAll(removed)}; ${refused}`;
  return [
    {
      code: "token-header",
      subject: "token-header",
      security: true,
      sentence,
    },
  ];
}

function diffStripHeaders(
  before: GateSummary,
  after: GateSummary,
): GateDifference[] {
  const { added, removed } = moved(before.stripHeaders, after.stripHeaders);
  const make = (security: boolean, sentence: string): GateDifference => ({
    code: "strip-headers",
    subject: "strip-headers",
    security,
    sentence,
  });
  return [
    ...(removed.length > 0
      ? [
          make(
            true,
            `${quoteAll(removed)} may now reach upstreams as callers wrote it`,
          ),
        ]
      : []),
    ...(added.length > 0
      ? [
          make(
            false,
            `${quoteAll(added)} no longer reaches upstreams as callers wrote it`,
          ),
        ]
      : []),
  ];
}

/** Header names have no case. */
function moved(before: readonly string[], after: readonly string[]) {
  const beyond = (names: readonly string[], known: readonly string[]) => {
    const low = known.map((name) => name.toLowerCase());
    return names.filter((name) => !low.includes(name.toLowerCase()));
  };
  return { added: beyond(after, before), removed: beyond(before, after) };
}

function diffStage(before: GateSummary, after: GateSummary): GateDifference[] {
  const [was, is] = [before.stageName, after.stageName];
  if (was === is) return [];
  return [
    {
      code: "url-change",
      subject: "stage",
      security: true,
      sentence: `the gate's URL ends in ${quote(is)} instead of ${quote(was)}; callers need the new one`,
    },
  ];
}

/** @returns the path of the output `invoke-url`: the first route's, without its greedy tail, so that a client can append to it. */
export const invokePathOf = ({
  routes,
}: {
  readonly routes: readonly { readonly path: string }[];
}): string | undefined => routes[0]?.path.replace(/\/\{[^}]*\+\}$/, "");

function diffInvokeUrl(
  before: GateSummary,
  after: GateSummary,
): GateDifference[] {
  const [was, is] = [invokePathOf(before), invokePathOf(after)];
  if (was === is || was === undefined || is === undefined) return [];
  const word = (path: string) => quote(path || "/");
  return [
    {
      code: "url-change",
      subject: "invoke-url",
      security: true,
      sentence: `the output \`invoke-url\` leads to the path ${word(is)} instead of ${word(was)}, as the first route does`,
    },
  ];
}

function diffCache(was: number, is: number): GateDifference[] {
  const sentence = `an allowed result is cached ${is} seconds instead of ${was}`;
  const subject = "cache-ttl";
  const raised = `${sentence}; so long can a revoked credential still pass`;
  if (is > was)
    return [
      { code: "cache-raised", subject, security: true, sentence: raised },
    ];
  return is < was
    ? [{ code: "cache-lowered", subject, security: false, sentence }]
    : [];
}

function diffOrigins(
  before: readonly string[],
  after: readonly string[],
): GateDifference[] {
  const [added, removed] = [without(after, before), without(before, after)];
  const widened: GateDifference = {
    code: "cors-widened",
    subject: "cors",
    security: true,
    sentence: after.includes("*")
      ? "pages of every origin may call the gate"
      : `pages of ${quoteAll(added)} may call the gate`,
  };
  const narrowed: GateDifference = {
    code: "cors-narrowed",
    subject: "cors",
    security: false,
    sentence: before.includes("*")
      ? `only pages of ${after.length > 0 ? quoteAll(after) : "no origin"} may call the gate, instead of every origin`
      : `pages of ${quoteAll(removed)} may no longer call the gate`,
  };
  const all = (origins: readonly string[]) => origins.includes("*");
  return [
    ...(added.length > 0 && !all(before) ? [widened] : []),
    ...(removed.length > 0 && !all(after) ? [narrowed] : []),
  ];
}

// What changes about how many requests callers may send: the whole stage's throttle, and the plans. Pure.

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
