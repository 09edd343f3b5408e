// One resource that was, or would be, changed, and how many there are. Pure.
import type { ShownValue } from "./property-values.ts";

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
