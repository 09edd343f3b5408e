// Finds what a JavaScript file exports under a name, in ES modules and in CommonJS as people and bundlers write it. Pure.
import type {
  AnyNode,
  ExportNamedDeclaration,
  Expression,
  Node,
  Pattern,
  Program,
} from "acorn";
import { isFunction, nodesIn } from "./node-tree.ts";

/** `unknown` when the file exports more than its own text tells. */
export type Export =
  | { readonly kind: "absent" }
  | { readonly kind: "unknown" }
  | {
      readonly kind: "found";
      readonly node: Node;
      /** As Function.length counts them; undefined when the value is no function in sight. */
      readonly parameters: number | undefined;
    };

interface Search {
  readonly name: string;
  /** What the file's own names stand for. */
  readonly functions: ReadonlyMap<string, AnyNode>;
}

const absent: Export = { kind: "absent" };
const unknown: Export = { kind: "unknown" };

export function findExport(program: Program, name: string): Export {
  const outer = nodesIn(program, true);
  const own = lastOf(outer, { name, functions: functionsIn(program, outer) });
  if (own.kind !== "absent") return own;
  // A wrapper around the whole file, or a module inside a bundle, which may not be the one that counts.
  const search = { name, functions: new Map<string, AnyNode>() };
  return lastOf(nodesIn(program, false), search).kind === "absent"
    ? absent
    : unknown;
}

/** What is written last counts: bundlers first set everything to `void 0`. */
function lastOf(nodes: readonly AnyNode[], search: Search): Export {
  const found = nodes.map((node) => exportAt(node, search));
  return (
    found.findLast(({ kind }) => kind === "found") ??
    found.find(({ kind }) => kind === "unknown") ??
    absent
  );
}

function exportAt(node: AnyNode, search: Search): Export {
  switch (node.type) {
    case "ExportAllDeclaration":
      return node.exported == null
        ? unknown
        : named(node.exported, search, node);
    case "ExportNamedDeclaration":
      return namedExport(node, search);
    case "ExportDefaultDeclaration":
      return search.name === "default"
        ? valueOf(node.declaration, search)
        : absent;
    case "VariableDeclarator":
      return node.init != null && isExports(node.init) ? unknown : absent;
    case "AssignmentExpression":
      return assigned(node.left, node.right, search);
    case "CallExpression":
      return called(node.arguments, search);
    default:
      return absent;
  }
}

function namedExport(
  { declaration, specifiers, source }: ExportNamedDeclaration,
  search: Search,
): Export {
  if (declaration?.type === "VariableDeclaration")
    return (
      declaration.declarations
        .map(({ id, init }) => variable(id, init, search))
        .find(({ kind }) => kind === "found") ?? absent
    );
  if (declaration != null)
    return declaration.id.name === search.name
      ? valueOf(declaration, search)
      : absent;
  const specifier = specifiers.find(
    ({ exported }) => nameOf(exported) === search.name,
  );
  if (specifier === undefined) return absent;
  return source == null
    ? valueOf(specifier.local, search)
    : { kind: "found", node: specifier, parameters: undefined };
}

function variable(
  id: Pattern,
  init: Expression | null | undefined,
  search: Search,
): Export {
  // `export const { handler } = …` may hold it.
  if (id.type !== "Identifier")
    return { kind: "found", node: id, parameters: undefined };
  return id.name === search.name ? valueOf(init ?? id, search) : absent;
}

function named(exported: AnyNode, { name }: Search, node: Node): Export {
  return nameOf(exported) === name
    ? { kind: "found", node, parameters: undefined }
    : absent;
}

/** `exports.name = …`, `module.exports.name = …`, `module.exports = …`. */
function assigned(left: Node, right: Expression, search: Search): Export {
  const target = left as AnyNode;
  // Under another name they can be given anything.
  if (isExports(right)) return unknown;
  if (target.type !== "MemberExpression") return absent;
  if (isModuleExports(target)) return wholeOf(right, search);
  const property = nameOf(target.property);
  const object = target.object as AnyNode;
  if (!isExports(object) && object.type !== "ThisExpression") return absent;
  if (target.computed && target.property.type !== "Literal") return unknown;
  if (property !== search.name || isVoid(right)) return absent;
  return valueOf(right, search);
}

/** `module.exports = { … }` tells; anything else that is assigned does not. */
function wholeOf(value: Expression, search: Search): Export {
  return value.type === "ObjectExpression"
    ? propertyOf(value, search, unknown)
    : unknown;
}

/**
 * `Object.defineProperty(exports, "name", …)`, `Object.assign(exports, …)`, `__exportStar(…, exports)`, and the `__export(x, {
 * name: () => … })` of esbuild, whose own names are often shortened.
 */
function called(given: readonly AnyNode[], search: Search): Export {
  const exporting = given.some(isExports);
  const [, second] = given;
  if (exporting && second?.type === "Literal")
    return second.value === search.name
      ? { kind: "found", node: second, parameters: undefined }
      : absent;
  if (exporting) return unknown;
  return second?.type === "ObjectExpression"
    ? propertyOf(second, search, absent)
    : absent;
}

function propertyOf(
  object: Extract<AnyNode, { type: "ObjectExpression" }>,
  search: Search,
  ifSpread: Export,
): Export {
  for (const property of object.properties.toReversed()) {
    if (property.type === "SpreadElement") {
      if (ifSpread.kind !== "absent") return ifSpread;
      continue;
    }
    if (nameOf(property.key) !== search.name || property.computed) continue;
    const { value } = property;
    // esbuild's getters: `handler: () => handler`.
    return value.type === "ArrowFunctionExpression" &&
      value.params.length === 0 &&
      value.body.type === "Identifier"
      ? valueOf(value.body, search)
      : valueOf(value, search);
  }
  return absent;
}

/** The value with its parameters, followed through one name. */
function valueOf(value: AnyNode, { functions }: Search): Export {
  const named = value.type === "Identifier" ? functions.get(value.name) : value;
  const node = named ?? value;
  if (node.type === "AssignmentExpression")
    return valueOf(node.right, { name: "", functions });
  const parameters = isFunction(node) ? lengthOf(node.params) : undefined;
  return { kind: "found", node, parameters };
}

/** Parameters up to the first with a default or a rest. */
function lengthOf(parameters: readonly Pattern[]): number {
  const end = parameters.findIndex(
    ({ type }) => type === "AssignmentPattern" || type === "RestElement",
  );
  return end < 0 ? parameters.length : end;
}

/** By name, those that the name stands for all the time. */
function functionsIn(
  { body }: Program,
  nodes: readonly AnyNode[],
): Map<string, AnyNode> {
  const reassigned = new Set(
    nodes.flatMap((node) =>
      node.type === "AssignmentExpression" ? nameOf(node.left) : [],
    ),
  );
  const found = body.flatMap((statement): [string, AnyNode][] => {
    if (statement.type === "FunctionDeclaration")
      return [[statement.id.name, statement]];
    if (statement.type !== "VariableDeclaration") return [];
    return statement.declarations.flatMap(({ id, init }) =>
      id.type === "Identifier" && init != null ? [[id.name, init]] : [],
    );
  });
  return new Map(found.filter(([name]) => !reassigned.has(name)));
}

function isExports(node: AnyNode): boolean {
  return isNamed(node, "exports") || isModuleExports(node);
}

function isModuleExports(node: AnyNode): boolean {
  return (
    node.type === "MemberExpression" &&
    isNamed(node.object, "module") &&
    nameOf(node.property) === "exports"
  );
}

function isNamed(node: AnyNode, name: string): boolean {
  return node.type === "Identifier" && node.name === name;
}

function isVoid(node: Expression): boolean {
  return node.type === "UnaryExpression" && node.operator === "void";
}

function nameOf(node: AnyNode): string | undefined {
  if (node.type === "Identifier") return node.name;
  return node.type === "Literal" ? String(node.value) : undefined;
}
