// What is run before a command changes anything, and may stop it there: `fail-on`, `expect-no-changes`, `expected-plan`,
// `policy-packs`, drift.
import type { Operation } from "../../deploy/stack.ts";
import type { FindingCode } from "../../diff/finding-codes.ts";
import { checkFindings } from "../../report/fail-on.ts";
import { findFindings } from "../../report/findings.ts";
import type { RunContext } from "../context.ts";
import {
  type Described,
  describeExecution,
  type Execution,
  type Known,
} from "../describe.ts";
import { checkPlan, checkRun, type Rules } from "../run-checks.ts";

export type DryRun = "drift" | "preview";

export interface DryRunContext extends Pick<RunContext, "target" | "job"> {
  readonly inputs: Rules;
}

/**
 * Codes that the engine alone can tell. Without one of these in `fail-on`, the gate before and after say it all: the program
 * always declares the authorizer, so a removed one shows in the routes.
 */
const engineCodes: readonly FindingCode[] = [
  "auth-changed",
  "delete",
  "policy-widened",
  "replace",
  "url-change",
];

export type LimitingRule = "expected-plan" | "expect-no-changes" | "fail-on";

/** The input by which an `up` may do no more than its preview showed: what is done besides, nothing would check. */
export function limitingRule(rules: Rules): LimitingRule | undefined {
  if (rules.expectedPlan !== undefined) return "expected-plan";
  if (rules.expectNoChanges) return "expect-no-changes";
  return rules.failOn.some((code) => engineCodes.includes(code))
    ? "fail-on"
    : undefined;
}

export function dueDryRuns(known: Known, context: DryRunContext): DryRun[] {
  const { inputs: rules, target } = context;
  const { command } = target;
  if (command !== "preview" && command !== "up") return [];
  const isPreviewed = command === "up" && isPreviewDue(known, context);
  return [
    ...(rules.failOn.includes("drift") ? ["drift" as const] : []),
    ...(isPreviewed ? ["preview" as const] : []),
  ];
}

/** A preview takes some seconds, so it is only made for what it alone can tell, and to show what was stopped. */
function isPreviewDue(
  known: Known,
  { inputs: rules, job, target }: DryRunContext,
): boolean {
  if (limitingRule(rules) !== undefined) return true;
  // An `up` analyses a resource only when its turn comes: others are made by then.
  if ((target.policyPacks ?? []).length > 0) return true;
  if (known.gate === undefined) return false;
  const report = {
    changes: [],
    errors: [],
    violations: [],
    maybeCorrupt: false,
  };
  const execution = { ...known, after: {}, report };
  const run = describeExecution(target, execution, job, true);
  return checkFindings(findFindings(run), rules).stopped.length > 0;
}

export interface DryResult {
  readonly stopped?: Described;
  readonly plan?: string | undefined;
}

export type Ran = Operation & Pick<Execution, "report" | "plan">;

export async function dryRun(
  known: Known,
  context: DryRunContext,
  run: (dryRun: DryRun) => Promise<Ran>,
): Promise<DryResult> {
  const { inputs: rules, job, target } = context;
  let plan: string | undefined;
  for (const due of dueDryRuns(known, context)) {
    const { failure, report, ...ran } = await run(due);
    plan = ran.plan;
    const dry = due === "drift" ? { ...target, command: due } : target;
    const execution = { ...known, after: {}, report, plan, failure };
    const described = describeExecution(dry, execution, job, true);
    const checked = checkRun(described, rules);
    const stopped = due === "drift" ? checked : checkPlan(checked, rules);
    if (stopped.failure !== undefined) return { stopped };
  }
  return { plan };
}
