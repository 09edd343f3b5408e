// What an event of GitHub means for the run: which command it is, and which events are refused. Pure.
import { GateFailure } from "../gate/failure.ts";
import type { Command, CommandInput } from "./contract.ts";
import type { Job } from "./job.ts";

/** The part of the job that decides. */
export type Occasion = Pick<
  Job,
  "event" | "action" | "pullRequest" | "comment"
>;

interface Asked {
  readonly command: CommandInput;
  readonly ephemeral: boolean;
  readonly stack: string | undefined;
}

/**
 * @returns the command; `auto` is decided by the event.
 * @throws GateFailure `invalid-input` for an event or a combination that is refused.
 */
export function resolveCommand(asked: Asked, occasion: Occasion): Command {
  refuseEvent(occasion.event);
  if (asked.ephemeral) refuseSharedStack(asked, occasion);
  const command =
    asked.command === "auto" ? automatic(asked, occasion) : asked.command;
  refuseStranger(command, occasion);
  return command;
}

/** What comes before a merge (a review of a pull request too), or from whoever may write a comment, changes nothing. */
export const looksOnly = (event: string): boolean =>
  event.startsWith("pull_request") ||
  ["merge_group", "issue_comment"].includes(event);

function automatic({ ephemeral }: Asked, { action, event }: Occasion): Command {
  if (!ephemeral) return looksOnly(event) ? "preview" : "up";
  if (event === "pull_request") return action === "closed" ? "destroy" : "up";
  throw refusal(
    "ephemeral",
    `an ephemeral gate belongs to a pull request, but the event is ${event || "not known"}: run the workflow on pull_request (types: opened, synchronize, reopened, closed), or name the command`,
  );
}

/**
 * `pull_request_target` gives a stranger's pull request the secrets and the token of the base branch, and a workflow that
 * checks the pull request out would deploy the stranger's gate with them.
 */
function refuseEvent(event: string): void {
  if (event !== "pull_request_target") return;
  throw new GateFailure(
    "invalid-input",
    "The event pull_request_target is refused: it lends the secrets of this repository to pull requests of strangers. Use the event pull_request",
  );
}

/** Closing a pull request destroys the stack, so it must be one that no other pull request, and nothing lasting, has. */
function refuseSharedStack(
  { stack = "" }: Asked,
  { pullRequest }: Occasion,
): void {
  if (pullRequest === undefined) return;
  const { number } = pullRequest;
  if (stack.split(/\D+/).includes(String(number))) return;
  throw refusal(
    "stack",
    `"${stack}" does not hold the number of the pull request (${number}), but ephemeral destroys it when the pull request is closed: name it \`pr-\${{ github.event.number }}\``,
  );
}

const insiders = ["OWNER", "MEMBER", "COLLABORATOR"];

/** Anybody may comment on a public repository, and the workflow then runs with its secrets. */
function refuseStranger(command: Command, { comment, event }: Occasion): void {
  const looks = ["preview", "drift", "output"].includes(command);
  if (event !== "issue_comment" || looks) return;
  if (insiders.includes(comment?.association ?? "")) return;
  throw new GateFailure(
    "invalid-input",
    `A comment of somebody who is no member or collaborator of this repository may not ${command} a gate: check \`github.event.comment.author_association\` in the workflow`,
  );
}

const refusal = (where: string, message: string): GateFailure =>
  new GateFailure("invalid-input", "the inputs do not fit the event", [
    { where, message },
  ]);
