// YAML text as a tree of values, each with its offset in the text.
import {
  boolCoreTag,
  type Event,
  EVENT_ID,
  floatCoreTag,
  getScalarValue,
  intCoreTag,
  NOT_RESOLVED,
  nullCoreTag,
  parseEvents,
  SCALAR_STYLE,
  type ScalarEvent,
  YAMLException,
} from "js-yaml";

interface Place {
  readonly offset: number;
  /** What of YAML is not supported here, with what to write instead. */
  readonly unsupported?: string;
}

interface Scalar extends Place {
  readonly kind: "scalar";
  /** Without quotes and escapes. */
  readonly text: string;
  readonly value: string | number | boolean | null;
}

interface List extends Place {
  readonly kind: "list";
  readonly items: readonly Node[];
}

interface Pair {
  readonly key: Node;
  readonly value: Node;
}

interface Mapping extends Place {
  readonly kind: "mapping";
  readonly pairs: readonly Pair[];
}

export type Node = Scalar | List | Mapping;

interface SyntaxFault {
  readonly offset: number;
  readonly message: string;
}

type Tree =
  | { readonly root: Node; readonly fault?: never }
  | { readonly root?: never; readonly fault: SyntaxFault };

const unsupportedAnchor =
  "Unsupported YAML anchor (&name) or alias (*name): write the value at each place";
const unsupportedTag =
  "Unsupported YAML tag (!name): remove it, or put the value in quotes if it starts with !";

/**
 * By the rules of YAML 1.2, whatever version the text names.
 * @param depth levels that are read for certain; of many more the text is refused
 */
export function parseTree(text: string, depth: number): Tree {
  const fault = directiveFault(text);
  if (fault !== undefined) return { fault };
  try {
    return treeOf(parseEvents(text, { maxDepth: 2 * depth }), text);
  } catch (error) {
    if (!(error instanceof YAMLException)) throw error;
    const { mark, reason } = error;
    return {
      fault: { offset: mark?.position ?? 0, message: describe(reason, depth) },
    };
  }
}

function directiveFault(text: string): SyntaxFault | undefined {
  const offset = text.search(/^%(?!YAML\s)/m);
  const message =
    "Unsupported YAML directive: remove it, or put the text in quotes if it starts with %";
  return offset === -1 ? undefined : { offset, message };
}

/** The reasons about tags quote the file, which may hold what should not be shown. */
function describe(reason: string, depth: number): string {
  if (/\btag\b/i.test(reason)) return unsupportedTag;
  if (reason.startsWith("nesting"))
    return `Nested too deep: use at most ${depth} levels`;
  const fix = fixes[reason];
  return `Invalid YAML: ${reason}${fix === undefined ? "" : `: ${fix}`}`;
}

/** What to do about the parser's commonest reasons. */
const fixes: Readonly<Record<string, string>> = {
  "bad indentation of a mapping entry":
    "align the keys of a mapping, or put the value in quotes",
  "bad indentation of a sequence entry": "align the items of a list",
  "deficient indentation": "close the bracket or quote, or indent this line",
  "missed comma between flow collection entries":
    "add it, or put the value in quotes",
  "tab characters must not be used in indentation": "use spaces",
};

function treeOf(events: readonly Event[], text: string): Tree {
  const last = events.findLastIndex(({ type }) => type === EVENT_ID.DOCUMENT);
  if (last > 0) {
    const message =
      "Several YAML documents in one file: keep one, and no `---` after it";
    return { fault: { offset: text.lastIndexOf("\n---") + 1, message } };
  }
  const stream = events.values();
  const next = (): Event => stream.next().value ?? { type: EVENT_ID.POP };
  next();
  return { root: nodeFrom(next(), { next, text }, 0) };
}

interface Reading {
  readonly text: string;
  readonly next: () => Event;
}

/** @param near the offset of a value that is left out */
function nodeFrom(event: Event, reading: Reading, near: number): Node {
  const { next, text } = reading;
  const unsupported = unsupportedOf(event);
  const offset = offsetOf(event, text) ?? near;
  const place = { offset, ...(unsupported && { unsupported }) };
  if (event.type === EVENT_ID.SEQUENCE) {
    const items: Node[] = [];
    for (let one = next(); one.type !== EVENT_ID.POP; one = next())
      items.push(nodeFrom(one, reading, items.at(-1)?.offset ?? offset));
    return { ...place, kind: "list", items };
  }
  if (event.type === EVENT_ID.MAPPING) {
    const pairs: Pair[] = [];
    for (let one = next(); one.type !== EVENT_ID.POP; one = next()) {
      const key = nodeFrom(one, reading, offset);
      pairs.push({ key, value: nodeFrom(next(), reading, key.offset) });
    }
    return { ...place, kind: "mapping", pairs };
  }
  return event.type === EVENT_ID.SCALAR
    ? { ...place, kind: "scalar", ...scalarFrom(event, text) }
    : { ...place, kind: "scalar", text: "", value: null };
}

function unsupportedOf(event: Event): string | undefined {
  if ("anchorStart" in event && event.anchorStart >= 0)
    return unsupportedAnchor;
  return "tagStart" in event && event.tagStart >= 0
    ? unsupportedTag
    : undefined;
}

/** Where the value starts, with its quote, its tag or its anchor; undefined for one that is left out. */
function offsetOf(event: Event, text: string): number | undefined {
  if ("tagStart" in event && event.tagStart >= 0) return event.tagStart;
  if ("anchorStart" in event && event.anchorStart >= 0)
    return event.anchorStart - 1;
  if ("start" in event) return event.start;
  return event.type === EVENT_ID.SCALAR && event.valueStart >= 0
    ? scalarOffset(event, text)
    : undefined;
}

function scalarOffset(
  { style, valueStart }: ScalarEvent,
  text: string,
): number {
  switch (style) {
    case SCALAR_STYLE.PLAIN:
      return valueStart;
    case SCALAR_STYLE.SINGLE_QUOTED:
    case SCALAR_STYLE.DOUBLE_QUOTED:
      return valueStart - 1;
    case SCALAR_STYLE.LITERAL_BLOCK:
      return text.lastIndexOf("|", valueStart - 1);
    case SCALAR_STYLE.FOLDED_BLOCK:
      return text.lastIndexOf(">", valueStart - 1);
  }
}

const plainForms = [nullCoreTag, boolCoreTag, intCoreTag, floatCoreTag];

function scalarFrom(
  event: ScalarEvent,
  input: string,
): Pick<Scalar, "text" | "value"> {
  const text = getScalarValue(input, event);
  if (event.style !== SCALAR_STYLE.PLAIN) return { text, value: text };
  for (const { resolve, tagName } of plainForms) {
    const value = resolve(text, false, tagName);
    if (value !== NOT_RESOLVED) return { text, value };
  }
  const isHuge = /\d/.test(text) && Math.abs(Number(text)) === Infinity;
  return { text, value: isHuge ? Infinity : text };
}
