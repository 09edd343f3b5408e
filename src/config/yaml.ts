// The text of ai-gate.yml: YAML to plain data, and the line and column of every key.
import {
  type Document,
  isAlias,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
} from "yaml";
import {
  type ConfigPath,
  formatPath,
  type Place,
  type Report,
} from "./location.ts";
import { quoted } from "./messages.ts";

/** Enough for 10,000 consumers, and little enough that whatever stands in it is read in a second or two. */
const limits = {
  characters: 2 * 1024 * 1024,
  /** Characters of a key or a value. */
  text: 4096,
  depth: 16,
  /** Of a mapping or a list. */
  entries: 1000,
  consumers: 20_000,
};

/** Counted before the file is parsed, which takes a kilobyte for each. */
const counted = [
  {
    what: "lines, keys and entries",
    pattern: /[\n,[{:]|[-?] /g,
    limit: 125_000,
  },
  {
    what: "quotes, brackets and other signs",
    pattern: /["'\\!&*#\]}]/g,
    limit: 100_000,
  },
];

/** A config file that is YAML with a mapping at its root. */
export interface ConfigSource {
  readonly data: Record<string, unknown>;
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
  const positionOf = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { file, line: Math.max(line, 1), column: Math.max(col, 1) };
  };
  const size = sizeFault(text);
  if (size !== undefined) {
    report({ where: file, position: positionOf(0) }, size);
    return undefined;
  }
  const document = parse(text, lines);
  const faults = documentFaults(document, text);
  for (const { offset, message, path } of faults)
    report(
      { where: path ? formatPath(path) : file, position: positionOf(offset) },
      message,
    );
  if (faults.length > 0) return undefined;
  // Of thousands of places few are in a problem: they are looked up when they are read.
  const placeOf = (path: ConfigPath, part: "key" | "value"): Place => ({
    get where() {
      return formatPath(path);
    },
    get position() {
      return positionOf(offsetsAt(document, path)[part]);
    },
  });
  return {
    data: document.toJS() as Record<string, unknown>,
    place: (path) => placeOf(path, "value"),
    keyPlace: (path) => placeOf(path, "key"),
  };
}

function sizeFault(text: string): string | undefined {
  if (text.length > limits.characters)
    return `Too long (${text.length} characters): use at most ${limits.characters}, enough for 10,000 consumers`;
  for (const { what, pattern, limit } of counted) {
    const count = text.match(pattern)?.length ?? 0;
    if (count > limit)
      return `Too many ${what} (about ${count}): use at most ${limit}, enough for 10,000 consumers`;
  }
  return undefined;
}

/** The parser makes an error of every mistake, and with its trace each takes more than a kilobyte. */
function parse(text: string, lineCounter: LineCounter): Document.Parsed {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return parseDocument(text, {
      lineCounter,
      // The messages would quote the file, which may hold what should not be shown.
      prettyErrors: false,
      // Else `%YAML 1.1` in the file would make `no` false and `1:30` 90.
      schema: "core",
      // The parser would compare every key with every other; `keyFault` does it once.
      uniqueKeys: false,
    });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

interface Fault {
  /** Undefined for the file as a whole. */
  readonly path?: ConfigPath;
  readonly offset: number;
  readonly message: string;
}

/** One fault an offset, in the order of the file. */
function documentFaults(document: Document.Parsed, text: string): Fault[] {
  const root = document.contents;
  // After the first error in the grammar the parser is lost, and what it says next is about its own confusion.
  const [error] = [...document.errors, ...document.warnings];
  if (error !== undefined) {
    const [offset] = error.pos;
    const message = `Invalid YAML: ${firstLetterLow(error.message)}${hint(text, offset)}`;
    return [{ offset, message }];
  }
  if (root === null || (isScalar(root) && root.value === null)) {
    const message =
      "Empty file: add at least one key, or remove the file and use the inputs";
    return [{ offset: startOf(root) ?? 0, message }];
  }
  const faults = nodeFaults(root, []).sort((a, b) => a.offset - b.offset);
  if (!isMap(root))
    faults.unshift({
      offset: startOf(root) ?? 0,
      message:
        "No keys at the top of the file: write `routes:`, `upstreams:` and so on, not a list or a single value",
    });
  return faults.filter(
    ({ offset }, index) => offset !== faults[index - 1]?.offset,
  );
}

/** What plain data cannot represent: it would be lost or changed on the way. */
function nodeFaults(node: unknown, path: ConfigPath): Fault[] {
  const message = nodeFault(node, path);
  if (message !== undefined)
    return [{ path, offset: startOf(node) ?? 0, message }];
  if (isSeq(node))
    return node.items.flatMap((item, index) =>
      nodeFaults(item, [...path, index]),
    );
  if (!isMap(node)) return [];
  const names = new Set<string>();
  return node.items.flatMap(({ key, value }) => {
    const name = nameOf(key);
    const fault = keyFault(name, names);
    if (name !== undefined) names.add(name);
    const below = [...path, (name ?? "").slice(0, longestKeyShown)];
    const faults = nodeFaults(value, below);
    return fault === undefined
      ? faults
      : [{ path: below, offset: startOf(key) ?? 0, message: fault }, ...faults];
  });
}

const longestKeyShown = 80;

function nodeFault(node: unknown, path: ConfigPath): string | undefined {
  if (isAlias(node) || (isNode(node) && node.anchor !== undefined))
    return "Unsupported YAML anchor (&name) or alias (*name): write the value at each place";
  if (path.length > limits.depth)
    return `Nested too deep (${path.length} levels): remove it`;
  if (isMap(node) || isSeq(node)) {
    const isConsumers = path.length === 1 && path[0] === "consumers";
    const limit = isConsumers ? limits.consumers : limits.entries;
    return node.items.length > limit
      ? `Too many entries (${node.items.length}): use at most ${limit}`
      : undefined;
  }
  if (!isScalar(node)) return undefined;
  const { source = "", value } = node;
  if (source.length > limits.text)
    return `Too long (${source.length} characters): use at most ${limits.text}`;
  return typeof value === "number" && !isExact(value, source)
    ? `Number ${quoted(source)} has more digits than can be compared exactly: put it in quotes if it is text`
    : undefined;
}

function keyFault(
  name: string | undefined,
  others: ReadonlySet<string>,
): string | undefined {
  if (name === undefined) return "Key is not text: put it in quotes";
  if (name === "__proto__") return 'Reserved key "__proto__": remove it';
  if (name.length > limits.text)
    return `Too long (${name.length} characters): use at most ${limits.text}`;
  return others.has(name)
    ? `Duplicate key ${quoted(name)}: remove one`
    : undefined;
}

/** A key as text; undefined for one that is read as something other than what is written. */
function nameOf(key: unknown): string | undefined {
  if (!isScalar(key) || key.anchor !== undefined) return undefined;
  const { source, value } = key;
  if (typeof value === "string") return value;
  const isPlain = typeof value === "number" || typeof value === "boolean";
  return isPlain && String(value) === source ? source : undefined;
}

/** Whether a number is what is written, and no neighbour of it is the same to a computer. */
function isExact(value: number, source: string): boolean {
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return false;
  return /^0[xo]/.test(source) || digitsOf(source) === digitsOf(String(value));
}

const digitsOf = (number: string): string =>
  number
    .replace(/e.*$/i, "")
    .replaceAll(/\D/g, "")
    .replaceAll(/^0+|0+$/g, "");

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

/** Offsets of the value and of the key at a path; of the nearest parent where the path ends early. */
function offsetsAt(
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

const startOf = (node: unknown): number | undefined =>
  isNode(node) ? node.range?.[0] : undefined;

const firstLetterLow = (text: string): string =>
  text.charAt(0).toLowerCase() + text.slice(1);
