// What the state has and AWS has not, since somebody deleted it by hand: once in a run everything is read anew, and what is missing is
// made again. A run whose rules allow only what its preview showed says what to do instead.
import type { GateStack, Operation } from "../../deploy/stack.ts";
import { GateFailure } from "../../gate/failure.ts";
import type { ReportedEvent, Step } from "../../report/changes.ts";
import type { RunContext } from "../context.ts";
import type { Described } from "../describe.ts";
import type { Rules } from "../run-checks.ts";
import { type LimitingRule, limitingRule } from "./dry-runs.ts";
import { isGone } from "./half-made.ts";

interface Anew {
  readonly stack: Pick<GateStack, "refresh">;
  readonly policyPacks: readonly string[] | undefined;
  readonly preview: () => Promise<Operation>;
  readonly work: () => Promise<Operation>;
}

/** Reads everything anew, then does the work of an `up`: what policy packs refuse of that is refused before anything is made. */
export async function workAnew({
  policyPacks = [],
  preview,
  stack,
  work,
}: Anew): Promise<Operation> {
  const { failure, ...read } = await stack.refresh();
  if (failure !== undefined) return { ...read, failure };
  if (policyPacks.length === 0) return work();
  const { events, outputs, failure: refused } = await preview();
  if (refused === undefined) return work();
  // Of a preview nothing was done.
  const said = events.filter((event) => stepIn(event) === undefined);
  return { events: said, outputs, failure: refused };
}

/** @returns what an `up` did that AWS may have told that something is gone, with what was done about it. */
export async function answerGone(
  done: Operation,
  { host, inputs }: { host: Pick<RunContext["host"], "log">; inputs: Rules },
  anew: () => Promise<Operation>,
): Promise<Operation> {
  const { events, failure } = done;
  if (failure === undefined || !isGone(done)) return done;
  const rule = limitingRule(inputs);
  if (rule !== undefined)
    return { ...done, failure: withAdvice(failure, rule) };
  host.log("Something of the gate is not there any more");
  const after = await anew();
  return { ...after, events: [...completedIn(events), ...after.events] };
}

/** Without the step that failed, which is done anew, and without what policy packs said, who are asked anew. */
function completedIn(events: Operation["events"]): Operation["events"] {
  const keyOf = ({ op, urn }: Step) => `${op} ${urn}`;
  const completed = new Set(
    events.flatMap(({ resOutputsEvent }: ReportedEvent) =>
      resOutputsEvent ? keyOf(resOutputsEvent.metadata) : [],
    ),
  );
  return events.filter((event: ReportedEvent) => {
    const step = stepIn(event);
    return (
      step !== undefined &&
      event.resOpFailedEvent === undefined &&
      completed.has(keyOf(step))
    );
  });
}

const stepIn = (event: ReportedEvent): Step | undefined =>
  (event.resOpFailedEvent ?? event.resourcePreEvent ?? event.resOutputsEvent)
    ?.metadata;

const withAdvice = (
  { message, problems, reason }: GateFailure,
  rule: LimitingRule,
): GateFailure =>
  new GateFailure(reason, message, [
    ...problems,
    {
      where: rule,
      message:
        "this run makes nothing that its preview did not show. If somebody deleted a part of the gate by hand, run `refresh`, then `preview`, and an `up` of what that shows",
    },
  ]);

type Unproved = Pick<Described, "before" | "changes">;
type Limits = { readonly inputs: Rules } & Pick<RunContext, "readsAnew">;

/** A gate that is broken though nothing changed may have lost something that its state still has. */
const mayHaveLost = (
  { before, changes }: Unproved,
  { readsAnew }: Limits,
): boolean => changes.length === 0 && before !== undefined && !readsAnew;

/** Whether everything is read anew if the proof of this run fails. */
export const isReadAnewNext = (run: Unproved, context: Limits): boolean =>
  mayHaveLost(run, context) && limitingRule(context.inputs) === undefined;

/** @param performAnew reads everything anew, and makes what is missing */
export async function makeWhole(
  { proved, run }: { readonly run: Described; readonly proved: Described },
  context: Limits & { readonly host: Pick<RunContext["host"], "log"> },
  performAnew: () => Promise<Described>,
): Promise<Described> {
  const { failure } = proved;
  if (failure?.reason !== "gate-broken" || !mayHaveLost(run, context))
    return proved;
  const rule = limitingRule(context.inputs);
  if (rule !== undefined)
    return { ...proved, failure: withAdvice(failure, rule) };
  context.host.log(
    "The gate is broken though its state says that nothing changed: everything is read anew, and what is missing is made again",
  );
  try {
    return joinRuns({ run, proved }, await performAnew());
  } catch (error) {
    if (!(error instanceof GateFailure) || error.reason === "cancelled")
      throw error;
    return withWarning(proved, notMadeAgain(error));
  }
}

/** The second answer, with what the first half of the run did; or the first, where what is there is what the state says. */
function joinRuns(
  { proved, run }: { readonly run: Described; readonly proved: Described },
  again: Described,
): Described {
  const { changes, failure, previewed } = again;
  const isDone = !previewed && changes.length > 0;
  if (failure !== undefined && failure.reason !== "cancelled" && !isDone)
    return failure.reason === "gate-broken"
      ? proved
      : withWarning(proved, notMadeAgain(failure));
  const tokens = addTokens(run.tokens, again.tokens);
  return withWarning(
    { ...again, before: run.before, ...(tokens && { tokens }) },
    `before everything was read anew, the proof of this run had failed: ${proved.failure?.message ?? ""}`,
  );
}

const notMadeAgain = ({ message }: GateFailure): string =>
  `what is missing was not made again: ${message}`;

const withWarning = (run: Described, warning: string): Described => ({
  ...run,
  warnings: [...(run.warnings ?? []), warning],
});

type Tokens = Described["tokens"];

const addTokens = (one: Tokens, other: Tokens): Tokens =>
  one && other
    ? {
        added: one.added + other.added,
        removed: one.removed + other.removed,
      }
    : (one ?? other);
