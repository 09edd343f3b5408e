// Whether the run that holds a lock is over.
import type { RunNote } from "../../deploy/lock-holders.ts";
import { type Answer, type Github, noToken } from "./client.ts";

/** @returns `completed`, `in_progress`, …; only for a run of this repository. */
export async function askRunStatus(
  github: Github | undefined,
  { attempt, run }: RunNote,
): Promise<Answer<string>> {
  if (github === undefined) return noToken;
  const request = {
    to: "ask for a run's state",
    permission: "actions: read",
    target: "that run",
  };
  return github.ask(request, async ({ rest }) => {
    const { data } = await rest.actions.getWorkflowRunAttempt({
      ...github.repository,
      run_id: Number(run),
      attempt_number: Number(attempt),
    });
    return data.status ?? "unknown";
  });
}
