// The action inputs that describe a gate, and everything else that parsing needs from outside. Pure.
import type { Problem } from "../gate/failure.ts";

export type SimpleInputName =
  | "stack"
  | "region"
  | "path"
  | "methods"
  | "upstream"
  | "upstream-header"
  | "upstream-secret"
  | "allowed-secrets"
  | "token-header"
  | "strip-headers"
  | "tokens"
  | "jwt-issuer"
  | "jwt-audience"
  | "github-repositories"
  | "authorizer"
  | "authorizer-runtime"
  | "authorizer-handler"
  | "authorizer-type"
  | "stage-name"
  | "tags";

/** Raw text as the user gave it; undefined (or blank) when not given. */
export type SimpleInputs = Readonly<
  Partial<Record<SimpleInputName, string | undefined>>
>;

const line = 4096;
/** The runner passes inputs in its environment, where most systems take less. */
const lines = 256 * 1024;

/** Characters at most. */
const longest: Readonly<Record<SimpleInputName, number>> = {
  stack: line,
  region: line,
  path: line,
  methods: line,
  upstream: line,
  "upstream-header": line,
  "upstream-secret": line,
  "allowed-secrets": lines,
  "token-header": line,
  "strip-headers": line,
  tokens: lines,
  "jwt-issuer": line,
  "jwt-audience": lines,
  "github-repositories": lines,
  authorizer: line,
  "authorizer-runtime": line,
  "authorizer-handler": line,
  "authorizer-type": line,
  "stage-name": line,
  tags: lines,
};

/** @returns a problem for each input that is too long for anything to be made of it. */
export function lengthProblems(inputs: SimpleInputs): Problem[] {
  return Object.entries(longest).flatMap(([where, most]) => {
    const length = inputs[where as SimpleInputName]?.length ?? 0;
    const message = `Too long (${length} characters): use at most ${most}`;
    return length > most ? [{ where, message }] : [];
  });
}

export interface GateSource {
  readonly inputs: SimpleInputs;
  /** The config file, when there is one. `file` is relative to the workspace, for annotations. */
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
  /**
   * Every file below a directory of the workspace, with paths relative to that directory, with `/`; undefined when there
   * is no such directory.
   */
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
