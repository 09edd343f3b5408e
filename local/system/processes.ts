// Child processes that cannot be left behind: each runs under guard.sh, which ends the command and everything it
// started as soon as this process closes the pipe to it, or is gone, even by SIGKILL.

import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";

export interface Command {
  readonly file: string;
  readonly arguments: readonly string[];
  /** The whole environment: nothing of this process's own is added. */
  readonly env: Readonly<Record<string, string>>;
  /** Working directory. */
  readonly directory: string;
  /** A directory that guard.sh removes when the command has ended or this process is gone. */
  readonly scratch?: string;
}

export interface RunningCommand {
  /** Also the id of the process group. */
  readonly pid: number;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** The exit code once all is over; -1 where a signal ended the guard. Rejects only where the command cannot start. */
  readonly exited: Promise<number>;
  /** Ends the command and all it started; resolves when they are gone. */
  stop(): Promise<void>;
}

export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts a command under guard.sh. Its standard input is empty; stdout and stderr must be read or resumed. */
export function startCommand(command: Command): RunningCommand {
  const guard = join(import.meta.dirname, "guard.sh");
  const child = spawn(
    "/bin/sh",
    [guard, command.scratch ?? "", command.file, ...command.arguments],
    {
      cwd: command.directory,
      env: { ...command.env, AI_GATE_RUN: randomUUID() },
      detached: true,
      stdio: ["pipe", "pipe", "pipe"],
    },
  );
  // The guard may end before its pipe is closed: that is no error.
  child.stdin.on("error", () => undefined);
  const exited = new Promise<number>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      endGroup(child.pid);
      resolve(code ?? -1);
    });
  });
  exited.catch(() => undefined);
  const stop = async (): Promise<void> => {
    child.stdin.end();
    await exited.catch(() => undefined);
  };
  return {
    pid: child.pid ?? -1,
    stdout: child.stdout,
    stderr: child.stderr,
    exited,
    stop,
  };
}

/** Runs a command to its end. Never rejects for what the command does; 127 is the code of a command not found. */
export async function runCommand(command: Command): Promise<CommandResult> {
  const running = startCommand(command);
  const [stdout, stderr, code] = await Promise.all([
    text(running.stdout),
    text(running.stderr),
    running.exited,
  ]);
  return { code, stdout, stderr };
}

/** This process's own environment without the variables that have no value, for tools that need all of it (Go, pip). */
export function ownEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      (entry): entry is [string, string] => entry[1] !== undefined,
    ),
  );
}

/** The last line of an output, for one-line errors. */
export function lastLine(output: string): string {
  return output.trim().split("\n").at(-1)?.trim() ?? "";
}

// guard.sh has ended all it can name; on systems without /proc stubborn members of the group may remain.
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // No such group: nothing was left.
  }
}
