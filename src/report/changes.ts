// Engine events become changes: one per resource, the engine's internal steps folded, without secrets.
import { type ShownValue, showValue, type State } from "./property-values.ts";

/** The part of the Automation API's `EngineEvent` that is read here. The engine writes `null` for an empty list. */
export interface ReportedEvent {
  readonly resourcePreEvent?: { readonly metadata: Step };
  readonly resOutputsEvent?: { readonly metadata: Step };
  readonly resOpFailedEvent?: { readonly metadata: Step };
  readonly diagnosticEvent?: {
    readonly severity: string;
    readonly message: string;
  };
  readonly summaryEvent?: { readonly maybeCorrupt: boolean };
}

export interface Step {
  readonly op: string;
  readonly urn: string;
  readonly type: string;
  readonly diffs?: readonly string[] | null;
  readonly detailedDiff?: Readonly<
    Record<string, { readonly diffKind: string }>
  > | null;
  /** Properties that force a replacement. */
  readonly keys?: readonly string[] | null;
  readonly old?: State | null;
  readonly new?: State | null;
}

export const changeOps = ["create", "update", "replace", "delete"] as const;
export type ChangeOp = (typeof changeOps)[number];

/** One resource that was, or would be, changed. */
export interface Change {
  readonly op: ChangeOp;
  /** The resource type: `aws:apigateway/restApi:RestApi`. */
  readonly type: string;
  readonly name: string;
  /** Paths of the properties that differ. */
  readonly diffs: readonly string[];
  /** By path, the values that are short and hold no secret. */
  readonly values: Readonly<Record<string, ShownValue>>;
  /** The properties that force a replacement. */
  readonly replaceKeys: readonly string[];
  /** Only the rest of an interrupted replacement is deleted; the resource itself stays. */
  readonly leftover: boolean;
  /** The engine tried and failed. */
  readonly failed: boolean;
}

export interface EngineReport {
  /** In the order in which the engine met the resources. */
  readonly changes: readonly Change[];
  /** The engine's error messages, without colours. */
  readonly errors: readonly string[];
  /** The engine reports that the state of a resource may be wrong. */
  readonly maybeCorrupt: boolean;
}

/**
 * Reads the events of one operation, in the order they came.
 * @param secrets texts that are never shown: what the log masks.
 */
export function readEvents(
  events: readonly ReportedEvent[],
  secrets: readonly string[] = [],
): EngineReport {
  const resources = new Map<string, Resource>();
  for (const event of events) {
    const failed = event.resOpFailedEvent?.metadata;
    const step =
      failed ??
      event.resourcePreEvent?.metadata ??
      event.resOutputsEvent?.metadata;
    if (!step || isEngineOwn(step.type)) continue;
    const resource = resources.get(step.urn) ?? newResource(step);
    resources.set(step.urn, resource);
    addStep(resource, step, secrets);
    if (failed) resource.failed = true;
  }
  const summary = events.findLast((one) => one.summaryEvent)?.summaryEvent;
  return {
    changes: [...resources.values()].flatMap(toChange),
    errors: events.flatMap(readError),
    maybeCorrupt: summary?.maybeCorrupt === true,
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

/** The steps of one resource so far. */
interface Resource {
  readonly urn: string;
  readonly type: string;
  readonly ops: Set<Op>;
  readonly diffs: Set<string>;
  readonly values: Map<string, ShownValue>;
  readonly replaceKeys: Set<string>;
  failed: boolean;
}

type Op = ChangeOp | "leftover";

const newResource = ({ urn, type }: Step): Resource => ({
  urn,
  type,
  ops: new Set(),
  diffs: new Set(),
  values: new Map(),
  replaceKeys: new Set(),
  failed: false,
});

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

/** Paths of the properties that the engine names. */
export function namedPaths({ detailedDiff, diffs }: Step): readonly string[] {
  const detailed = Object.keys(detailedDiff ?? {});
  return detailed.length > 0 ? detailed : (diffs ?? []);
}

function addStep(
  resource: Resource,
  step: Step,
  secrets: readonly string[],
): void {
  const op = stepOps[step.op] ?? refreshOp(step);
  if (!op) return;
  resource.ops.add(op);
  for (const path of pathsOf(step, op)) {
    resource.diffs.add(path);
    const value = showValue(path, step, secrets);
    if (value) resource.values.set(path, value);
  }
  for (const [path, { diffKind }] of Object.entries(step.detailedDiff ?? {}))
    if (diffKind.endsWith("replace")) resource.replaceKeys.add(path);
  for (const key of step.keys ?? []) resource.replaceKeys.add(key);
}

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
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
}

/** @returns the one change, or none. */
function toChange(resource: Resource): Change[] {
  const { type, urn, ops, failed } = resource;
  const op = foldOps(ops);
  if (!op) return [];
  return [
    {
      op,
      type,
      // urn:pulumi:<stack>::<project>::<types>::<name>; only the name may contain the separator.
      name: urn.split("::").slice(3).join("::"),
      diffs: [...resource.diffs],
      values: Object.fromEntries(resource.values),
      replaceKeys: [...resource.replaceKeys],
      leftover: op === "delete" && !ops.has("delete"),
      failed,
    },
  ];
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

/** How many of the replacements are only API Gateway's own snapshot; undefined when none is. */
export function wordSnapshots(changes: readonly Change[]): string | undefined {
  const replaced = changes.filter(
    ({ op, failed }) => op === "replace" && !failed,
  );
  const count = replaced.filter(isSnapshot).length;
  if (count === 0) return undefined;
  const which = count === replaced.length ? "only" : `${count} of them`;
  return `${which} API Gateway's own snapshot`;
}
