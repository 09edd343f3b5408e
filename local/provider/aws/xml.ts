// Just enough XML for the answers of IAM and STS: elements and texts, no attributes, no namespaces.

export interface XmlElement {
  readonly name: string;
  readonly text: string;
  readonly children: readonly XmlElement[];
}

const ENTITIES: Readonly<Record<string, string>> = {
  amp: "&",
  lt: "<",
  gt: ">",
  quot: '"',
  apos: "'",
};

function unescape(text: string): string {
  return text.replace(
    /&(?:#(\d+)|#x([0-9a-f]+)|(\w+));/gi,
    (whole: string, ...groups: unknown[]) => {
      const [decimal, hex, name] = groups as (string | undefined)[];
      if (decimal !== undefined) return String.fromCodePoint(Number(decimal));
      if (hex !== undefined)
        return String.fromCodePoint(Number.parseInt(hex, 16));
      return ENTITIES[name ?? ""] ?? whole;
    },
  );
}

interface Open {
  readonly name: string;
  text: string;
  readonly children: XmlElement[];
}

/** The root element of a document. Throws when the text is no XML. */
export function parseXml(document: string): XmlElement {
  const stack: Open[] = [{ name: "", text: "", children: [] }];
  for (const match of document.matchAll(
    /<([?!/]?)([\w:.-]*)[^>]*?(\/?)>([^<]*)/g,
  )) {
    const [, kind, name = "", selfClosing, text = ""] = match;
    if (kind === "?" || kind === "!") continue;
    if (kind === "/") close(stack);
    else stack.push({ name, text: "", children: [] });
    if (kind === "" && selfClosing === "/") close(stack);
    const current = stack.at(-1);
    if (current) current.text += text;
  }
  const root = stack[0]?.children[0];
  if (!root || stack.length !== 1)
    throw new Error(`no XML: ${document.slice(0, 80)}`);
  return root;
}

function close(stack: Open[]): void {
  const done = stack.pop();
  const parent = stack.at(-1);
  if (!done || !parent)
    throw new Error("no XML: an element is closed that was not opened");
  parent.children.push({
    name: done.name,
    text: unescape(done.text.trim()),
    children: done.children,
  });
}

/** The first element of that name, at any depth. */
export function findChild(
  element: XmlElement,
  name: string,
): XmlElement | undefined {
  for (const child of element.children) {
    const found = child.name === name ? child : findChild(child, name);
    if (found) return found;
  }
  return undefined;
}

/** The text of the first element of that name, at any depth; empty where there is none. */
export function childText(element: XmlElement, name: string): string {
  return findChild(element, name)?.text ?? "";
}
