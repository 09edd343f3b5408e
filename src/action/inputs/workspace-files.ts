// Files of the workspace, as the pure model asks for them.
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import type { SourceFile } from "../../gate/read/inputs.ts";

/** @returns every file below a directory, with paths relative to it; undefined when there is no such directory. */
export function listFiles(directory: string): SourceFile[] | undefined {
  if (!existsSync(directory) || !statSync(directory).isDirectory())
    return undefined;
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => {
      const file = path.join(entry.parentPath, entry.name);
      return {
        path: path.relative(directory, file).split(path.sep).join("/"),
        // A link that leads nowhere has no size.
        bytes: statSync(file, { throwIfNoEntry: false })?.size ?? 0,
      };
    });
}

/** @returns the text of a file; undefined when it cannot be read, or is no UTF-8. */
export function readText(file: string): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(file));
  } catch {
    return undefined;
  }
}
