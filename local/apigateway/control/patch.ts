// PATCH as API Gateway does it: JSON-Patch operations with string values, checked against one table of rules a resource.

import {
  badRequest,
  constraint,
  oneOf,
  type ServiceError,
  validation,
} from "./errors.ts";
import { isObject, type Json, list, text } from "./input.ts";

export interface Patch {
  readonly op: string;
  readonly path: string;
  readonly value: string | undefined;
  readonly from: string | undefined;
  /** The rule's captured path segments, JSON-Pointer escapes resolved. */
  readonly parts: readonly string[];
}

export interface PatchRule<Target> {
  readonly path: RegExp;
  readonly ops: readonly string[];
  readonly apply: (target: Target, patch: Patch) => void;
}

interface PatchSpec<Target> {
  /** As AWS names the input in validation errors: `updateStage`. */
  readonly operation: string;
  readonly rules: readonly PatchRule<Target>[];
  /** The error for a path no rule knows, or (with the rule) for an operation the path does not take. */
  readonly refuse: (patch: Patch, rule?: PatchRule<Target>) => ServiceError;
}

const operations = ["add", "remove", "move", "test", "replace", "copy"];

/**
 * Applies the body's patch operations in order to a deep copy, so that a refused one changes nothing.
 * @returns the changed copy
 */
export function patched<Target extends object>(
  target: Target,
  body: Json,
  spec: PatchSpec<Target>,
): Target {
  const copy = structuredClone(target);
  for (const patch of readPatches(body, spec.operation)) {
    const known = spec.rules.filter((rule) => rule.path.test(patch.path));
    const rule = known.find(({ ops }) => ops.includes(patch.op));
    if (!rule) throw spec.refuse(patch, known[0]);
    const groups = rule.path.exec(patch.path)?.slice(1) ?? [];
    const parts = groups.map((part: string | undefined) =>
      unescapePointer(part ?? ""),
    );
    rule.apply(copy, { ...patch, parts });
  }
  return copy;
}

function readPatches(body: Json, operation: string): Patch[] {
  const items = list(body, "patchOperations") ?? [];
  const read = items.map((item) => {
    const source = isObject(item) ? item : {};
    return {
      op: text(source, "op") ?? "null",
      path: text(source, "path") ?? "null",
      value: text(source, "value"),
      from: text(source, "from"),
      parts: [],
    };
  });
  const broken = read.flatMap(({ op }, index) =>
    operations.includes(op)
      ? []
      : constraint(
          op,
          `${operation}Input.patchOperations.${index + 1}.member.op`,
          oneOf(operations),
        ),
  );
  if (broken.length > 0) throw validation(broken);
  return read;
}

function unescapePointer(part: string): string {
  return part.replaceAll("~1", "/").replaceAll("~0", "~");
}

/** AWS takes every text but "true" for false. */
export const toFlag = (patch: Patch): boolean =>
  patch.value?.toLowerCase() === "true";

/** @throws ServiceError when the value is no number (the text is ours) */
export function toAmount(patch: Patch): number {
  const value = Number(patch.value);
  if (
    patch.value === undefined ||
    patch.value.trim() === "" ||
    Number.isNaN(value)
  )
    throw badRequest(`Invalid value specified for ${patch.path}`);
  return value;
}

/** "Invalid patch path  '/x' specified for op 'replace'." with what would be allowed; the two blanks are AWS's. */
export function invalidPath(
  allowed: readonly string[],
): PatchSpec<never>["refuse"] {
  return ({ path, op }, rule) =>
    badRequest(
      `Invalid patch path  '${path}' specified for op '${op}'. ` +
        (rule
          ? "Please choose supported operations"
          : `Must be one of: [${allowed.join(", ")}]`),
    );
}

/** A rule for a plain text member; `remove`, where allowed, takes the key away. */
export function textRule<Target extends object>(
  name: keyof Target & string,
  ops: readonly string[] = ["replace"],
): PatchRule<Target> {
  return {
    path: new RegExp(`^/${name}$`),
    ops,
    apply: (target, { op, value }) => {
      if (op === "remove" || value === undefined)
        Reflect.deleteProperty(target, name);
      else Reflect.set(target, name, value);
    },
  };
}
