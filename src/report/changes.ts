// Engine events become changes: one per resource, the engine's internal steps folded, without secrets. Pure.
import { type ShownValue, showValue, type State } from "./property-values.ts";
import { newGrants } from "./role-grants.ts";

/** The part of the Automation API's `EngineEvent` that is read here. The engine writes `null` for an empty list. */
export interface ReportedEvent {
  readonly resourcePreEvent?: { readonly metadata: Step };
  readonly resOutputsEvent?: { readonly metadata: Step };
  readonly resOpFailedEvent?: { readonly metadata: Step };
  readonly diagnosticEvent?: {
    readonly severity: string;
    readonly message: string;
  };
  readonly summaryEvent?: {
    readonly maybeCorrupt: boolean;
    readonly durationSeconds: number;
  };
}

export interface EngineReport {
  /** In the order in which the engine met the resources. */
  readonly changes: readonly Change[];
  /** The engine's error messages, without colours. */
  readonly errors: readonly string[];
  /** The engine says that the state of a resource may be wrong. */
  readonly maybeCorrupt: boolean;
  readonly durationSeconds?: number;
}

/**
 * Reads the events of one operation, in the order they came.
 * @param secrets texts that are never shown, wherever they are: what the log masks.
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
    ...(summary && { durationSeconds: summary.durationSeconds }),
  };
}

/** The stack itself and the providers are resources to the engine, but nothing that a user has. */
export const isEngineOwn = (type: string): boolean =>
  type === "pulumi:pulumi:Stack" || type.startsWith("pulumi:providers:");

/** The engine writes colours as `<{%reset%}>`. */
function readError({ diagnosticEvent }: ReportedEvent): string[] {
  if (diagnosticEvent?.severity !== "error") return [];
  const text = diagnosticEvent.message.replaceAll(/<\{%[^%]*%\}>/g, "").trim();
  return text === "" ? [] : [text];
}

// The engine's steps with one resource, folded into one change: a replacement is three steps, and has two orders. Pure.

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

/** What the steps of one resource came to so far. */
interface Resource {
  readonly urn: string;
  readonly type: string;
  readonly ops: Set<Op>;
  readonly diffs: Set<string>;
  readonly values: Map<string, ShownValue>;
  readonly replaceKeys: Set<string>;
  readonly grants: Set<string>;
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
  grants: new Set(),
  failed: false,
});

/** What each of the engine's steps comes to; steps that are not here (same, read, refresh, discard) change nothing. */
const foldedOps: Readonly<Record<string, Op>> = {
  create: "create",
  import: "create",
  update: "update",
  delete: "delete",
  // One half of a replacement, or, alone, the rest of one that was cut short.
  "delete-replaced": "leftover",
  "remove-pending-replace": "leftover",
  replace: "replace",
  "create-replacement": "replace",
  "import-replacement": "replace",
};

export const isChange = ({ op }: Step): boolean => op in foldedOps;

function addStep(
  resource: Resource,
  step: Step,
  secrets: readonly string[],
): void {
  const op = foldedOps[step.op] ?? refreshOp(step);
  if (!op) return;
  resource.ops.add(op);
  for (const path of pathsOf(step, op)) {
    resource.diffs.add(path);
    const value = showValue(path, step, secrets);
    if (value) resource.values.set(path, value);
  }
  const forcing = Object.entries(step.detailedDiff ?? {})
    .filter(([, { diffKind }]) => diffKind.endsWith("replace"))
    .map(([path]) => path);
  for (const key of [...forcing, ...(step.keys ?? [])])
    resource.replaceKeys.add(key);
  for (const grant of grantsOf(step)) resource.grants.add(grant);
}

function pathsOf(step: Step, op: Op): string[] {
  const detailed = Object.keys(step.detailedDiff ?? {});
  const paths = detailed.length > 0 ? detailed : [...(step.diffs ?? [])];
  // A refresh may name no properties: they are where the outputs differ.
  if (hasOtherCode(step)) return [...paths, codeHash];
  return paths.length > 0 || op !== "update" ? paths : changedOutputs(step);
}

/** A refresh is a change only if it found one. */
function refreshOp(step: Step): Op | undefined {
  if (hasOtherCode(step)) return "update";
  if (step.op !== "refresh") return undefined;
  const named =
    (step.diffs ?? []).length + Object.keys(step.detailedDiff ?? {}).length;
  return named > 0 ? "update" : undefined;
}

/** A refresh calls a function the same whose code somebody replaced: the engine compares what the program gives. */
function hasOtherCode({ op, old, new: now }: Step): boolean {
  const [was, is] = [old?.outputs?.[codeHash], now?.outputs?.[codeHash]];
  return op === "same" && !!was && !!is && was !== is;
}

const codeHash = "codeSha256";

function changedOutputs(step: Step): string[] {
  const before = step.old?.outputs;
  const after = step.new?.outputs;
  if (!before || !after) return [];
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
  );
}

/** Whom a new role trusts is no more than that there is one; whom a role trusts that was there is. */
function grantsOf(step: Step): string[] {
  const [before, after] = [step.old?.inputs, step.new?.inputs];
  if (!after) return [];
  return [
    ...newGrants(before?.["policy"], after["policy"]),
    ...(before
      ? newGrants(before["assumeRolePolicy"], after["assumeRolePolicy"])
      : []),
  ];
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
      grants: [...resource.grants],
      leftover: op === "delete" && !ops.has("delete"),
      failed,
    },
  ];
}

function foldOps(ops: ReadonlySet<Op>): ChangeOp | undefined {
  const gone = ops.has("delete") || ops.has("leftover");
  if (ops.has("replace") || (ops.has("create") && gone)) return "replace";
  if (ops.has("create")) return "create";
  // The resource itself stays, whatever else of it goes.
  if (ops.has("update") && !ops.has("delete")) return "update";
  return gone ? "delete" : undefined;
}

// One resource that was, or would be, changed, and how many there are. Pure.

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
  /** What those of them were and become that hold no secret and are short, by path. */
  readonly values: Readonly<Record<string, ShownValue>>;
  /** Those of them that force a replacement. */
  readonly replaceKeys: readonly string[];
  /** What the resource's policies allow that they did not allow before, in words. */
  readonly grants: readonly string[];
  /** An earlier replacement was cut short; only what it left behind is deleted, the resource itself stays. */
  readonly leftover: boolean;
  /** The engine tried and failed. */
  readonly failed: boolean;
}

export type Counts = Readonly<Record<ChangeOp, number>>;

/** API Gateway's snapshot of the API, from which a stage serves: every change of the API replaces it, and nothing is lost. */
export const isSnapshot = ({ type }: Pick<Change, "type">): boolean =>
  type === "aws:apigateway/deployment:Deployment";

/** `API Gateway's own snapshot` for what of the replacements is no more than that; nothing when none is. */
export function wordSnapshots(changes: readonly Change[]): string | undefined {
  const replaced = changes.filter(
    ({ op, failed }) => op === "replace" && !failed,
  );
  const count = replaced.filter(isSnapshot).length;
  if (count === 0) return undefined;
  const which = count === replaced.length ? "only" : `${count} of them`;
  return `${which} API Gateway's own snapshot`;
}

/** How many resources were changed, or would be, by operation; failed ones are not counted. */
export function countChanges(changes: readonly Change[]): Counts {
  const counts = { create: 0, update: 0, replace: 0, delete: 0 };
  for (const { op, failed } of changes) if (!failed) counts[op] += 1;
  return counts;
}
