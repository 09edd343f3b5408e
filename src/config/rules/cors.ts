// Origins of browser pages that may call the gate.
import type { Cors } from "../../gate/gate.ts";
import type { Config } from "../from-inputs.ts";
import type { Located } from "../location.ts";
import { checkList } from "./value-checks.ts";

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

/** @returns the origins as browsers send them; what is invalid was reported */
export function checkCors(config: Located<Config>): Cors | undefined {
  const given = config.at("cors")?.at("origins").items();
  if (given === undefined) return undefined;
  const faultOf = (origin: string) => originFault(origin, given.length);
  const origins = checkList("origin", given, { most: mostOrigins, faultOf });
  return { origins };
}

function originFault(origin: string, count: number): string | undefined {
  if (origin === "*")
    return count > 1
      ? "allows every origin: remove the others, or it"
      : undefined;
  if (origin.includes("*"))
    return "has a wildcard: write each origin in full, or only *";
  // In lower case and without the scheme's own port: it must equal what a browser would send.
  const isWeb = webOrigin.test(origin) && URL.parse(origin)?.origin === origin;
  return isWeb || (appOrigin.test(origin) && !notApps.test(origin))
    ? undefined
    : "is not an origin: write it like https://app.example.com, in lower case and without a path, or as the app sends it, like app://obsidian.md";
}
