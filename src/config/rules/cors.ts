// The rules of CORS origins. Pure.
import type { Cors } from "../../gate/gate.ts";
import type { Given, Report } from "../location.ts";
import { quoted } from "../messages.ts";

/** All origins are written into every path's preflight answer. */
const mostOrigins = 20;

/**
 * RFC 6454: scheme, host and port. Of the characters that URLs may have in a host only those of names are taken: origins are
 * written into Velocity templates and header literals.
 */
const webOrigin =
  /^https?:\/\/([a-z0-9._-]{1,253}|\[[0-9a-f:.]{2,45}\])(:\d{1,5})?$/;
/** Apps have schemes of their own: `app://obsidian.md`, `vscode-file://vscode-app`, `tauri://localhost`. */
const appOrigin =
  /^[a-z][a-z0-9+.-]{0,31}:\/\/[A-Za-z0-9._-]{1,253}(:\d{1,5})?$/;
/** Schemes of which no page calls, or every page as `null`. */
const notApps =
  /^(https?|wss?|ftp|file|data|blob|about|javascript|filesystem):/;
const howToWrite =
  "is no origin: write it like https://app.example.com, in lower case, with no path and no trailing slash; or as the app sends it, like app://obsidian.md";

/** @returns the origins as browsers send them; what does not hold was reported. */
export function checkCors(
  origins: readonly Given<string>[] | undefined,
  report: Report,
): Cors | undefined {
  if (origins === undefined) return undefined;
  const values = origins.map(({ value }) => value);
  for (const [index, { value, place }] of origins.entries()) {
    const fault =
      originFault(value) ??
      (value === "*" && values.length > 1
        ? "covers every origin: remove the others, or it"
        : undefined);
    if (fault !== undefined)
      report(place, `the origin ${quoted(value)} ${fault}`);
    if (values.indexOf(value) < index)
      report(place, `the origin ${quoted(value)} is given twice: remove one`);
    if (index === mostOrigins)
      report(
        place,
        `${values.length} origins are too many: give at most ${mostOrigins}`,
      );
  }
  return { origins: values };
}

function originFault(origin: string): string | undefined {
  if (origin === "*") return undefined;
  if (origin.includes("*"))
    return "has a wildcard: give each origin exactly, or only *";
  // In lower case and without the scheme's own port: it must equal what a browser would send.
  const isWeb = webOrigin.test(origin) && URL.parse(origin)?.origin === origin;
  return isWeb || (appOrigin.test(origin) && !notApps.test(origin))
    ? undefined
    : howToWrite;
}
