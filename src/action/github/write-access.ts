// Who may change a gate: on a public repository anybody can open an issue, write a comment or fork, and the workflow that runs
// then has the repository's secrets.
import { GateFailure } from "../../gate/failure.ts";
import { causeOf } from "../events.ts";
import type { Command } from "../inputs/contract.ts";
import type { Job } from "../job.ts";
import type { Answer, Github } from "./client.ts";

interface Asked {
  readonly command: Command;
  readonly ephemeral: boolean;
}

/** @returns the refusal of a command that changes something, when nobody with write access stands behind the event. */
export async function refuseWithoutWriteAccess(
  { command, ephemeral }: Asked,
  job: Pick<Job, "event" | "fork" | "people" | "pullRequest">,
  github: Github | undefined,
): Promise<GateFailure | undefined> {
  if (looking.includes(command)) return undefined;
  const cause = causeOf(job, ephemeral);
  if (cause === "writer") return undefined;
  if (cause === "fork")
    return refusal(
      command,
      `the event ${job.event} is about code of a fork or of Dependabot, which nobody with write access has accepted. Merge it first, or use the command preview`,
    );
  const why = await doubtAbout(job.people, github);
  return why === undefined
    ? undefined
    : refusal(
        command,
        `anybody can cause the event ${job.event}, and ${why}. Run it on push or workflow_dispatch, or let somebody with write access cause it`,
      );
}

const looking: readonly Command[] = ["preview", "drift", "output"];

const refusal = (command: Command, why: string): GateFailure =>
  new GateFailure("invalid-input", `Refused to run ${command}: ${why}`);

/**
 * Whether somebody is a member of the organization or a collaborator says nothing: both may have read access only. So GitHub is
 * asked, which answers `write` for the role "maintain" too, and `read` for "triage".
 * @returns why they do not all have write access, as far as it can be found out.
 */
async function doubtAbout(
  people: readonly string[],
  github: Github | undefined,
): Promise<string | undefined> {
  if (people.length === 0 || people.includes(""))
    return "it does not say who did";
  for (const login of people) {
    const asked = await permissionOf(login, github);
    if (!asked.ok)
      return `it cannot be found out whether ${login} may write to this repository: ${asked.reason}`;
    if (!["admin", "write"].includes(asked.value))
      return `${login} may not write to this repository`;
  }
  return undefined;
}

async function permissionOf(
  username: string,
  github: Github | undefined,
): Promise<Answer<string>> {
  if (github === undefined)
    return {
      ok: false,
      reason: "there is no `github-token` to ask GitHub with",
    };
  const request = {
    to: "ask what an account may do",
    permission: "contents: read",
    target: "that account",
    refused: "to say what that account may do (422)",
  };
  return github.ask(request, async ({ rest }) => {
    const { data } = await rest.repos.getCollaboratorPermissionLevel({
      ...github.repository,
      username,
    });
    return data.permission;
  });
}
