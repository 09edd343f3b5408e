// GitHub-flavoured Markdown to HTML, and the one thing that rendering hides: table rows with cells too many or too few.

import { Marked, type Tokens } from "marked";

export interface MarkdownOptions {
  /** In comments GitHub breaks lines where the text does; in files it does not. */
  readonly breaks: boolean;
}

/** Unsanitised HTML. */
export function toHtml(markdown: string, { breaks }: MarkdownOptions): string {
  const marked = new Marked({ gfm: true, breaks });
  marked.use({ renderer: { blockquote: alertOf } });
  return marked.parse(markdown, { async: false });
}

/** Rows whose number of cells is not that of the head, which GitHub pads or cuts without a word. */
export function unevenRows(markdown: string): string[] {
  return blocksOf(markdown, "table").flatMap((table) => {
    const rows = table.trimEnd().split("\n");
    const cells = cellCount(rows[0] ?? "");
    return rows.filter((row) => cellCount(row) !== cells);
  });
}

/** Lines that look like a table's and were not read as one. */
export function strayRows(markdown: string): string[] {
  return blocksOf(markdown, "paragraph")
    .flatMap((text) => text.split("\n"))
    .filter((line) => /^\s*\|.*\|\s*$/.test(line));
}

function blocksOf(markdown: string, type: "table" | "paragraph"): string[] {
  const marked = new Marked({ gfm: true });
  const blocks: string[] = [];
  void marked.walkTokens(marked.lexer(markdown), (token) => {
    if (token.type === type) blocks.push(token.raw);
  });
  return blocks;
}

// A pipe splits cells even within code, unless a backslash is before it.
function cellCount(row: string): number {
  const inner = row
    .trim()
    .replace(/^\|/, "")
    .replace(/(?<!\\)\|$/, "");
  return inner.split(/(?<!\\)\|/).length;
}

const alert = /^\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*(?:\n|$)/;

/** `> [!WARNING]` and its like, which Marked does not know. */
function alertOf({ text }: Tokens.Blockquote): string | false {
  const kind = alert.exec(text)?.[1];
  if (kind === undefined) return false;
  const title = kind.charAt(0) + kind.slice(1).toLowerCase();
  const inner = new Marked({ gfm: true }).parse(text.replace(alert, ""), {
    async: false,
  });
  return `<div class="markdown-alert markdown-alert-${kind.toLowerCase()}"><p class="markdown-alert-title">${title}</p>\n${inner}</div>\n`;
}
