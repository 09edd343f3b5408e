// Keeps a report within GitHub's limits: sections of lines, the longest cut first. Pure.

export interface Section {
  /** Put before the lines, where it is not empty: heading, table head, opening tag. */
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
 * Renders sections one below the other, in order; all of them whole if they fit.
 * @param room UTF-8 bytes for all of it, at least as many as it has characters.
 */
export function fitSections(
  sections: readonly Section[],
  room: number,
): Fitted {
  const whole = sections.map((section) => fitSection(section, Infinity));
  if (byteLength(whole.join("")) <= room)
    return { text: whole.join(""), cut: false };
  const most = fairLimit(whole.map(byteLength), room);
  const texts = sections.map((section) => fitSection(section, most));
  return { text: texts.join(""), cut: true };
}

/** The most bytes that any section may take so that all fit: short ones stay whole, the longest are cut first. */
function fairLimit(sizes: readonly number[], room: number): number {
  let left = room;
  for (const [index, size] of sizes.toSorted((a, b) => a - b).entries()) {
    const fair = left / (sizes.length - index);
    if (size > fair) return fair;
    left -= size;
  }
  return room;
}

/** How much of `text` counts against a limit: its UTF-8 bytes. */
export const byteLength = (text: string): number =>
  new TextEncoder().encode(text).length;

function fitSection(section: Section, room: number): string {
  const { open, lines, close = "", whole = false } = section;
  if (lines.length === 0) return "";
  const render = (count: number) => {
    const more = lines.length - count;
    const note = more > 0 ? `\n… and ${more} more\n` : "";
    const shown = lines.slice(0, count).map((line) => `${line}\n`);
    return `${open && `${open}\n`}${shown.join("")}${close && `${close}\n`}${note}\n`;
  };
  const full = render(lines.length);
  if (byteLength(full) <= room) return full;
  // The note is longest when every line is cut.
  let left = room - byteLength(render(0));
  if (whole || left < 0) return "";
  const count = lines.findIndex((line) => {
    left -= byteLength(line) + 1;
    return left < 0;
  });
  return render(count);
}
