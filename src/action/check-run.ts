// Whether a run is red by what it found, or by what it would do though nothing was expected. Pure.
import { GateFailure } from "../gate/failure.ts";
import { type FindingCode, findFindings } from "../report/findings.ts";
import { checkFindings, wordStopped } from "../report/finding-check.ts";
import type { Described } from "./describe.ts";
import type { Inputs } from "./inputs/inputs.ts";

export type Rules = Pick<Inputs, "failOn" | "allow" | "expectNoChanges">;

/** The run with what the rules say of it, and the failure that follows; one that is there already stays. */
export function checkRun(run: Described, rules: Rules): Described {
  const { command, failure } = run;
  if (command !== "preview" && command !== "up" && command !== "drift")
    return run;
  const failOn: readonly FindingCode[] =
    command === "drift" ? ["drift"] : rules.failOn;
  const check = checkFindings(findFindings(run), {
    failOn,
    allow: rules.allow,
  });
  if (failure !== undefined) return { ...run, check };
  const stopped = wordStopped(check);
  if (stopped === undefined)
    return { ...run, check, failure: unexpected(run, rules) };
  const reason = command === "drift" ? "drift" : "fail-on";
  return { ...run, check, failure: new GateFailure(reason, stopped) };
}

function unexpected(
  run: Described,
  { expectNoChanges }: Pick<Rules, "expectNoChanges">,
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
