// Keeps a report within GitHub's limits: the longest sections are cut first.

export interface Section {
  /** Heading, table head or opening tag; a section without lines is left out. */
  readonly open: string;
  readonly lines: readonly string[];
  readonly close?: string;
  /** Left out instead of cut. */
  readonly whole?: boolean;
}

/** @param room UTF-8 bytes for all sections. */
export function fitSections(
  sections: readonly Section[],
  room: number,
): { readonly text: string; readonly cut: boolean } {
  const whole = sections.map((section) => fitSection(section, Infinity));
  if (byteLength(whole.join("")) <= room)
    return { text: whole.join(""), cut: false };
  const most = fairLimit(whole.map(byteLength), room);
  const texts = sections.map((section) => fitSection(section, most));
  return { text: texts.join(""), cut: true };
}

/** The most bytes that one section may take so that all fit. */
function fairLimit(sizes: readonly number[], room: number): number {
  let left = room;
  for (const [index, size] of sizes.toSorted((a, b) => a - b).entries()) {
    const fair = left / (sizes.length - index);
    if (size > fair) return fair;
    left -= size;
  }
  return room;
}

/** In UTF-8; never less than the number of characters, by which GitHub counts. */
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
