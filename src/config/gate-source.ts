import type { Problem } from "../gate/failure.ts";

interface GateInput {
  /** Keys of the config file that give the same. */
  readonly keys?: readonly string[];
  /** Whether it may be as long as the runner's environment takes; else it is a line. */
  readonly isLong?: true;
}

const inputs = {
  stack: {},
  region: {},
  path: { keys: ["routes", "upstreams"] },
  methods: { keys: ["routes", "upstreams"] },
  upstream: { keys: ["upstreams", "routes"] },
  "upstream-header": { keys: ["upstreams", "routes"] },
  "upstream-secret": { keys: ["upstreams", "routes"] },
  "allowed-secrets": { isLong: true },
  "token-header": { keys: ["token-header"] },
  "strip-headers": { keys: ["strip-headers"] },
  tokens: { keys: ["consumers"], isLong: true },
  "jwt-issuer": { keys: ["consumers", "auth.issuers"] },
  "jwt-audience": { keys: ["consumers", "auth.issuers"], isLong: true },
  "github-repositories": { keys: ["consumers"], isLong: true },
  authorizer: { keys: ["auth.mode", "auth.directory"] },
  "authorizer-runtime": { keys: ["auth.mode", "auth.runtime"] },
  "authorizer-handler": { keys: ["auth.mode", "auth.handler"] },
  "authorizer-type": { keys: ["auth.mode", "auth.type"] },
  "stage-name": { keys: ["stage"] },
  tags: { isLong: true },
} as const satisfies Record<string, GateInput>;

export type SimpleInputName = keyof typeof inputs;

/** The inputs of the action that describe a gate. */
export const simpleInputs = Object.entries<GateInput>(inputs) as [
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

/** Something of the workspace that is not read. */
export interface Refused {
  /** The end of a sentence that starts with its path: what is wrong, and what to do. */
  readonly fault: string;
}

export interface SourceFile {
  readonly path: string;
  readonly bytes: number;
}
