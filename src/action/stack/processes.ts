// Which processes of this machine are there, and which of them this one started.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

export function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it lives, as another user's.
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

/** Whether a living process was started by this one, or by one that was. False where the system cannot be asked (Windows). */
export function isOurs(pid: number): boolean {
  let at: number | undefined = pid;
  // Process ids are not negative, and the first process has no parent but 0.
  while (at !== undefined && at > 1) {
    at = parentOf(at);
    if (at === process.pid) return true;
  }
  return false;
}

function parentOf(pid: number): number | undefined {
  try {
    const parent = process.platform === "linux" ? fromProc(pid) : fromPs(pid);
    return Number.isInteger(parent) ? parent : undefined;
  } catch {
    return undefined;
  }
}

/** `pid (name) state ppid …`; the name may hold anything, also parentheses. */
function fromProc(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

const fromPs = (pid: number): number =>
  Number(
    execFileSync("/bin/ps", ["-o", "ppid=", "-p", String(pid)], {
      encoding: "utf8",
      env: {},
      stdio: ["ignore", "pipe", "ignore"],
    }),
  );
