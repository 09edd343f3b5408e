// Whether a run is red by what it found, or by what it would do though nothing was expected. Pure.
import { GateFailure } from "../../gate/failure.ts";
import { type FindingCode, findFindings } from "../../report/findings.ts";
import { judgeFindings, wordStopped } from "../../report/judgement.ts";
import type { Described } from "../describe.ts";
import type { Inputs } from "../inputs/inputs.ts";

export type FindingRules = Pick<Inputs, "failOn" | "allow" | "expectNoChanges">;

/** The run with its judgement, and the failure that follows from it; one that is there already stays. */
export function judgeRun(run: Described, rules: FindingRules): Described {
  const { command, failure } = run;
  if (command !== "preview" && command !== "up" && command !== "drift")
    return run;
  const failOn: readonly FindingCode[] =
    command === "drift" ? ["drift"] : rules.failOn;
  const judgement = judgeFindings(findFindings(run), {
    failOn,
    allow: rules.allow,
  });
  if (failure !== undefined) return { ...run, judgement };
  const stopped = wordStopped(judgement);
  if (stopped === undefined)
    return { ...run, judgement, failure: unexpected(run, rules) };
  const reason = command === "drift" ? "drift" : "fail-on";
  return { ...run, judgement, failure: new GateFailure(reason, stopped) };
}

function unexpected(
  run: Described,
  { expectNoChanges }: Pick<FindingRules, "expectNoChanges">,
): GateFailure | undefined {
  if (!expectNoChanges || run.command === "drift") return undefined;
  const what = wordUnexpected(run);
  if (what === undefined) return undefined;
  return new GateFailure(
    "fail-on",
    `expect-no-changes stops this: ${what}; if that is meant, run it once with \`expect-no-changes: false\``,
  );
}

/** Tokens in a table are no resources: what changes of them is only found by comparing the gate before and after. */
function wordUnexpected(run: Described): string | undefined {
  const and = ({ length }: readonly unknown[]) =>
    length > 1 ? ` and ${length - 1} more` : "";
  const { changes } = run;
  const [change] = changes;
  if (change !== undefined)
    return `it would ${change.op} ${change.name}${and(changes)}`;
  const findings = findFindings(run);
  const [finding] = findings;
  return (
    finding &&
    `no resource would change, but ${finding.sentence}${and(findings)}`
  );
}
