// The text of ai-gate.yml: YAML to plain data, and the line and column of every key. Pure.
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type YAMLMap,
} from "yaml";
import type { Place, Report } from "./location.ts";
import { quoted } from "./messages.ts";

/** Enough for 10,000 consumers, and little enough that whatever stands in it is read in a second or two. */
const most = {
  characters: 2 * 1024 * 1024,
  /** Lines, keys and entries, as `marks` counts them. */
  marks: 125_000,
  /** Quotes, escapes, comments, tags, anchors, aliases and closing brackets. */
  signs: 100_000,
  depth: 16,
  /** Keys of a mapping, and entries of a list. */
  entries: 1000,
  consumers: 20_000,
  /** Characters of a key or a value. */
  text: 4096,
};

/** Characters of a key in the place of a problem. */
const longestShown = 80;

/** What every line, key and entry has one of at least; counted before the parser, which takes a kilobyte for each. */
const marks = /[\n,[{:]|[-?] /g;
const signs = /["'\\!&*#\]}]/g;

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
  const at = (where: string, offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    const position = {
      file,
      line: Math.max(line, 1),
      column: Math.max(col, 1),
    };
    return { where, position };
  };
  const size = sizeFault(text);
  if (size !== undefined) {
    report(at(file, 0), size);
    return undefined;
  }
  const document = parseWithoutTraces(text, lines);
  const syntax = syntaxFaults(document, text);
  const faults =
    syntax.length > 0
      ? syntax
      : [...rootFaults(document), ...nodeFaults(document.contents)];
  // One mistake often breaks several rules of YAML at one place: the first says enough.
  const first = new Map(
    faults.toReversed().map((fault) => [fault.offset, fault]),
  );
  for (const { offset, message, path } of [...first.values()].toReversed())
    report(at(path ? formatPath(path) : file, offset), message);
  if (faults.length > 0) return undefined;
  return {
    data: document.toJS() as Record<string, unknown>,
    place: (path) => at(formatPath(path), locate(document, path).value),
    keyPlace: (path) => at(formatPath(path), locate(document, path).key),
  };
}

/** The parser makes an error of every mistake, and with its trace each takes more than a kilobyte. */
function parseWithoutTraces(
  text: string,
  lineCounter: LineCounter,
): Document.Parsed {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return parseDocument(text, {
      lineCounter,
      // The messages would quote the file, which may hold what should not be shown.
      prettyErrors: false,
      // Else `%YAML 1.1` in the file would make `no` false and `1:30` 90.
      schema: "core",
      // The parser would compare every key with every other; `keyFaults` does it once.
      uniqueKeys: false,
    });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
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
  /** Where it is known; else it is of the file. */
  readonly path?: ConfigPath;
  readonly offset: number;
  readonly message: string;
}

function sizeFault(text: string): string | undefined {
  if (text.length > most.characters)
    return `Too long (${text.length} characters): use at most ${most.characters}, enough for 10,000 consumers`;
  for (const [pattern, highest, what] of [
    [marks, most.marks, "lines, keys and entries"],
    [signs, most.signs, "quotes, brackets and other signs"],
  ] as const) {
    const count = text.match(pattern)?.length ?? 0;
    if (count > highest)
      return `Too many ${what} (about ${count}): use at most ${highest}, enough for 10,000 consumers`;
  }
  return undefined;
}

/** After the first error in the grammar the parser is lost, and what it says next is about its own confusion. */
function syntaxFaults(document: Document.Parsed, text: string): Fault[] {
  const [error] = [...document.errors, ...document.warnings];
  if (error === undefined) return [];
  const [offset] = error.pos;
  const message = `Invalid YAML: ${firstLetterLow(error.message)}${hint(text, offset)}`;
  return [{ offset, message }];
}

interface Nested {
  readonly node: unknown;
  readonly path: ConfigPath;
}

/** What plain data cannot represent: it would be lost or changed on the way, so it is a problem instead. */
function nodeFaults(root: unknown): Fault[] {
  const faults: Fault[] = [];
  const open: Nested[] = [{ node: root, path: [] }];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { node, path } = next;
    const offset = startOf(node) ?? 0;
    const message = nodeFault(node, path);
    if (message !== undefined) faults.push({ path, offset, message });
    else if (isMap(node)) {
      faults.push(...keyFaults(node, path));
      for (const { key, value } of node.items)
        open.push({ node: value, path: [...path, nameOf(key) ?? ""] });
    } else if (isSeq(node))
      for (const [index, item] of node.items.entries())
        open.push({ node: item, path: [...path, index] });
  }
  return faults.sort((a, b) => a.offset - b.offset);
}

function nodeFault(node: unknown, path: ConfigPath): string | undefined {
  if (isAlias(node) || (isNode(node) && node.anchor !== undefined))
    return "Unsupported YAML anchor (&name) or alias (*name): write the value at each place";
  if (path.length > most.depth)
    return `Nested too deep (${path.length} levels): remove it`;
  if (isMap(node) || isSeq(node)) {
    const limit = path.join() === "consumers" ? most.consumers : most.entries;
    return node.items.length > limit
      ? `Too many entries (${node.items.length}): use at most ${limit}`
      : undefined;
  }
  if (!isScalar(node)) return undefined;
  const { source = "", value } = node;
  if (source.length > most.text)
    return `Too long (${source.length} characters): use at most ${most.text}`;
  return typeof value === "number" && !isExact(value, source)
    ? `Number ${quoted(source)} has more digits than can be compared exactly: put it in quotes if it is text`
    : undefined;
}

/** Whether a number is what is written, and no neighbour of it is the same to a computer. */
function isExact(value: number, source: string): boolean {
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return false;
  return /^0[xo]/.test(source) || digitsOf(source) === digitsOf(String(value));
}

function digitsOf(number: string): string {
  return number
    .replace(/e.*$/i, "")
    .replaceAll(/\D/g, "")
    .replace(/^0+/, "")
    .replace(/0+$/, "");
}

function keyFaults({ items }: YAMLMap, path: ConfigPath): Fault[] {
  const names = new Set<string>();
  return items.flatMap(({ key }) => {
    const name = nameOf(key);
    const message =
      name === undefined
        ? "Key is not text: put it in quotes"
        : name === "__proto__"
          ? 'Reserved key "__proto__": remove it'
          : name.length > most.text
            ? `Too long (${name.length} characters): use at most ${most.text}`
            : names.has(name)
              ? `Duplicate key ${quoted(name)}: remove one`
              : undefined;
    if (name !== undefined) names.add(name);
    const own = [...path, (name ?? "").slice(0, longestShown)];
    return message === undefined
      ? []
      : [{ path: own, offset: startOf(key) ?? 0, message }];
  });
}

/** A key as text; undefined for one that is read as something other than what is written. */
function nameOf(key: unknown): string | undefined {
  if (!isScalar(key) || key.anchor !== undefined) return undefined;
  const { source, value } = key;
  if (typeof value === "string") return value;
  const isPlain = typeof value === "number" || typeof value === "boolean";
  return isPlain && String(value) === source ? source : undefined;
}

/** Inside `{ … }` YAML takes a bare brace for the start of another mapping, so `{ path: /a/{proxy+} }` does not parse. */
function hint(text: string, offset: number): string {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  // A stretch of it: on a line of a million braces the pattern would run for ever.
  const near = text.slice(Math.max(start, offset - 200), offset + 200);
  const line = near.split("\n", 1)[0] ?? "";
  return /\{.*:\s*\/[^\s"']*\{/.test(line)
    ? '; put a path with braces in quotes: "/openai/{proxy+}"'
    : "";
}

function rootFaults(document: Document.Parsed): Fault[] {
  const root = document.contents;
  if (isMap(root)) return [];
  const empty = root === null || (isScalar(root) && root.value === null);
  const message = empty
    ? "Empty file: add at least one key, or remove the file and use the inputs"
    : "No keys at the top of the file: write `routes:`, `upstreams:` and so on, not a list or a single value";
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
