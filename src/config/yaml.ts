// The text of ai-gate.yml: YAML to plain data, and the line and column of every key.
import {
  type ConfigPath,
  formatPath,
  type Place,
  type Report,
} from "./location.ts";
import { quoted } from "./messages.ts";
import { type Node, parseTree } from "./yaml-tree.ts";

/** Enough for 10,000 consumers, and little enough that whatever stands in it is read in a second. */
const limits = {
  characters: 2 * 1024 * 1024,
  /** Characters of a key or a value. */
  text: 4096,
  depth: 16,
  /** Of a mapping or a list. */
  entries: 1000,
  consumers: 20_000,
};

/** Counted before the file is parsed, which takes memory for each. */
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
  const positionOf = positionsIn(file, text);
  const size = textFault(text);
  if (size !== undefined) {
    report({ where: file, position: positionOf(0) }, size);
    return undefined;
  }
  const { root, fault } = parseTree(text, limits.depth);
  const faults = root ? contentFaults(root) : [withHint(fault, text)];
  for (const { offset, message, path } of faults)
    report(
      {
        where: formatPath(path ?? []) || file,
        position: positionOf(offset),
      },
      message,
    );
  if (root === undefined || faults.length > 0) return undefined;
  // Of thousands of places few are in a problem: they are looked up when they are read.
  const placeOf = (path: ConfigPath, part: "key" | "value"): Place => ({
    get where() {
      return formatPath(path);
    },
    get position() {
      return positionOf(offsetsAt(root, path)[part]);
    },
  });
  return {
    data: dataOf(root) as Record<string, unknown>,
    place: (path) => placeOf(path, "value"),
    keyPlace: (path) => placeOf(path, "key"),
  };
}

function positionsIn(file: string, text: string) {
  let starts: readonly number[] | undefined;
  return (offset: number) => {
    starts ??= [
      0,
      ...Array.from(text.matchAll(/\n/g), ({ index }) => index + 1),
    ];
    const line = starts.findLastIndex((start) => start <= offset);
    return { file, line: line + 1, column: offset - (starts[line] ?? 0) + 1 };
  };
}

function textFault(text: string): string | undefined {
  // For most editors and reviews such a line goes on, in a comment for one.
  if (/\r(?!\n)/.test(text))
    return "Carriage return that ends a line alone: end lines with \\n or \\r\\n";
  if (text.length > limits.characters)
    return `Too long (${text.length} characters): use at most ${limits.characters}, enough for 10,000 consumers`;
  for (const { what, pattern, limit } of counted) {
    const count = text.match(pattern)?.length ?? 0;
    if (count > limit)
      return `Too many ${what} (about ${count}): use at most ${limit}, enough for 10,000 consumers`;
  }
  return undefined;
}

interface Fault {
  /** Undefined for the file as a whole. */
  readonly path?: ConfigPath;
  readonly offset: number;
  readonly message: string;
}

/** What plain data cannot represent, since it would be lost or changed on the way; in the order of the file. */
function contentFaults(root: Node): Fault[] {
  const { kind, offset } = root;
  if (kind === "scalar" && root.value === null) {
    const message =
      "Empty file: add at least one key, or remove the file and use the inputs";
    return [{ offset, message }];
  }
  const faults: Fault[] = [];
  collectFaults(root, [], faults);
  faults.sort((a, b) => a.offset - b.offset);
  if (kind !== "mapping")
    faults.unshift({
      offset,
      message:
        "No keys at the top of the file: write `routes:`, `upstreams:` and so on, not a list or a single value",
    });
  return faults.filter(
    ({ offset: one }, index) => one !== faults[index - 1]?.offset,
  );
}

function collectFaults(node: Node, path: ConfigPath, faults: Fault[]): void {
  const message = nodeFault(node, path);
  if (message !== undefined) {
    faults.push({ path, offset: node.offset, message });
  } else if (node.kind === "list") {
    for (const [index, item] of node.items.entries())
      collectFaults(item, [...path, index], faults);
  } else if (node.kind === "mapping") {
    const names = new Set<string>();
    for (const { key, value } of node.pairs) {
      const name = nameOf(key);
      const below = [...path, (name ?? "").slice(0, longestKeyShown)];
      const fault = key.unsupported ?? keyFault(name, names);
      if (fault !== undefined)
        faults.push({ path: below, offset: key.offset, message: fault });
      if (name !== undefined) names.add(name);
      collectFaults(value, below, faults);
    }
  }
}

const longestKeyShown = 80;

function nodeFault(node: Node, path: ConfigPath): string | undefined {
  if (node.unsupported !== undefined) return node.unsupported;
  if (path.length > limits.depth)
    return `Nested too deep (${path.length} levels): remove it`;
  if (node.kind !== "scalar") {
    const isConsumers = path.length === 1 && path[0] === "consumers";
    const limit = isConsumers ? limits.consumers : limits.entries;
    const { length } = node.kind === "list" ? node.items : node.pairs;
    return length > limit
      ? `Too many entries (${length}): use at most ${limit}`
      : undefined;
  }
  const { text, value } = node;
  if (text.length > limits.text)
    return `Too long (${text.length} characters): use at most ${limits.text}`;
  return typeof value === "number" && !isExact(value, text)
    ? `Number ${quoted(text)} has more digits than can be compared exactly: put it in quotes if it is text`
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
function nameOf(key: Node): string | undefined {
  if (key.kind !== "scalar") return undefined;
  const { text, value } = key;
  if (typeof value === "string") return value;
  const isPlain = typeof value === "number" || typeof value === "boolean";
  return isPlain && String(value) === text ? text : undefined;
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
function withHint({ offset, message }: Fault, text: string): Fault {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  // A stretch of it: on a line of a million braces the pattern would run for ever.
  const near = text.slice(Math.max(start, offset - 200), offset + 200);
  const line = near.split("\n", 1)[0] ?? "";
  const hint = /\{.*:\s*\/[^\s"']*\{/.test(line)
    ? '; put a path with braces in quotes: "/openai/{proxy+}"'
    : "";
  return { offset, message: `${message}${hint}` };
}

function dataOf(node: Node): unknown {
  switch (node.kind) {
    case "scalar":
      return node.value;
    case "list":
      return node.items.map(dataOf);
    case "mapping":
      return Object.fromEntries(
        node.pairs.map(({ key, value }) => [nameOf(key), dataOf(value)]),
      );
  }
}

/** Offsets of the value and of the key at a path; of the nearest parent where the path ends early. */
function offsetsAt(
  root: Node,
  path: ConfigPath,
): { key: number; value: number } {
  let node = root;
  let found = { key: root.offset, value: root.offset };
  for (const part of path) {
    const below = partOf(node, part);
    if (below === undefined) return found;
    const { key = below.value, value } = below;
    const empty = value.kind === "scalar" && value.value === null;
    found = { key: key.offset, value: (empty ? key : value).offset };
    node = value;
  }
  return found;
}

function partOf(
  node: Node,
  part: string | number,
): { readonly key?: Node; readonly value: Node } | undefined {
  if (node.kind === "mapping")
    return node.pairs.find(({ key }) => nameOf(key) === String(part));
  const value = node.kind === "list" ? node.items[Number(part)] : undefined;
  return value && { value };
}
