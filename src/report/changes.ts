// Engine events become changes: one per resource, the engine's internal steps folded, names of properties but never values. Pure.

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

interface State {
  readonly outputs?: Readonly<Record<string, unknown>> | null;
}

export type ChangeOp = "create" | "update" | "replace" | "delete";

/** One resource that was, or would be, changed. */
export interface Change {
  readonly op: ChangeOp;
  /** The resource type: `aws:apigateway/restApi:RestApi`. */
  readonly type: string;
  readonly name: string;
  /** Paths of the properties that differ; never their values. */
  readonly diffs: readonly string[];
  /** Those of them that force a replacement. */
  readonly replaceKeys: readonly string[];
  /** The engine tried and failed. */
  readonly failed: boolean;
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

/** Reads the events of one operation, in the order they came. */
export function readEvents(events: readonly ReportedEvent[]): EngineReport {
  const resources = new Map<string, Resource>();
  for (const event of events) {
    const failed = event.resOpFailedEvent?.metadata;
    const step =
      event.resourcePreEvent?.metadata ?? event.resOutputsEvent?.metadata;
    const known = failed ?? step;
    if (!known || isEngineOwn(known.type)) continue;
    const resource = resources.get(known.urn) ?? newResource(known);
    resources.set(known.urn, resource);
    addStep(resource, known);
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

export type Counts = Readonly<Record<ChangeOp, number>>;

/** How many resources were changed, or would be, by operation; failed ones are not counted. */
export function countChanges(changes: readonly Change[]): Counts {
  const counts = { create: 0, update: 0, replace: 0, delete: 0 };
  for (const { op, failed } of changes) if (!failed) counts[op] += 1;
  return counts;
}

interface Resource {
  readonly urn: string;
  readonly type: string;
  readonly ops: Set<ChangeOp>;
  readonly diffs: Set<string>;
  readonly replaceKeys: Set<string>;
  failed: boolean;
}

const newResource = ({ urn, type }: Step): Resource => ({
  urn,
  type,
  ops: new Set(),
  diffs: new Set(),
  replaceKeys: new Set(),
  failed: false,
});

/** The stack itself and the providers are resources to the engine, but nothing that a user has. */
const isEngineOwn = (type: string): boolean =>
  type === "pulumi:pulumi:Stack" || type.startsWith("pulumi:providers:");

/** What each of the engine's steps comes to; steps that are not here (same, read, refresh, discard) change nothing. */
const foldedOps: Readonly<Record<string, ChangeOp>> = {
  create: "create",
  import: "create",
  update: "update",
  delete: "delete",
  "delete-replaced": "delete",
  "remove-pending-replace": "delete",
  replace: "replace",
  "create-replacement": "replace",
  "import-replacement": "replace",
};

function addStep(resource: Resource, step: Step): void {
  const op = foldedOps[step.op] ?? refreshOp(step);
  if (!op) return;
  resource.ops.add(op);
  const detailed = Object.entries(step.detailedDiff ?? {});
  const paths = detailed.length
    ? detailed.map(([path]) => path)
    : (step.diffs ?? []);
  // A refresh names no properties: they are where the outputs differ.
  const found = paths.length || op !== "update" ? paths : changedOutputs(step);
  const forcing = detailed.filter(([, { diffKind }]) =>
    diffKind.endsWith("replace"),
  );
  for (const path of found) resource.diffs.add(path);
  for (const [path] of forcing) resource.replaceKeys.add(path);
  for (const key of step.keys ?? []) resource.replaceKeys.add(key);
}

/** A refresh is a change only if it found one. */
function refreshOp(step: Step): ChangeOp | undefined {
  if (step.op !== "refresh") return undefined;
  const named =
    (step.diffs ?? []).length + Object.keys(step.detailedDiff ?? {}).length;
  return named > 0 ? "update" : undefined;
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

function toChange(resource: Resource): Change[] {
  const op = foldOps(resource.ops);
  if (!op) return [];
  const { type, urn, failed } = resource;
  return [
    {
      op,
      type,
      // urn:pulumi:<stack>::<project>::<types>::<name>; only the name may contain the separator.
      name: urn.split("::").slice(3).join("::"),
      diffs: [...resource.diffs],
      replaceKeys: [...resource.replaceKeys],
      failed,
    },
  ];
}

function foldOps(ops: ReadonlySet<ChangeOp>): ChangeOp | undefined {
  if (ops.has("replace") || (ops.has("create") && ops.has("delete"))) {
    return "replace";
  }
  return (["create", "delete", "update"] as const).find((op) => ops.has(op));
}

/** The engine writes colours as `<{%reset%}>`. */
function readError({ diagnosticEvent }: ReportedEvent): string[] {
  if (diagnosticEvent?.severity !== "error") return [];
  const text = diagnosticEvent.message.replaceAll(/<\{%[^%]*%\}>/g, "").trim();
  return text === "" ? [] : [text];
}
