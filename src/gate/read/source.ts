// The text of ai-gate.yml: YAML to plain data, and the line and column of every key. Pure.
import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
} from "yaml";
import type { Place, Report } from "./place.ts";

export type ConfigPath = readonly (string | number)[];

/** A config file that is YAML with a mapping at its root. */
export interface ConfigSource {
  readonly data: Readonly<Record<string, unknown>>;
  /** The place of a value; where there is none, of the nearest parent that is there. */
  readonly place: (path: ConfigPath) => Place;
  /** The place of a key rather than of its value: for keys that should not be there. */
  readonly keyPlace: (path: ConfigPath) => Place;
}

/**
 * Reads the text; reports every YAML error.
 * @returns undefined when anything was reported.
 */
export function readSource(
  file: string,
  text: string,
  report: Report,
): ConfigSource | undefined {
  const lines = new LineCounter();
  // Without `prettyErrors` messages do not quote the file, which may hold what should not be shown.
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
  });
  const at = (where: string, offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    const position = {
      file,
      line: Math.max(line, 1),
      column: Math.max(col, 1),
    };
    return { where, position };
  };
  const faults = [...syntaxFaults(document, text), ...rootFaults(document)];
  // One mistake often breaks several rules of YAML at one place: the first says enough.
  const first = new Map(
    faults.toReversed().map((fault) => [fault.offset, fault]),
  );
  for (const { offset, message } of [...first.values()].toReversed())
    report(at(file, offset), message);
  if (faults.length > 0) return undefined;
  return {
    data: document.toJS() as Record<string, unknown>,
    place: (path) => at(formatPath(path), locate(document, path).value),
    keyPlace: (path) => at(formatPath(path), locate(document, path).key),
  };
}

/** `routes[2].path`. */
export function formatPath(path: ConfigPath): string {
  return path
    .map((part, index) =>
      typeof part === "number" ? `[${part}]` : index === 0 ? part : `.${part}`,
    )
    .join("");
}

interface Fault {
  readonly offset: number;
  readonly message: string;
}

function syntaxFaults(document: Document.Parsed, text: string): Fault[] {
  const errors = [...document.errors, ...document.warnings];
  // After the first error in the grammar the parser is lost, and what it says next is about its own confusion.
  const lost = errors.find(({ code }) => code !== "DUPLICATE_KEY");
  const told = errors.filter(
    (error) => error === lost || error.code === "DUPLICATE_KEY",
  );
  const faults = told.map((error) => ({
    offset: error.pos[0],
    message: `the file is not valid YAML: ${firstLetterLow(error.message)}${hint(text, error.pos[0])}`,
  }));
  visit(document, {
    Node(_key, node) {
      if (node.anchor === undefined) return;
      faults.push({
        offset: node.range?.[0] ?? 0,
        message:
          "anchors (&name) and aliases (*name) are not supported: write the value out at each place",
      });
    },
  });
  return faults;
}

/** Inside `{ … }` YAML takes a bare brace for the start of another mapping, so `{ path: /a/{proxy+} }` does not parse. */
function hint(text: string, offset: number): string {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  const line = text.slice(start).split("\n", 1)[0] ?? "";
  return /\{.*:\s*\/[^\s"']*\{/.test(line)
    ? '; put a path with braces in quotes: "/openai/{proxy+}"'
    : "";
}

function rootFaults(document: Document.Parsed): Fault[] {
  const root = document.contents;
  if (document.errors.length > 0 || isMap(root)) return [];
  const empty = root === null || (isScalar(root) && root.value === null);
  const message = empty
    ? "the file is empty: give at least one key, or remove the file and use the inputs"
    : "the file must hold keys at its top (`routes:`, `upstreams:`, …), not a list or a single value";
  return [{ offset: root?.range[0] ?? 0, message }];
}

/** Offsets of the value and of the key at a path; of the nearest parent where the path ends early. */
function locate(
  document: Document.Parsed,
  path: ConfigPath,
): { key: number; value: number } {
  let node: unknown = document.contents;
  let found = { key: startOf(node) ?? 0, value: startOf(node) ?? 0 };
  for (const part of path) {
    const pair = isMap(node)
      ? node.items.find(
          ({ key }) => isScalar(key) && String(key.value) === String(part),
        )
      : undefined;
    node = pair?.value ?? (isSeq(node) ? node.items[Number(part)] : undefined);
    const key = startOf(pair?.key) ?? startOf(node);
    if (key === undefined) return found;
    const empty = isScalar(node) && node.value === null;
    found = { key, value: empty ? key : (startOf(node) ?? key) };
  }
  return found;
}

function startOf(node: unknown): number | undefined {
  return isNode(node) ? node.range?.[0] : undefined;
}

function firstLetterLow(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
