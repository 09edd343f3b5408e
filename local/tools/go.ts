// Runs the Go tool that is on PATH.

import { lastLine, ownEnvironment, runCommand } from "../system/processes.ts";

/** What `go version` says, or undefined where there is no Go. */
export async function goVersion(): Promise<string | undefined> {
  const { code, stdout } = await runCommand({
    file: "go",
    arguments: ["version"],
    env: ownEnvironment(),
    directory: "/",
  });
  return code === 0 ? stdout.trim() : undefined;
}

/** Runs `go` in a directory; throws with its last line when it fails. */
export async function runGo(
  directory: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<void> {
  const { code, stderr } = await runCommand({
    file: "go",
    arguments: args,
    env: { ...ownEnvironment(), ...env },
    directory,
  });
  if (code !== 0)
    throw new Error(`go ${args[0] ?? ""} failed: ${lastLine(stderr)}`);
}
