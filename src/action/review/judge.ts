// Decides whether a run may go on, or is red, by what it would do: `fail-on`, `expect-no-changes`, `require-reviewed`, drift.
import { type FindingCode, findFindings } from "../../report/findings.ts";
import { judgeFindings } from "../../report/judgement.ts";
import {
  type Described,
  describeExecution,
  summaryIn,
  urlsOf,
} from "../describe.ts";
import type { Execution, Known } from "../stack/execution.ts";
import type { Inputs } from "../inputs/inputs.ts";
import type { Job } from "../job.ts";
import { type FindingRules, judgeRun } from "./judge-run.ts";
import type { ReviewLine } from "./review-line.ts";
import { checkReviewed, type ReviewSources } from "./reviewed.ts";
import { reviewSecretIn } from "./review-secret.ts";
import { summaryOf } from "../stack/summarize.ts";
import type { Target } from "../target.ts";

/** What can be run before a command, because it changes nothing. */
export type Rehearsal = "drift" | "preview";

/** Asked by whoever runs a command, before anything is changed. */
export interface Judge {
  /** What must be looked at first. */
  readonly rehearsals: (known: Known) => readonly Rehearsal[];
  /** @returns the run as it ended, when it must not go on. */
  readonly hold: (
    rehearsal: Rehearsal,
    execution: Execution,
  ) => Promise<Described | undefined>;
}

type Rules = FindingRules & Pick<Inputs, "requireReviewed">;

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

export interface JudgeParts {
  readonly target: Target;
  readonly rules: Rules;
  readonly job: Job;
  readonly sources: Omit<ReviewSources, "secret">;
  /** Gets the review's line, once there is one. */
  readonly reviewed: (line: ReviewLine) => void;
}

export function createJudge(parts: JudgeParts): Judge {
  const { rules, target } = parts;
  return {
    rehearsals: (known) => {
      const drift = rules.failOn.includes("drift") ? ["drift" as const] : [];
      if (target.command === "preview") return drift;
      if (target.command !== "up") return [];
      return isPreviewDue(known, parts)
        ? [...drift, "preview" as const]
        : drift;
    },
    hold: (rehearsal, execution) =>
      rehearsal === "drift"
        ? Promise.resolve(holdDrifted(execution, parts))
        : holdPreviewed(execution, parts),
  };
}

/** A preview takes some seconds, so it is only made for what it alone can tell, and to show what was stopped. */
function isPreviewDue(
  known: Known,
  { job, rules, target }: JudgeParts,
): boolean {
  if (rules.requireReviewed || rules.expectNoChanges) return true;
  if (rules.failOn.some((code) => engineCodes.includes(code))) return true;
  const { before, gate } = known;
  if (gate === undefined) return false;
  const run = {
    command: target.command,
    gateId: gate.id,
    stack: target.stack,
    previewed: true,
    before: summaryIn(before),
    after: summaryOf(gate, known),
    changes: [],
    urls: urlsOf(before, gate),
    sha: job.sha,
  };
  return judgeFindings(findFindings(run), rules).stopped.length > 0;
}

function holdDrifted(
  execution: Execution,
  { job, rules, target }: JudgeParts,
): Described | undefined {
  const drift = { ...target, command: "drift" as const };
  const run = judgeRun(describeExecution(drift, execution, job), rules);
  return run.failure && run;
}

async function holdPreviewed(
  execution: Execution,
  { job, reviewed, rules, sources, target }: JudgeParts,
): Promise<Described | undefined> {
  const run = judgeRun(describeExecution(target, execution, job, true), rules);
  if (run.failure !== undefined) return run;
  if (!rules.requireReviewed) return undefined;
  const secret = reviewSecretIn(execution.before);
  const check = await checkReviewed(run, { ...sources, secret });
  if (check.line !== undefined) reviewed(check.line);
  const { difference, failure } = check;
  return failure && { ...run, failure, planDifference: difference };
}
