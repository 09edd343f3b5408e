// Makes text that users control harmless in what GitHub renders: Markdown, HTML, mentions, references, Mermaid. Pure.

/** Text on one line without control, format or unassigned characters, at most `limit` characters. */
export function oneLine(text: string, limit = Infinity): string {
  // Also lone surrogates, bidirectional overrides and zero-width characters: nothing may hide or reorder.
  const line = text.replaceAll(/[\p{C}\s]+/gu, " ").trim();
  if (line.length <= limit) return line;
  const cut = line.slice(0, limit - 1);
  // Half of a surrogate pair is no character.
  return `${cut.replace(/[\uD800-\uDBFF]$/, "")}…`;
}

/** A name, path or other literal, set as code. GitHub looks for no mention, reference or link inside code. */
export function code(text: string, limit = 200): string {
  return `<code>${encode(oneLine(text, limit), /[^\p{L}\p{N} /,-]/gu)}</code>`;
}

/** A sentence that may hold users' words; what stands between backticks is set as code. */
export function prose(text: string, limit = 1000, longestCode = 200): string {
  const parts = oneLine(text, limit).split(/`([^`]*)`/);
  return parts
    .map((part, index) =>
      index % 2 === 1 ? code(part, longestCode) : sentence(part),
    )
    .join("");
}

/**
 * An entity is never Markdown syntax, but GitHub looks for more after rendering. A zero-width space parts `@name` and `#1`; an
 * element of its own, as GitHub's documentation has it for the dollar sign, keeps `$x$` and `:smile:` from being mathematics and emoji.
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

/** The address as a link target, or nothing when it is no plain http(s) URL. */
export function link(
  text: string,
  url: string | undefined,
): string | undefined {
  const plain = url && /^https?:\/\/[\w.~:/?#@%&=+-]+$/.test(url);
  return plain ? `[${text}](<${url}>)` : undefined;
}

/** `1 resource`, `3 resources`. */
export const counted = (count: number, noun: string): string =>
  `${count} ${noun}${count === 1 ? "" : "s"}`;

const encode = (text: string, unsafe: RegExp): string =>
  text.replaceAll(unsafe, (character) => `&#${character.codePointAt(0) ?? 0};`);
