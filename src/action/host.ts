// The runner's side of a run: its log, masks, annotations and signals, as plain functions.
import { setTimeout as sleep } from "node:timers/promises";
import * as core from "@actions/core";
import type { Problem } from "../gate/failure.ts";
import { accessGithub } from "./github/github.ts";
import type { RetryOptions } from "./github/retry.ts";
import type { RunHost } from "./run.ts";

/** The host, and every value that was masked through it. */
export interface ActionHost extends RunHost {
  readonly masked: ReadonlySet<string>;
}

/** @param distribution the directory of the bundle. */
export function createHost(distribution: string): ActionHost {
  const masked = new Set<string>();
  const mask = (secret: string) => {
    masked.add(secret);
    core.setSecret(secret);
  };
  const signal = untilCancelled();
  const retry = patience(signal);
  return {
    source: { getInput: readOnce, setSecret: mask },
    log: (text) => core.info(text.trimEnd()),
    mask,
    masked,
    phase: (title, act) => core.group(title, act),
    signal,
    retry,
    connect: (token, repository) => accessGithub({ token, repository }, retry),
    warn: (problem) =>
      core.warning(`${problem.where}: ${problem.message}`, annotation(problem)),
    mark: (held) =>
      core.saveState("lock", held === undefined ? "" : JSON.stringify(held)),
    note: (underway) =>
      core.saveState(
        "underway",
        underway === undefined ? "" : JSON.stringify(underway),
      ),
    distribution,
  };
}

/** GitHub is asked four times, but only once by a run that is cancelled: the runner ends it within 10 seconds. */
function patience(signal: AbortSignal): RetryOptions {
  return {
    sleep: (milliseconds) =>
      sleep(milliseconds, undefined, { signal }).catch(() => undefined),
    get attempts() {
      return signal.aborted ? 1 : 4;
    },
  };
}

/** Secret inputs leave the environment once read: the engine and its plugin inherit it. */
function readOnce(name: string): string | undefined {
  const value = readInput(name);
  if (["tokens", "proof-token", "github-token"].includes(name)) {
    Reflect.deleteProperty(process.env, `INPUT_${name.toUpperCase()}`);
  }
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
        "Cancelled: the engine finishes the call in flight and saves the state",
      );
      controller.abort();
    });
  }
  return controller.signal;
}
