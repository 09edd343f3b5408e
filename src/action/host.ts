// The runner's side of a run: its log, masks, annotations and signals, as plain functions.
import * as core from "@actions/core";
import type { Problem } from "../gate/failure.ts";
import type { RunHost } from "./run.ts";

/** @param distribution the directory of the bundle. */
export function createHost(distribution: string): RunHost {
  return {
    source: {
      getInput: readOnce,
      setSecret: (secret) => core.setSecret(secret),
    },
    log: (text) => core.info(text.trimEnd()),
    mask: (secret) => core.setSecret(secret),
    phase: (title, act) => core.group(title, act),
    signal: untilCancelled(),
    warn: (problem) =>
      core.warning(`${problem.where}: ${problem.message}`, annotation(problem)),
    mark: (operation) =>
      core.saveState(
        "operation",
        operation === undefined ? "" : JSON.stringify(operation),
      ),
    distribution,
  };
}

/** Secret inputs leave the environment once read: the engine and its plugin inherit it. */
function readOnce(name: string): string {
  const value = core.getInput(name);
  if (["tokens", "proof-token", "github-token"].includes(name)) {
    Reflect.deleteProperty(process.env, `INPUT_${name.toUpperCase()}`);
  }
  return value;
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
