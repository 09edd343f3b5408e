import { GateFailure } from "../gate/failure.ts";
import type { Command } from "./inputs/contract.ts";
import type { Inputs } from "./inputs/inputs.ts";
import type { Job } from "./job.ts";

export type Occasion = Pick<Job, "event" | "action" | "pullRequest">;

type Asked = Pick<
  Inputs,
  "command" | "ephemeral" | "expectedPlan" | "force" | "given" | "tokensFile"
>;

/**
 * @returns the command; `auto` is decided by the event.
 * @throws GateFailure `invalid-input` for an event or a combination that is refused.
 */
export function resolveCommand(asked: Asked, occasion: Occasion): Command {
  refuseEvent(occasion.event);
  if (asked.ephemeral) refuseSharedStack(asked, occasion);
  const command =
    asked.command === "auto" ? automatic(asked, occasion) : asked.command;
  if (asked.expectedPlan !== undefined && command !== "up")
    throw refusal(
      "expected-plan",
      `goes with the command up, but this run is ${command}: leave it out here`,
    );
  const isFile = asked.tokensFile !== undefined;
  if (isFile && command !== "load-tokens")
    throw refusal(
      "tokens-file",
      `goes with the command load-tokens, but this run is ${command}: leave it out here`,
    );
  if (!isFile && command === "load-tokens")
    throw refusal(
      "tokens-file",
      "is missing: name the file that load-tokens is to load",
    );
  if (asked.force && command !== "unlock")
    throw refusal(
      "force",
      `goes with the command unlock, but this run is ${command}: leave it out here`,
    );
  return command;
}

/**
 * Events by which a user with write access has a commit of the repository deployed. Every other event, known or not, previews only:
 * users without write access cause it (an issue, a comment, a fork, a workflow run that followed one), or it precedes a merge.
 */
const deploying = [
  "push",
  "workflow_dispatch",
  "repository_dispatch",
  "schedule",
  "release",
  "deployment",
];

export type Cause = "writer" | "fork" | "anyone";

/** @param ephemeral whether the gate lives as long as the pull request. */
export function causeOf(
  { event, fork, pullRequest }: Pick<Job, "event" | "fork" | "pullRequest">,
  ephemeral: boolean,
): Cause {
  if (fork || pullRequest?.untrusted === true) return "fork";
  // Outside GitHub the user who runs the action by hand has the credentials anyway.
  const isTrusted = ["", "merge_group", ...deploying].includes(event);
  // Only who may write can push the branch of a pull request of this repository.
  const isOwn = event === "pull_request" && pullRequest !== undefined;
  return isTrusted || (isOwn && ephemeral) ? "writer" : "anyone";
}

export const automaticOn = (event: string): "preview" | "up" =>
  deploying.includes(event) ? "up" : "preview";

function automatic(
  { ephemeral }: Asked,
  { action, event, pullRequest }: Occasion,
): Command {
  if (!ephemeral) return automaticOn(event);
  // What happens to a closed pull request (a label, a comment's edit) does not bring its gate up again.
  const isClosed = action === "closed" || pullRequest?.closed === true;
  if (event === "pull_request") return isClosed ? "destroy" : "up";
  throw refusal(
    "ephemeral",
    `an ephemeral gate belongs to a pull request, but the event is ${event || "not known"}: run the workflow on pull_request (types: opened, synchronize, reopened, closed), or name the command`,
  );
}

/**
 * `pull_request_target` gives a fork's pull request the secrets and the token of the base branch, and a workflow that checks the
 * pull request out would deploy the fork's gate with them.
 */
function refuseEvent(event: string): void {
  if (event !== "pull_request_target") return;
  throw new GateFailure(
    "invalid-input",
    "The event pull_request_target is refused: it lends the secrets of this repository to pull requests from forks. Use the event pull_request",
  );
}

/** Closing a pull request destroys the stack, so it must be one that no other pull request, and nothing lasting, has. */
function refuseSharedStack(
  { given: { stack = "" } }: Asked,
  { pullRequest }: Occasion,
): void {
  if (pullRequest === undefined) return;
  const { number } = pullRequest;
  // A bare number is no sign: `gate-eu-west-1` is not the gate of pull request 1.
  const own = new RegExp(`(?<![A-Za-z0-9])pr-${number}(?![A-Za-z0-9])`);
  if (own.test(stack)) return;
  throw refusal(
    "stack",
    `"${stack}" does not hold \`pr-${number}\`, but ephemeral destroys it when the pull request is closed: name it \`pr-\${{ github.event.number }}\``,
  );
}

const refusal = (where: string, message: string): GateFailure =>
  new GateFailure("invalid-input", "the inputs do not fit the event", [
    { where, message },
  ]);
