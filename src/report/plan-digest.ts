// The plan: one text for everything an `up` would change, the same whenever the same would happen.
import { sortedJson } from "../gate/sorted-json.ts";
import {
  isChange,
  isEngineOwn,
  namedPaths,
  type ReportedEvent,
  type Step,
} from "./changes.ts";
import { markedKey } from "./property-values.ts";

interface PlanParts {
  readonly events: readonly ReportedEvent[];
  /** Digests by name of everything that the resources are made from, see `digestContents`. */
  readonly contents: Readonly<Record<string, string>>;
  /** The outputs of the last `up`. */
  readonly before: Readonly<
    Record<string, { readonly value: unknown; readonly secret: boolean }>
  >;
}

/**
 * Left out is what differs between two runs that would do the same: new values (`contents` stands for them; some are not known
 * yet), asset paths, the order of events, names of a commit. Secrets are left out too.
 * @returns the text whose digest is the output `plan`.
 */
export function planText({ events, contents, before }: PlanParts): string {
  const outputs = Object.entries(before)
    .filter(([, { secret }]) => !secret)
    .map(([name, { value }]) => [name, value] as const);
  const steps = events
    .flatMap(({ resourcePreEvent }) => resourcePreEvent?.metadata ?? [])
    .filter((step) => isChange(step) && !isEngineOwn(step.type))
    .flatMap(stepText);
  return sortedJson({
    contents,
    before: Object.fromEntries(outputs),
    steps: [...new Set(steps)].sort(),
  });
}

function stepText(step: Step): string[] {
  const { old, op, urn } = step;
  const all = namedPaths(step);
  const paths = all.filter((path) => !isVolatile(path)).sort();
  if (op === "update" && all.length > 0 && paths.length === 0) return [];
  return [sortedJson({ op, urn, paths, was: stateOf(old?.inputs ?? null) })];
}

/** Properties that the cloud or the build sets anew each time. */
const volatile =
  /(?:^|\.)(?:lastModified|codeSha256|createdDate|lastUpdatedDate|tagsAll)(?:$|[.[])/i;

const isVolatile = (path: string): boolean =>
  volatile.test(path) || (/^tags\b/.test(path) && isRevisionTag(path));

export const isRevisionTag = (key: string): boolean =>
  // Not `shared`.
  /commit|revision|sha(?![a-z])|run.?(?:id|number|attempt)/i.test(key);

/** Files and archives become their hash, secrets only a mark. */
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
