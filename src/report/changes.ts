// Engine events become changes: one per resource, the engine's internal steps folded, without secrets.
import * as z from "zod";
import { isSame } from "../diff/compare.ts";
import {
  type PolicyEvents,
  type Violation,
  violationsIn,
} from "../gate/policy-violations.ts";
import { redact } from "./redact.ts";
import { type ShownValue, showValue, type State } from "./property-values.ts";

/** The part of the Automation API's `EngineEvent` that is read here. The engine writes `null` for an empty list. */
export interface ReportedEvent extends PolicyEvents {
  readonly resourcePreEvent?: { readonly metadata: Step };
  readonly resOutputsEvent?: { readonly metadata: Step };
  readonly resOpFailedEvent?: { readonly metadata: Step };
  readonly diagnosticEvent?: {
    readonly severity: string;
    readonly message: string;
  };
}

export interface Step {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly diffs?: readonly string[] | null;
  readonly detailedDiff?: Readonly<
    Record<string, { readonly diffKind: string }>
  > | null;
  readonly keys?: readonly string[] | null;
  readonly old?: State | null;
  readonly new?: State | null;
}

export const changeOps = ["create", "update", "replace", "delete"] as const;
export type ChangeOp = (typeof changeOps)[number];

/** The public part of changes: what is not in it is stripped. */
export const changesShape = z
  .array(
    z.object({
      op: z
        .enum(changeOps)
        .describe("What was done to the resource, or would be"),
      type: z
        .string()
        .describe("The resource's type, such as aws:apigateway/stage:Stage"),
      name: z.string().describe("The resource's name within the gate"),
      diffs: z
        .array(z.string())
        .describe("Paths of the properties that differ; never their values"),
      replaceKeys: z
        .array(z.string())
        .optional()
        .describe("The properties that force a replacement; left out if none"),
      failed: z
        .literal(true)
        .optional()
        .describe("The engine tried and failed; left out if it did not"),
    }),
  )
  .describe(
    "Resource changes of one run, in the order the engine met them; cut at 500,000 characters",
  );

export interface Change extends z.infer<typeof changesShape.element> {
  /** By path, the values that are short and hold no secret. */
  readonly values: Readonly<Record<string, ShownValue>>;
  /** Only the rest of an interrupted replacement is deleted; the resource itself stays. */
  readonly leftover: boolean;
}

export interface EngineReport {
  readonly changes: readonly Change[];
  readonly errors: readonly string[];
  readonly violations: readonly Violation[];
  readonly maybeCorrupt: boolean;
}

/** @param secrets texts that are never shown: what the log masks. */
export function readEvents(
  events: readonly ReportedEvent[],
  secrets: readonly string[] = [],
): EngineReport {
  const resources = new Map<string, Step[]>();
  const failed = new Set<string>();
  for (const event of events) {
    const { resOpFailedEvent, resOutputsEvent, resourcePreEvent } = event;
    const { metadata: step } =
      resOpFailedEvent ?? resourcePreEvent ?? resOutputsEvent ?? {};
    if (!step || isEngineOwn(step.type)) continue;
    resources.set(step.urn, [...(resources.get(step.urn) ?? []), step]);
    if (resOpFailedEvent) failed.add(step.urn);
  }
  return {
    changes: [...resources].flatMap(([urn, steps]) => {
      const change = toChange(urn, steps, secrets);
      if (!change) return [];
      return failed.has(urn) ? { ...change, failed: true } : change;
    }),
    errors: events.flatMap(readError),
    violations: violationsIn(events).map((violation) => ({
      ...violation,
      message: redact(violation.message, secrets),
    })),
    maybeCorrupt:
      events.findLast(({ summaryEvent }) => summaryEvent)?.summaryEvent
        ?.maybeCorrupt === true,
  };
}

/** The stack and the providers are resources to the engine only. */
export const isEngineOwn = (type: string): boolean =>
  type === "pulumi:pulumi:Stack" || type.startsWith("pulumi:providers:");

/** The engine writes colours as `<{%reset%}>`. */
function readError({ diagnosticEvent }: ReportedEvent): string[] {
  if (diagnosticEvent?.severity !== "error") return [];
  const text = diagnosticEvent.message.replaceAll(/<\{%[^%]*%\}>/g, "").trim();
  return text === "" ? [] : [text];
}

type Op = ChangeOp | "leftover";

/** Steps that are not here (same, read, refresh, discard) change nothing. */
const stepOps: Readonly<Record<string, Op>> = {
  create: "create",
  import: "create",
  update: "update",
  delete: "delete",
  // Half of a replacement, or, alone, the rest of an interrupted one.
  "delete-replaced": "leftover",
  "remove-pending-replace": "leftover",
  replace: "replace",
  "create-replacement": "replace",
  "import-replacement": "replace",
};

export const isChange = ({ op }: Step): boolean => op in stepOps;

export function namedPaths({ detailedDiff, diffs }: Step): readonly string[] {
  const detailed = Object.keys(detailedDiff ?? {});
  return detailed.length > 0 ? detailed : (diffs ?? []);
}

function toChange(
  urn: string,
  steps: readonly Step[],
  secrets: readonly string[],
): Change | undefined {
  const done = steps.flatMap((step) => {
    const op = stepOps[step.op] ?? refreshOp(step);
    return op ? [{ op, step, paths: pathsOf(step, op) }] : [];
  });
  const ops = new Set(done.map(({ op }) => op));
  const op = foldOps(ops);
  if (!op) return undefined;
  const values = done.flatMap(({ step, paths }) =>
    paths.flatMap((path) => {
      const value = showValue(path, step, secrets);
      return value ? [[path, value] as const] : [];
    }),
  );
  const replaceKeys = unique(done.flatMap(({ step }) => forcingKeys(step)));
  return {
    op,
    type: steps[0]?.type ?? "",
    // urn:pulumi:<stack>::<project>::<types>::<name>; only the name may contain the separator.
    name: urn.split("::").slice(3).join("::"),
    diffs: unique(done.flatMap(({ paths }) => paths)),
    values: Object.fromEntries(values),
    ...(replaceKeys.length > 0 && { replaceKeys }),
    leftover: op === "delete" && !ops.has("delete"),
  };
}

const unique = (texts: readonly string[]): string[] => [...new Set(texts)];

const forcingKeys = ({ detailedDiff, keys }: Step): string[] => [
  ...Object.entries(detailedDiff ?? {})
    .filter(([, { diffKind }]) => diffKind.endsWith("replace"))
    .map(([path]) => path),
  ...(keys ?? []),
];

function pathsOf(step: Step, op: Op): readonly string[] {
  const paths = namedPaths(step);
  if (hasOtherCode(step)) return [...paths, codeHash];
  // A refresh may name no properties: then the outputs tell.
  return paths.length > 0 || op !== "update" ? paths : changedOutputs(step);
}

function refreshOp(step: Step): Op | undefined {
  const isDrift = step.op === "refresh" && namedPaths(step).length > 0;
  return isDrift || hasOtherCode(step) ? "update" : undefined;
}

const codeHash = "codeSha256";

/** A refresh reports `same` for a function whose code was replaced by hand: the engine compares inputs only. */
function hasOtherCode({ op, old, new: now }: Step): boolean {
  const [was, is] = [old?.outputs?.[codeHash], now?.outputs?.[codeHash]];
  return op === "same" && !!was && !!is && was !== is;
}

function changedOutputs(step: Step): string[] {
  const before = step.old?.outputs;
  const after = step.new?.outputs;
  if (!before || !after) return [];
  return Object.keys({ ...before, ...after }).filter(
    (name) => !isSame(before[name], after[name]),
  );
}

function foldOps(ops: ReadonlySet<Op>): ChangeOp | undefined {
  const gone = ops.has("delete") || ops.has("leftover");
  if (ops.has("replace") || (ops.has("create") && gone)) return "replace";
  if (ops.has("create")) return "create";
  if (ops.has("update") && !ops.has("delete")) return "update";
  return gone ? "delete" : undefined;
}

/** API Gateway's copy of the API that a stage serves: every change of the API replaces it, without loss. */
export const isSnapshot = ({ type }: Pick<Change, "type">): boolean =>
  type === "aws:apigateway/deployment:Deployment";

/** How many resources were changed, or would be, by operation; failed ones are not counted. */
export function countChanges(
  changes: readonly Change[],
): Readonly<Record<ChangeOp, number>> {
  const counts = { create: 0, update: 0, replace: 0, delete: 0 };
  for (const { op, failed } of changes) if (!failed) counts[op] += 1;
  return counts;
}

/** " (only API Gateway's own snapshot)": how many of the replacements are that; empty when none is. */
export function wordSnapshots(changes: readonly Change[]): string {
  const replaced = changes.filter(
    ({ op, failed }) => op === "replace" && !failed,
  );
  const count = replaced.filter(isSnapshot).length;
  if (count === 0) return "";
  const which = count === replaced.length ? "only" : `${count} of them`;
  return ` (${which} API Gateway's own snapshot)`;
}
