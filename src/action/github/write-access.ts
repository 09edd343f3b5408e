// Who may change a gate: on a public repository anyone can open an issue, write a comment or fork, and the workflow that runs
// then has the repository's secrets.
import { GateFailure } from "../../gate/failure.ts";
import { causeOf } from "../events.ts";
import type { Inputs } from "../inputs/inputs.ts";
import type { Job, Target } from "../job.ts";
import { type Answer, type Github, noToken } from "./client.ts";

/** @returns the refusal of a command that changes something, when the event does not come from users with write access. */
export async function refuseWithoutWriteAccess(
  run: {
    readonly target: Pick<Target, "command">;
    readonly inputs: Pick<Inputs, "ephemeral">;
    readonly job: Pick<Job, "event" | "fork" | "people" | "pullRequest">;
  },
  github: Github | undefined,
): Promise<GateFailure | undefined> {
  const { command } = run.target;
  const { event, people } = run.job;
  if (["preview", "drift", "output"].includes(command)) return undefined;
  const cause = causeOf(run.job, run.inputs.ephemeral);
  if (cause === "writer") return undefined;
  const refusal = (why: string) =>
    new GateFailure("invalid-input", `Refused to run ${command}: ${why}`);
  if (cause === "fork")
    return refusal(
      `the event ${event} is about code of a fork or of Dependabot, which no user with write access has accepted. Merge it first, or use the command preview`,
    );
  const doubt = await doubtAbout(people, github);
  if (doubt === undefined) return undefined;
  return refusal(
    `anyone can cause the event ${event}, and ${doubt}. Run it on push or workflow_dispatch, or let a user with write access cause it`,
  );
}

/**
 * Members of the organization and collaborators may have read access only. So GitHub is asked, which answers `write` for the role
 * "maintain" too, and `read` for "triage".
 * @returns why they do not all have write access, as far as it can be found out.
 */
async function doubtAbout(
  people: readonly string[],
  github: Github | undefined,
): Promise<string | undefined> {
  if (people.length === 0 || people.includes(""))
    return "it does not say who did";
  for (const login of people) {
    const permission = await permissionOf(login, github);
    if (!permission.ok)
      return `it cannot be found out whether ${login} may write to this repository: ${permission.reason}`;
    if (!["admin", "write"].includes(permission.value))
      return `${login} may not write to this repository`;
  }
  return undefined;
}

async function permissionOf(
  username: string,
  github: Github | undefined,
): Promise<Answer<string>> {
  if (github === undefined) return noToken;
  const request = {
    to: "ask what an account may do",
    permission: "contents: read",
    target: "that account",
  };
  return github.ask(request, async ({ rest }) => {
    const { data } = await rest.repos.getCollaboratorPermissionLevel({
      ...github.repository,
      username,
    });
    return data.permission;
  });
}
