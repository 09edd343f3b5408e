// A ZIP file whose bytes depend on names and contents only: sorted entries, one fixed time. AWS compares code by hash, so
// the same sources must give the same bytes on every machine.
import { crc32, deflateRawSync } from "node:zlib";

/** 1980-01-01 00:00:00, the oldest time that the format can say. */
const DOS_DATE = 0x0021;
const VERSION = 20;
const MADE_ON_UNIX = 0x0300 | VERSION;
const UTF8_NAMES = 0x0800;
const DEFLATED = 8;
/** A regular file that everybody may read; Lambda refuses code that its own user cannot read. */
const UNIX_MODE = 0o100644;

interface Entry {
  readonly name: Buffer;
  readonly data: Buffer;
  readonly size: number;
  readonly crc: number;
}

/** The ZIP of the given files; keys are paths with `/`. */
export function zip(files: ReadonlyMap<string, Buffer>): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, content] of [...files].toSorted(([a], [b]) =>
    a < b ? -1 : 1,
  )) {
    const entry = {
      name: Buffer.from(name),
      data: deflateRawSync(content),
      size: content.length,
      crc: crc32(content),
    };
    const local = Buffer.concat([
      fields(0x04034b50, [[VERSION, 2]], entry),
      short(0),
      entry.name,
      entry.data,
    ]);
    directory.push(directoryEntry(entry, offset));
    parts.push(local);
    offset += local.length;
  }
  const index = Buffer.concat(directory);
  return Buffer.concat([
    ...parts,
    index,
    end(directory.length, index.length, offset),
  ]);
}

/** The fields that a local header and a directory entry share. */
function fields(
  signature: number,
  versions: readonly [number, number][],
  entry: Entry,
): Buffer {
  return numbers([
    [signature, 4],
    ...versions,
    [UTF8_NAMES, 2],
    [DEFLATED, 2],
    [0, 2],
    [DOS_DATE, 2],
    [entry.crc, 4],
    [entry.data.length, 4],
    [entry.size, 4],
    [entry.name.length, 2],
  ]);
}

function directoryEntry(entry: Entry, offset: number): Buffer {
  const head = fields(
    0x02014b50,
    [
      [MADE_ON_UNIX, 2],
      [VERSION, 2],
    ],
    entry,
  );
  const attributes = numbers([
    [0, 2],
    [0, 2],
    [0, 2],
    [0, 2],
    [UNIX_MODE * 0x10000, 4],
    [offset, 4],
  ]);
  return Buffer.concat([head, attributes, entry.name]);
}

function end(count: number, size: number, offset: number): Buffer {
  return numbers([
    [0x06054b50, 4],
    [0, 2],
    [0, 2],
    [count, 2],
    [count, 2],
    [size, 4],
    [offset, 4],
    [0, 2],
  ]);
}

function short(value: number): Buffer {
  return numbers([[value, 2]]);
}

/** Little-endian numbers, each with its width in bytes. */
function numbers(values: readonly (readonly [number, number])[]): Buffer {
  return Buffer.concat(
    values.map(([value, width]) => {
      const bytes = Buffer.alloc(width);
      bytes.writeUIntLE(value, 0, width);
      return bytes;
    }),
  );
}
