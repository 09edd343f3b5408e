// The plan: one text for everything an `up` would change, the same wherever and whenever the same would happen. Pure.
import {
  isChange,
  isEngineOwn,
  type ReportedEvent,
  type Step,
} from "./changes.ts";
import { markedKey } from "./property-values.ts";

/**
 * What follows is not in it, since it differs between two runs that would do the same: the values a resource would get (some are
 * only known later; all are made from `contents`), asset paths, the order of events, and what names a commit. A value that the
 * engine keeps as a secret is not in it either.
 */
export interface PlanParts {
  readonly events: readonly ReportedEvent[];
  /** Digests by name of all that the resources are made from, see `digestContents`. */
  readonly contents: Readonly<Record<string, string>>;
  /** The outputs that the last `up` left. */
  readonly before: Readonly<
    Record<string, { readonly value: unknown; readonly secret: boolean }>
  >;
}

/** @returns the text whose digest is the output `plan`. */
export function planText({ events, contents, before }: PlanParts): string {
  const outputs = Object.entries(before)
    .filter(([, { secret }]) => !secret)
    .map(([name, { value }]) => [name, value]);
  const steps = new Set(
    events
      .flatMap(({ resourcePreEvent }) => resourcePreEvent?.metadata ?? [])
      .filter((step) => isChange(step) && !isEngineOwn(step.type))
      .flatMap(stepText),
  );
  return canonical({
    contents,
    before: Object.fromEntries(outputs) as object,
    steps: [...steps].sort(),
  });
}

function stepText(step: Step): string[] {
  const detailed = Object.keys(step.detailedDiff ?? {});
  const all = detailed.length > 0 ? detailed : (step.diffs ?? []);
  const paths = all.filter((path) => !isVolatile(path)).sort();
  // An update of nothing but these is none.
  if (step.op === "update" && all.length > 0 && paths.length === 0) return [];
  const { old, op, urn } = step;
  return [canonical({ op, urn, paths, was: stateOf(old?.inputs ?? null) })];
}

/** Properties that the cloud or the build sets anew each time, whatever the user changed. */
const volatile =
  /(?:^|\.)(?:lastModified|codeSha256|createdDate|lastUpdatedDate|tagsAll)(?:$|[.[])/i;

const isVolatile = (path: string): boolean =>
  volatile.test(path) || (/^tags\b/.test(path) && isRevisionTag(path));

/** Whether a tag says which commit or run brought the gate up. */
export const isRevisionTag = (key: string): boolean =>
  // Not `shared`.
  /commit|revision|sha(?![a-z])|run.?(?:id|number|attempt)/i.test(key);

/** Of files and archives the hash is left, of secrets only that there is one. */
function stateOf(value: unknown, key = ""): unknown {
  if (Array.isArray(value)) return value.map((one) => stateOf(one));
  if (typeof value !== "object" || value === null) return value;
  if (Object.hasOwn(value, markedKey))
    return { marked: (value as { hash?: unknown }).hash ?? true };
  const entries = Object.entries(value)
    .filter(([name]) => !volatile.test(name))
    .filter(([name]) => key !== "tags" || !isRevisionTag(name))
    .map(([name, inner]) => [name, stateOf(inner, name)]);
  return Object.fromEntries(entries) as object;
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
