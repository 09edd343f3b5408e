import { stripVTControlCharacters, styleText } from "node:util";
import { marked, type Token, type Tokens } from "marked";

type Style = Parameters<typeof styleText>[0];

/** Colours and weights where standard output is a terminal; plain text elsewhere and with NO_COLOR. */
export const styled = (style: Style, text: string): string =>
  styleText(style, text, { stream: process.stdout });

const width = (text: string): number => stripVTControlCharacters(text).length;

/** GitHub-flavoured Markdown with the HTML that the comment uses, as text for a terminal. */
export function toTerminal(markdown: string): string {
  return marked.lexer(markdown).map(block).filter(Boolean).join("\n\n");
}

function block(token: Token): string {
  switch (token.type) {
    case "heading":
      return styled("bold", inline((token as Tokens.Heading).text));
    case "table":
      return table(token as Tokens.Table);
    case "list":
      return (token as Tokens.List).items
        .map(({ text }) => `  • ${inline(text)}`)
        .join("\n");
    case "code":
      return code(token as Tokens.Code);
    case "hr":
      return styled("dim", "─".repeat(60));
    case "space":
      return "";
    default:
      return inline(token.raw.trim());
  }
}

function code({ lang, text }: Tokens.Code): string {
  const title = lang === "mermaid" ? "(a diagram on GitHub)\n" : "";
  return styled("dim", `${title}${text}`.replaceAll(/^/gm, "    "));
}

function table({ header, rows }: Tokens.Table): string {
  const lines = [header, ...rows].map((row) =>
    row.map(({ text }) => inline(text)),
  );
  const widths = header.map((_, column) =>
    Math.max(...lines.map((line) => width(line[column] ?? ""))),
  );
  const drawn = lines.map((line) =>
    line
      .map((cell, column) => cell.padEnd(padded(cell, widths[column] ?? 0)))
      .join("  ")
      .trimEnd(),
  );
  const [head = "", ...body] = drawn.map((line) => `  ${line}`);
  return [styled("dim", head), ...body].join("\n");
}

/** `padEnd` counts the invisible characters of styles too. */
const padded = (cell: string, columns: number): number =>
  columns + cell.length - width(cell);

/** One line of text: code, bold, links by their text, character references, and the summary of a `<details>`. */
function inline(text: string): string {
  return text
    .replaceAll(/<!--.*?-->/gs, "")
    .replaceAll(/<summary>(.*?)<\/summary>/g, "▸ $1")
    .replaceAll(/\[([^\]]*)\]\(<?[^)>]*>?\)/g, "$1")
    .replaceAll(/<code>(.*?)<\/code>|`([^`]+)`/g, (_, tag, tick) =>
      styled("cyan", String(tag ?? tick)),
    )
    .replaceAll(/\*\*(.+?)\*\*/g, (_, bold) => styled("bold", String(bold)))
    .replaceAll(/<\/?[a-z]+>/g, "")
    .replaceAll(/&#(\d+);/g, (_, number) =>
      String.fromCodePoint(Number(number)),
    )
    .trim();
}
