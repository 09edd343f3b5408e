// Whether a Python module has its handler, told from its lines: a whole grammar would be much code for a small question.
// What cannot be told is accepted. Pure.
import type { HandlerFault } from "./handler-fault.ts";

interface Line {
  readonly number: number;
  readonly indent: number;
  readonly text: string;
}

/** @returns what is wrong with the handler of a module, if anything. */
export function pythonHandlerFault(
  text: string,
  handler: string,
): HandlerFault | undefined {
  const lines = moduleLines(logicalLines(text));
  const names = lines.flatMap((line) =>
    bindingsOf(line.text).map((name) => ({ ...line, name })),
  );
  const last = names.findLast(({ name }) => name === handler);
  if (last !== undefined)
    return /^async\s+def\b/.test(last.text)
      ? {
          message: `has ${handler} as \`async def\`, which Lambda does not await: make it a plain \`def\``,
          line: last.number,
          column: last.indent + 1,
        }
      : undefined;
  const open = names.some(({ name }) => name === "*" || name === "__getattr__");
  return open || /\b(globals|exec|setattr)\s*\(/.test(text)
    ? undefined
    : {
        message: `has no ${handler} at its top level: define it, or correct the handler`,
      };
}

/** Lines as the grammar has them: without comments, text emptied, brackets and backslashes joined. */
function logicalLines(source: string): Line[] {
  const lines: Line[] = [];
  let held = "";
  let start = 0;
  for (const [index, raw] of emptied(source).split("\n").entries()) {
    if (held === "") start = index;
    const joined = held + raw;
    const open =
      (joined.match(/[([{]/g)?.length ?? 0) -
      (joined.match(/[)\]}]/g)?.length ?? 0);
    if (open > 0 || joined.endsWith("\\")) {
      held = `${joined.replace(/\\$/, "")} `;
      continue;
    }
    held = "";
    if (joined.trim() === "") continue;
    const indent = joined.length - joined.trimStart().length;
    lines.push({ number: start + 1, indent, text: joined.trim() });
  }
  return lines;
}

/** Text and comments blanked out, so that no bracket or word in them counts; line breaks stay. */
function emptied(source: string): string {
  return source
    .replace(/\r\n?/g, "\n")
    .replace(
      /("""|''')(?:\\[\s\S]|(?!\1)[\s\S])*\1|"(?:\\[\s\S]|[^"\\\n])*"|'(?:\\[\s\S]|[^'\\\n])*'|#[^\n]*/g,
      (text) => (text.startsWith("#") ? "" : `""${text.replace(/[^\n]/g, "")}`),
    );
}

/** Lines that run when the module is loaded: not those of functions and classes. */
function moduleLines(lines: readonly Line[]): Line[] {
  let inside: number | undefined;
  return lines.filter((line) => {
    if (inside !== undefined && line.indent > inside) return false;
    inside = /^(async\s+def|def|class)\b/.test(line.text)
      ? line.indent
      : undefined;
    return true;
  });
}

/** A block that starts and ends on one line: `if …: …`. */
const blockStart =
  /^(?:if|elif|else|try|except|finally|with|for)\b.*?:\s*(?=\S)/;

/** Names that a line binds; `*` for what it imports unseen. */
function bindingsOf(line: string): string[] {
  return line
    .replace(blockStart, "")
    .split(";")
    .flatMap((statement) => boundBy(statement.trim()));
}

function boundBy(statement: string): string[] {
  const [, defined] =
    /^(?:async\s+)?(?:def|class)\s+([A-Za-z_]\w*)/.exec(statement) ?? [];
  if (defined !== undefined) return [defined];
  const [, imported] =
    /^(?:from\s+\S+\s+)?import\s+(.*)$/.exec(statement) ?? [];
  return imported === undefined
    ? assignedIn(statement)
    : imported
        .replace(/[()]/g, " ")
        .split(",")
        .map(
          (one) =>
            one
              .trim()
              .split(/\s+as\s+/)
              .at(-1)
              ?.trim() ?? "",
        );
}

/** Targets of `a = b = …`, `a: T = …` and `a, b = …`. */
function assignedIn(statement: string): string[] {
  return statement
    .split(/(?<![=!<>:+\-*/%&|^@])=(?!=)/)
    .slice(0, -1)
    .flatMap((target) => target.replace(/:.*$/, "").split(","))
    .map((target) => target.replace(/[()[\]*\s]/g, ""));
}
