// Escapes text that users control for GitHub's Markdown, HTML, mentions, references and Mermaid.

/** Text on one line without control, format or unassigned characters, at most `limit` characters. */
export function oneLine(text: string, limit = Infinity): string {
  // Also bidirectional overrides and zero-width characters, which hide or reorder text.
  const line = text.replaceAll(/[\p{C}\s]+/gu, " ").trim();
  if (line.length <= limit) return line;
  const cut = line.slice(0, limit - 1);
  // Without half of a surrogate pair.
  return `${cut.replace(/[\uD800-\uDBFF]$/, "")}…`;
}

/** A name or value as code, in which GitHub looks for no mention, reference or link. */
export function code(text: string, limit = 200): string {
  return `<code>${encode(oneLine(text, limit), /[^\p{L}\p{N} /,-]/gu)}</code>`;
}

/** A sentence that may contain users' words; text between backticks becomes code. */
export function prose(text: string, limit = 1000, longestCode = 200): string {
  const parts = oneLine(text, limit).split(/`([^`]*)`/);
  return parts
    .map((part, index) =>
      index % 2 === 1 ? code(part, longestCode) : sentence(part),
    )
    .join("");
}

/**
 * An entity is never Markdown syntax, but GitHub looks for mentions, mathematics and emoji after rendering. A zero-width space
 * breaks `@name` and `#1`; an element of its own breaks `$x$` and `:smile:`, as GitHub's documentation says for the dollar sign.
 */
function sentence(text: string): string {
  const parted = text.replaceAll(/[@#]|:(?=\/)|GH(?=-)/gi, "$&\u200b");
  return encode(parted, /^-|[^\p{L}\p{N} \u200b/,;'-]/gu).replaceAll(
    /&#36;|&#58;(?=(?:[\w-]|&#(?:43|95);)+&#58;)/g,
    "<span>$&</span>",
  );
}

/** A text for a Mermaid label between double quotes, in Mermaid's own entities. */
export function label(text: string, limit = 60): string {
  return oneLine(text, limit).replaceAll(
    /[^\p{L}\p{N} /,.+{}-]/gu,
    (character) => `#${character.codePointAt(0) ?? 0};`,
  );
}

/** @returns undefined when the address is not a plain http(s) URL. */
export function link(
  text: string,
  url: string | undefined,
): string | undefined {
  const plain = url && /^https?:\/\/[\w.~:/?#@%&=+-]+$/.test(url);
  return plain ? `[${text}](<${url}>)` : undefined;
}

export const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? "" : "s"}`;

const encode = (text: string, unsafe: RegExp): string =>
  text.replaceAll(unsafe, (character) => `&#${character.codePointAt(0) ?? 0};`);

/** How long a text may be: brief in a comment, whole in the step summary. */
export interface Writer {
  /** The limits are for a comment. */
  readonly code: (text: string, limit?: number) => string;
  readonly prose: (text: string, limit?: number) => string;
  readonly longestFailure: number;
  /** Whether each check is explained in a whole sentence. */
  readonly explains: boolean;
  readonly withSnippets: boolean;
}

export const brief: Writer = {
  code,
  prose,
  longestFailure: 500,
  explains: false,
  withSnippets: false,
};

/** Nothing real is longer; but one name must not fill the whole summary. */
const longest = 10_000;

export const full: Writer = {
  code: (text) => code(text, longest),
  prose: (text) => prose(text, longest, longest),
  longestFailure: longest,
  explains: true,
  withSnippets: true,
};
