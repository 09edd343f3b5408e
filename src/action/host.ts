import {
  accessSync,
  constants,
  mkdirSync,
  mkdtempSync,
  statSync,
} from "node:fs";
import path from "node:path";
import * as core from "@actions/core";
import type { StartedEngines } from "../deploy/lock.ts";
import type { Problem } from "../gate/failure.ts";
import { connectGithub, type Github } from "./github/client.ts";
import { secretInputs } from "./inputs/contract.ts";
import type { InputSource } from "./inputs/inputs.ts";
import type { RunPlace } from "./job.ts";

export interface Host {
  readonly source: InputSource;
  readonly log: (text: string) => void;
  readonly warn: (problem: Problem) => void;
  readonly mask: (secret: string) => void;
  readonly masked: ReadonlySet<string>;
  readonly phase: <T>(title: string, act: () => Promise<T>) => Promise<T>;
  readonly signal: AbortSignal;
  readonly connect: (
    token: string | undefined,
    repository: string,
  ) => Github | undefined;
  /** Tells the post step which run to report if this process is killed; undefined once it was reported. */
  readonly saveRun: (run: RunState | undefined) => void;
  /** Tells the post step whose locks to release; undefined once the operation has ended. */
  readonly saveEngines: (started: StartedEngines | undefined) => void;
  readonly scratch: string;
  /** The directory of the bundle, which holds `authorizer/index.mjs`. */
  readonly distribution: string;
}

/** Enough of a run to say on GitHub how it ended. */
export interface RunState extends RunPlace {
  readonly deployment?: number;
}

export function createHost(distribution: string, scratch: string): Host {
  const masked = new Set<string>();
  const mask = (secret: string) => {
    masked.add(secret);
    core.setSecret(secret);
  };
  const signal = untilCancelled();
  return {
    source: { getInput: readOnce, setSecret: mask },
    log: (text) => core.info(logText(text)),
    mask,
    masked,
    phase: (title, act) => core.group(title, act),
    signal,
    connect: (token = "", repository) =>
      connectGithub({ token, repository, signal }),
    warn: (problem) =>
      core.warning(`${problem.where}: ${problem.message}`, annotation(problem)),
    saveRun: (run) => saveState("run", run),
    saveEngines: (started) => saveState("engines", started),
    distribution,
    scratch,
  };
}

/**
 * A log line may hold text of AWS, an issuer or the engine. The runner takes a line that begins with
 * `::`, and `##[` anywhere in one, for a command: it could set an output, or end masking.
 */
export const logText = (text: string): string =>
  text
    .trimEnd()
    .replaceAll(/^([\s\u0085\u200b]*):(?=:)/gm, "$1: ")
    .replaceAll("##[", "## [");

/** @returns a new directory that only this user may read; the one for temporary files may be shared. */
export function privateDirectory(temp: string): string {
  mkdirSync(temp, { recursive: true });
  return mkdtempSync(path.join(temp, "ai-gate-"));
}

function saveState(name: string, value: object | undefined): void {
  try {
    core.saveState(name, value === undefined ? "" : JSON.stringify(value));
  } catch (error) {
    core.warning(
      `The ${name} could not be saved for the post step: ${String(error)}`,
    );
  }
}

/**
 * @param name of the variable by which the runner names a file that the step writes to.
 * @returns what is wrong with it, if anything; without the variable there is no such file.
 */
export function fileFault(
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
): string | undefined {
  const file = environment[name];
  if (!file) return undefined;
  try {
    // A pipe would be waited for.
    if (statSync(file).isFile()) {
      accessSync(file, constants.W_OK);
      return undefined;
    }
  } catch {}
  return `${name} is not a writable file ("${file}"): leave the variable as the runner sets it`;
}

function readOnce(name: string): string | undefined {
  const value = readInput(name);
  if (secretInputs.some((secret) => secret === name))
    Reflect.deleteProperty(process.env, `INPUT_${name.toUpperCase()}`);
  return value;
}

/** @returns undefined without the variable, which the runner sets for every input of action.yml. */
export function readInput(name: string): string | undefined {
  const variable = process.env[`INPUT_${name.toUpperCase()}`];
  return variable === undefined ? undefined : core.getInput(name);
}

/** Where GitHub shows a problem: on the file and line, when it came from a file. */
export function annotation({ position }: Problem) {
  if (position === undefined) return {};
  return {
    file: position.file,
    startLine: position.line,
    startColumn: position.column,
  };
}

/**
 * A cancelled job sends SIGINT, then SIGTERM 7.5 seconds later, and kills after 10. Node stays: the engine is asked to stop and
 * finishes the call in flight. A second signal is ignored, since passing it on would kill that call.
 */
function untilCancelled(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.on(name, () => {
      if (controller.signal.aborted) return;
      core.warning(
        "Cancelled: the engine finishes the call in flight and stops",
      );
      controller.abort();
    });
  }
  return controller.signal;
}
