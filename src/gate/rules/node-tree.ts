// Walks a syntax tree. Pure.
import type { AnyNode, Program } from "acorn";

/**
 * @returns every node, parents first; with `outside` none inside functions. Without recursion, since bundles nest deeply.
 */
export function nodesIn(program: Program, outside: boolean): AnyNode[] {
  const nodes: AnyNode[] = [];
  const open: unknown[] = [program];
  while (open.length > 0) {
    const next = open.pop();
    if (Array.isArray(next)) open.push(...[...(next as unknown[])].reverse());
    else if (isNode(next)) {
      nodes.push(next);
      if (!outside || !isFunction(next)) open.push(...childrenOf(next));
    }
  }
  return nodes;
}

export function isFunction(node: AnyNode) {
  return (
    node.type === "FunctionDeclaration" ||
    node.type === "FunctionExpression" ||
    node.type === "ArrowFunctionExpression"
  );
}

/** The last first, as a stack wants them. */
function childrenOf(node: AnyNode): unknown[] {
  return Object.values(node).filter(isTree).reverse();
}

function isTree(value: unknown): boolean {
  return Array.isArray(value) || isNode(value);
}

function isNode(value: unknown): value is AnyNode {
  return typeof value === "object" && value !== null && "type" in value;
}
