// What would happen, thing by thing: as a line of text that is the same whenever the same would happen, and in words. Pure.
import type { GateSummary } from "../gate/difference/summary.ts";
import type { Change } from "./change.ts";
import { findFindings } from "./findings.ts";
import {
  wordChange,
  wordConsumer,
  wordContent,
  wordPlan,
  wordRoute,
  wordSetting,
} from "./plan-words.ts";
import type { Run } from "./run.ts";

interface PlanItem {
  /** Holds all of it, in one way only: what a review digests. */
  readonly line: string;
  /** A sentence for a reader, starting small. */
  readonly words: string;
  /** The words hold only where it is known that the line is not in the other plan. */
  readonly compared?: true;
}

/**
 * Everything that would happen: resources, what changes for callers, and the whole gate as it would be, whose consumers
 * keep their order, since a JWT stands for the first that fits.
 */
export function planItems(run: Run): readonly PlanItem[] {
  const { after, changes, contents = {}, history } = run;
  return [
    ...(history === undefined ? [] : [historyItem(history)]),
    ...sorted(changes.flatMap(changeItem)),
    ...sorted(
      findFindings(run)
        // What somebody did to the gate by hand is undone whether or not it was there when the preview was made.
        .filter(({ code }) => code !== "drift")
        .map(({ code, subject, sentence }) => ({
          line: `${code} ${subject}: ${sentence}`,
          words: sentence,
        })),
    ),
    ...(after ? gateItems(after) : []),
    ...sorted(
      Object.entries(contents).map(([name, digest]) => ({
        line: `content of ${name}: ${digest}`,
        words: wordContent(name),
      })),
    ),
  ];
}

/** First, because it says why the rest may look the same: what was reviewed was brought up already, or undone. */
const historyItem = (history: string): PlanItem => ({
  line: `history ${history}`,
  words: "the gate was changed by another run since the preview",
  compared: true,
});

function gateItems(gate: GateSummary): PlanItem[] {
  const { routes, consumers, plans, ...settings } = gate;
  const names = Object.keys(settings) as (keyof typeof settings)[];
  return [
    ...routes.map((route) => item("route", route, wordRoute(route))),
    ...consumers.map((one) => item("consumer", one, wordConsumer(one))),
    ...plans.map((plan) => item("plan", plan, wordPlan(plan))),
    ...sorted(
      names.map((name) => item(name, settings[name], wordSetting[name](gate))),
    ),
  ];
}

const item = (kind: string, value: unknown, words: string): PlanItem => ({
  line: `${kind} ${canonical(value)}`,
  words,
});

const sorted = (items: readonly PlanItem[]): PlanItem[] =>
  items.toSorted((one, other) => (one.line < other.line ? -1 : 1));

/** Properties that the cloud or the build sets anew each time, whatever the user changed. */
const volatile =
  /(?:^|\.)(?:lastModified|sourceCodeHash|codeSha256|createdDate|lastUpdatedDate|tagsAll)(?:$|[.[])/i;

const isVolatile = (path: string): boolean =>
  volatile.test(path) || (/^tags\b/.test(path) && isRevisionTag(path));

/** Whether a tag says which commit brought the gate up: the merge makes another one than the preview had. */
export const isRevisionTag = (key: string): boolean =>
  // Not `shared`.
  /commit|revision|sha(?![a-z])/i.test(key);

function changeItem(change: Change): PlanItem[] {
  const { op, type, name, diffs, leftover } = change;
  const paths = diffs.filter((path) => !isVolatile(path)).sort();
  // An update of nothing but these is none.
  if (op === "update" && diffs.length > 0 && paths.length === 0) return [];
  const what = leftover ? "clean up" : op;
  const line = [`${what} ${type} ${name}`, paths.join(", ")]
    .filter(Boolean)
    .join(": ");
  return [{ line, words: wordChange(change, paths) }];
}

/** JSON with sorted keys: the same text for the same value. */
export function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === "object" && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(
          Object.entries(inner).sort(([one], [other]) =>
            one < other ? -1 : 1,
          ),
        )
      : inner,
  );
}
