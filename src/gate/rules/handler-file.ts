// The file that a handler names: whether it is there, and has what the handler names in it. Pure.
import type { GateSource } from "../read/inputs.ts";
import { entriesOf } from "../read/parts.ts";
import type { Place, Report } from "../read/place.ts";
import { listed, quoted } from "../read/words.ts";
import { nodeHandlerFault } from "./node-handler.ts";
import { pythonHandlerFault } from "./python-handler.ts";
import { extensions, type Runtime } from "./runtimes.ts";

interface Handler {
  readonly handler: string;
  readonly place: Place;
  readonly directory: string;
  /** Of the files in the directory; undefined when it is not there. */
  readonly paths: readonly string[] | undefined;
  readonly runtime: Runtime;
  /** Whether the user named it; else it was chosen by the file, and any file will do. */
  readonly runtimeGiven: boolean;
}

export function checkHandlerFile(
  given: Handler,
  source: GateSource,
  report: Report,
): void {
  const { handler, place, directory, paths, runtime } = given;
  const dot = handler.lastIndexOf(".");
  const [file, name] = [handler.slice(0, dot), handler.slice(dot + 1)];
  // Of a handler without a function (reported already) no file can be told.
  if (paths === undefined || dot < 0 || name === "") return;
  const named = (language: Runtime["language"]) =>
    extensions[language].map((end) => file + end);
  const path = named(runtime.language).find((one) => paths.includes(one));
  if (path === undefined) {
    const wanted = given.runtimeGiven
      ? named(runtime.language)
      : [...named("node"), ...named("python")];
    report(
      place,
      `the authorizer's directory has no ${listed(wanted)}, which the handler ${quoted(handler)} names: add the file, or correct the handler`,
    );
    return;
  }
  const text = source.file(`${directory}/${path}`);
  if (typeof text !== "string") return;
  const moduleType = isModuleType(path, directory, source);
  const fault =
    runtime.language === "python"
      ? pythonHandlerFault(text, name)
      : nodeHandlerFault({ path, text, moduleType }, name, runtime.name);
  if (fault === undefined) return;
  const { line = 1, column = 1 } = fault;
  report(
    {
      where: place.where,
      position: { file: `${directory}/${path}`, line, column },
    },
    `the authorizer's file ${quoted(path)} ${fault.message}`,
  );
}

/** The nearest package.json above the file says what `.js` is. */
function isModuleType(
  path: string,
  directory: string,
  source: GateSource,
): boolean {
  const parts = path.split("/").slice(0, -1);
  for (let depth = parts.length; depth >= 0; depth--) {
    const text = source.file(
      [directory, ...parts.slice(0, depth), "package.json"].join("/"),
    );
    if (typeof text === "string")
      return entriesOf(parse(text)).some(
        ([key, value]) => key === "type" && value === "module",
      );
  }
  return false;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
