// Lays out the published JSON Schemas; scripts/generate.ts writes them.

/** Prettier's default line width: the file is laid out as Prettier would, whose own API is asynchronous. */
const width = 80;

/** @returns the file's text, the same for the same schema. */
export function renderSchema(schema: object): string {
  return `${layOut(schema, "", 0)}\n`;
}

/** @param lead what stands before the value on its line, without the indent; decides whether a list fits. */
function layOut(value: unknown, lead: string, depth: number): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const indent = "  ".repeat(depth + 1);
  const end = `\n${"  ".repeat(depth)}`;
  if (!Array.isArray(value)) {
    const members = Object.entries(value).map(([key, member]) => {
      const name = `${JSON.stringify(key)}: `;
      return indent + name + layOut(member, name, depth + 1);
    });
    return members.length === 0 ? "{}" : `{\n${members.join(",\n")}${end}}`;
  }
  const items = value.map((item: unknown) => layOut(item, "", depth + 1));
  const line = `[${items.join(", ")}]`;
  // A comma may follow.
  const fits = 2 * depth + lead.length + line.length < width;
  if (fits && !line.includes("\n")) return line;
  const lines = value.every((item) => typeof item === "number")
    ? fill(items, width - indent.length)
    : items.map((item, index) => item + (index < items.length - 1 ? "," : ""));
  return `[\n${lines.map((each) => indent + each).join("\n")}${end}]`;
}

/** Numbers are put side by side, as many as fit. */
function fill(items: readonly string[], room: number): string[] {
  const lines: string[] = [];
  for (const [index, item] of items.entries()) {
    const text = item + (index < items.length - 1 ? "," : "");
    const last = lines.at(-1);
    if (last === undefined || last.length + 1 + text.length > room)
      lines.push(text);
    else lines[lines.length - 1] = `${last} ${text}`;
  }
  return lines;
}
