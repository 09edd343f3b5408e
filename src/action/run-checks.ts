import { GateFailure } from "../gate/failure.ts";
import type { Finding, FindingCode } from "../diff/finding-codes.ts";
import { checkFindings, wordStopped } from "../report/fail-on.ts";
import { findFindings } from "../report/findings.ts";
import { sortedJson } from "../gate/sorted-json.ts";
import { verdict } from "../report/verdict.ts";
import type { Described } from "./describe.ts";
import type { Inputs } from "./inputs/inputs.ts";

export type Rules = Pick<
  Inputs,
  "failOn" | "allow" | "expectNoChanges" | "expectedPlan"
>;

export function checkRun(run: Described, rules: Rules): Described {
  const { command } = run;
  if (command !== "preview" && command !== "up" && command !== "drift")
    return run;
  const failOn: readonly FindingCode[] =
    command === "drift" ? ["drift"] : rules.failOn;
  const findings = findFindings(run);
  const check = checkFindings(findings, { failOn, allow: rules.allow });
  return { ...run, check, failure: run.failure ?? failureOf() };

  function failureOf(): GateFailure | undefined {
    const stopped = wordStopped(check);
    if (stopped !== undefined)
      return new GateFailure(
        command === "drift" ? "drift" : "fail-on",
        stopped,
      );
    if (!rules.expectNoChanges || command === "drift") return undefined;
    const what = wordUnexpected(run.changes, findings);
    if (what === undefined) return undefined;
    return new GateFailure(
      "fail-on",
      `expect-no-changes stops this: ${what}; if that is meant, run it once with \`expect-no-changes: false\``,
    );
  }
}

/** Tokens in a table are no resources: what changes of them is only found by comparing the gate before and after. */
function wordUnexpected(
  changes: Described["changes"],
  findings: readonly Finding[],
): string | undefined {
  const and = ({ length }: readonly unknown[]) =>
    length > 1 ? ` and ${length - 1} more` : "";
  const [[change], [finding]] = [changes, findings];
  if (change !== undefined)
    return `it would ${change.op} ${change.name}${and(changes)}`;
  return (
    finding &&
    `no resource would change, but ${finding.sentence}${and(findings)}`
  );
}

/** The run with `plan-changed` as its failure, before any other, when an `up` would do something else than was expected. */
export function checkPlan(
  run: Described,
  { expectedPlan }: Pick<Rules, "expectedPlan">,
): Described {
  const { plan } = run;
  if (expectedPlan === undefined || plan === undefined) return run;
  if (plan === expectedPlan || changesNothing(run)) return run;
  const now = verdict({ ...run, command: "preview", failure: undefined });
  const [expected, found] = [expectedPlan, plan].map((one) => one.slice(0, 12));
  const message = `this up would not do what was expected (plan ${expected}, now ${found}), so nothing was changed. What it would do now: ${now}. Of the expected plan only the digest is known, so the report shows all of what it would do now, not the difference. Run the preview again, look at it, and approve that plan`;
  return { ...run, failure: new GateFailure("plan-changed", message) };
}

const changesNothing = ({ after, before, changes }: Described): boolean =>
  changes.length === 0 &&
  sortedJson(before ?? null) === sortedJson(after ?? null);
