import type { SimpleInputName, SimpleInputs } from "./from-inputs.ts";
import { Located, type Report } from "./location.ts";

export type { Config, SimpleInputs } from "./from-inputs.ts";

/** Everything that parsing needs from outside. */
export interface GateSource {
  readonly inputs: SimpleInputs;
  /** `file` is relative to the workspace. */
  readonly config?:
    { readonly file: string; readonly text: string } | undefined;
  /** The Pulumi project. */
  readonly project: string;
  /** Today (UTC) as `YYYY-MM-DD`. */
  readonly today: string;
  /** An environment variable of the step. */
  readonly environment: (name: string) => string | undefined;
  /** SHA-256 of UTF-8 text as lower-case hex. */
  readonly sha256: (text: string) => string;
  /** Every file below a directory of the workspace, by its path there, with `/`; undefined when there is no such directory. */
  readonly directory: (
    path: string,
  ) => readonly SourceFile[] | Refused | undefined;
  /** The text of a file of the workspace; undefined when there is none. */
  readonly file: (path: string) => string | Refused | undefined;
}

/** A file or directory of the workspace that is not read. */
export interface Refused {
  /** The end of a sentence that starts with its path: what is wrong, and what to do. */
  readonly fault: string;
}

export interface SourceFile {
  readonly path: string;
  readonly bytes: number;
}

/** @returns the input, trimmed; undefined when it is not given or blank. */
export function inputOf(
  inputs: SimpleInputs,
  name: SimpleInputName,
  report: Report,
): Located<string> | undefined {
  const value = inputs[name]?.trim() ?? "";
  const origin = { placeOf: () => ({ where: name }), report, warn: report };
  return value === "" ? undefined : new Located(value, [], origin);
}

/** `name=value` lines, numbered from 1; blank lines and lines that start with `#` are left out. Without `=` the name is empty. */
export function namedLines(text = "") {
  return text.split(/\r?\n/).flatMap((raw, index) => {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) return [];
    const equals = line.indexOf("=");
    const name = line.slice(0, Math.max(equals, 0)).trim();
    return [
      { number: index + 1, line, name, value: line.slice(equals + 1).trim() },
    ];
  });
}
