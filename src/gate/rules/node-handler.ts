// Whether a Node file exports its handler, told from its syntax tree. What cannot be told (a re-export of another module,
// something computed) is accepted: a wrong refusal would be worse than Lambda's own error at the first call. Pure.
import { type Node, parse, type Program } from "acorn";
import type { HandlerFault } from "./handler-fault.ts";
import { type Export, findExport } from "./node-exports.ts";

interface NodeFile {
  readonly path: string;
  readonly text: string;
  /** Whether a package.json makes `.js` files ES modules. */
  readonly moduleType: boolean;
}

/** @returns what is wrong with the handler of a file, if anything. */
export function nodeHandlerFault(
  file: NodeFile,
  handler: string,
  runtime: string,
): HandlerFault | undefined {
  const tree = parseFile(file);
  if ("message" in tree) return tree;
  if (tree.isModule && isCommonJs(file) && runtime === "nodejs22.x")
    return {
      message:
        'is an ES module, which Lambda\'s nodejs22.x takes for CommonJS: rename it to .mjs, or add a package.json with "type": "module" beside it',
    };
  const found = findExport(tree.program, handler);
  if (found.kind === "absent")
    return {
      message: `does not export ${handler}: export it, or correct the handler`,
    };
  return found.kind === "found" && runtime === "nodejs24.x"
    ? callbackFault(found, handler)
    : undefined;
}

/** The Node 24 runtime refuses handlers that take a callback (Function.length of 3 or more). */
function callbackFault(
  { parameters, node }: Extract<Export, { kind: "found" }>,
  handler: string,
): HandlerFault | undefined {
  if (parameters === undefined || parameters < 3) return undefined;
  return {
    message: `has ${handler} with ${parameters} parameters, the third of which is a callback, and Lambda's nodejs24.x calls none: make it \`async (event, context) => …\` that returns its answer, or set the runtime to nodejs22.x`,
    ...positionOf(node),
  };
}

function isCommonJs({ path, moduleType }: NodeFile): boolean {
  return path.endsWith(".cjs") || (path.endsWith(".js") && !moduleType);
}

/** A `.js` file of no stated kind is tried as both: Node 24 tells ES modules by their syntax. */
function parseFile(
  file: NodeFile,
): { program: Program; isModule: boolean } | HandlerFault {
  const kinds = file.path.endsWith(".cjs")
    ? [false]
    : isCommonJs(file)
      ? [false, true]
      : [true];
  let fault: HandlerFault | undefined;
  for (const isModule of kinds)
    try {
      const program = parse(file.text, {
        ecmaVersion: "latest",
        sourceType: isModule ? "module" : "script",
        allowReturnOutsideFunction: !isModule,
        locations: true,
      });
      return { program, isModule };
    } catch (error) {
      fault = furthest(fault, syntaxFault(error));
    }
  return fault ?? { message: "cannot be read" };
}

/** Of two readings the one that got further understood the file better. */
function furthest(one: HandlerFault | undefined, other: HandlerFault) {
  return one !== undefined && (one.line ?? 0) >= (other.line ?? 0)
    ? one
    : other;
}

/** Acorn's messages name what was unexpected and quote at most a name of the file. */
function syntaxFault(error: unknown): HandlerFault {
  const { message, loc } = error as SyntaxError & {
    loc?: { line: number; column: number };
  };
  const reason = message.replace(/ \(\d+:\d+\)$/, "");
  return {
    message: `is no valid JavaScript: ${reason.charAt(0).toLowerCase()}${reason.slice(1)}`,
    ...(loc && { line: loc.line, column: loc.column + 1 }),
  };
}

function positionOf({ loc }: Node): { line?: number; column?: number } {
  return loc ? { line: loc.start.line, column: loc.start.column + 1 } : {};
}
