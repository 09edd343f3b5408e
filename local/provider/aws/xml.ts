import { XMLParser } from "fast-xml-parser";

/** Elements by name; several of one name are a list, and one without children is its text. */
export interface XmlElement {
  readonly [name: string]: Xml;
}
type Xml = string | readonly Xml[] | XmlElement;

const parser = new XMLParser({ parseTagValue: false, htmlEntities: true });

/** @throws Error when the text is no XML */
export function parseXml(document: string): XmlElement {
  const parsed: unknown = parser.parse(document);
  if (typeof parsed === "object" && parsed && Object.keys(parsed).length > 0)
    return parsed as XmlElement;
  throw new Error(`no XML: ${document.slice(0, 80)}`);
}

/** The first element of that name, at any depth. */
export function findChild(element: Xml, name: string): Xml | undefined {
  if (typeof element === "string") return undefined;
  for (const [key, child] of Object.entries(element)) {
    const found = key === name ? child : findChild(child, name);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The elements of a list as AWS writes it: `<Tags><member>…</member></Tags>`. */
export function members(element: Xml, name: string): readonly Xml[] {
  const list = findChild(element, name);
  const found = list === undefined ? [] : (findChild(list, "member") ?? []);
  return ([] as readonly Xml[]).concat(found);
}

/** The text of the first element of that name, at any depth; empty where there is none. */
export function childText(element: Xml, name: string): string {
  const found = findChild(element, name);
  return typeof found === "string" ? found : "";
}
