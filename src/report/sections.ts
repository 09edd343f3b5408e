// Keeps a report within GitHub's limits: sections of lines, each cut where its share or the whole room ends. Pure.

export interface Section {
  /** Put before the lines: heading, table head, opening tag. */
  readonly open: string;
  readonly lines: readonly string[];
  readonly close?: string;
  /** True when half of it would be worth nothing: then it is left out instead of cut. */
  readonly whole?: boolean;
}

export interface Fitted {
  readonly text: string;
  /** Whether anything was cut or left out. */
  readonly cut: boolean;
}

/**
 * Renders sections one below the other, in order.
 * @param room UTF-8 bytes for all of it, at least as many as it has characters.
 * @param share the part of the room (0 to 1) that one section may take; the last one may take all that is left.
 */
export function fitSections(
  sections: readonly Section[],
  room: number,
  share: number,
): Fitted {
  const texts: string[] = [];
  let left = room;
  let cut = false;
  for (const [index, section] of sections.entries()) {
    const most = index === sections.length - 1 ? left : room * share;
    const fitted = fitSection(section, Math.min(left, most));
    cut ||= fitted.cut;
    if (fitted.text === "") continue;
    texts.push(fitted.text);
    left -= byteLength(fitted.text);
  }
  return { text: texts.join(""), cut };
}

/** How much of `text` counts against a limit: its UTF-8 bytes. */
export const byteLength = (text: string): number =>
  new TextEncoder().encode(text).length;

function fitSection(section: Section, room: number): Fitted {
  const { open, lines, close = "", whole = false } = section;
  if (lines.length === 0) return { text: "", cut: false };
  const render = (count: number) => {
    const more = lines.length - count;
    const note = more > 0 ? `\n… and ${more} more\n` : "";
    const shown = lines.slice(0, count).map((line) => `${line}\n`);
    return `${open}\n${shown.join("")}${close && `${close}\n`}${note}\n`;
  };
  const full = render(lines.length);
  if (byteLength(full) <= room) return { text: full, cut: false };
  // The note is longest when every line is cut.
  let left = room - byteLength(render(0));
  if (whole || left < 0) return { text: "", cut: true };
  const count = lines.findIndex((line) => {
    left -= byteLength(line) + 1;
    return left < 0;
  });
  return { text: count > 0 ? render(count) : "", cut: true };
}
