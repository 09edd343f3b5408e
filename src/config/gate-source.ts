import type { Problem } from "../gate/failure.ts";
import { Located, type Report } from "./location.ts";

interface GateInput {
  /** Where the config has it. */
  readonly at?: readonly string[];
  /** Keys of the config file that exclude it. */
  readonly keys?: readonly string[];
  /** Whether it may be as long as the runner's environment takes; else it is a line. */
  readonly isLong?: true;
}

const routes = ["routes", "upstreams"] as const;
const upstreams = ["upstreams", "routes"] as const;
const issuers = ["consumers", "auth.issuers"] as const;

const table = {
  stack: {},
  region: {},
  path: { at: ["routes"], keys: routes },
  methods: { at: ["routes[0].methods"], keys: routes },
  upstream: { at: ["upstreams", "routes[0].upstream"], keys: upstreams },
  "upstream-kind": { at: ["upstreams.service.kind"], keys: upstreams },
  "upstream-header": { at: ["upstreams.service.header"], keys: upstreams },
  "upstream-secret": { at: ["upstreams.service.secret"], keys: upstreams },
  "allowed-secrets": { isLong: true },
  "token-header": { at: ["token-header"], keys: ["token-header"] },
  "strip-headers": { at: ["strip-headers"], keys: ["strip-headers"] },
  tokens: { keys: ["consumers"], isLong: true },
  "jwt-issuer": { at: ["auth.issuers"], keys: issuers },
  "jwt-audience": {
    at: ["auth.issuers.jwt.audience"],
    keys: issuers,
    isLong: true,
  },
  "github-repositories": { keys: ["consumers"], isLong: true },
  authorizer: { at: ["auth.directory"], keys: ["auth.mode", "auth.directory"] },
  "authorizer-runtime": {
    at: ["auth.runtime"],
    keys: ["auth.mode", "auth.runtime"],
  },
  "authorizer-handler": {
    at: ["auth.handler"],
    keys: ["auth.mode", "auth.handler"],
  },
  "authorizer-type": { at: ["auth.type"], keys: ["auth.mode", "auth.type"] },
  "stage-name": { at: ["stage"], keys: ["stage"] },
  tags: { isLong: true },
  "role-path": {},
  "permissions-boundary": {},
} as const satisfies Record<string, GateInput>;

export type SimpleInputName = keyof typeof table;

export const simpleInputs = Object.entries<GateInput>(table) as [
  SimpleInputName,
  GateInput,
][];

/** Raw text as the user gave it; undefined (or blank) when not given. */
export type SimpleInputs = Readonly<
  Partial<Record<SimpleInputName, string | undefined>>
>;

/** @returns a problem for each input that is too long for anything to be made of it. */
export const lengthProblems = (given: SimpleInputs): Problem[] =>
  simpleInputs.flatMap(([where, { isLong }]) => {
    const length = given[where]?.length ?? 0;
    const most = isLong ? 256 * 1024 : 4096;
    const message = `Too long (${length} characters): use at most ${most}`;
    return length > most ? [{ where, message }] : [];
  });

/** Everything that parsing needs from outside. */
export interface GateSource {
  readonly inputs: SimpleInputs;
  /** `file` is relative to the workspace. */
  readonly config?:
    { readonly file: string; readonly text: string } | undefined;
  readonly project: string;
  /** Today (UTC) as `YYYY-MM-DD`. */
  readonly today: string;
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
