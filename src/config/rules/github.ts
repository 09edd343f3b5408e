// GitHub workflows as callers: known by ids, which never change hands, and by events that need write access.
import { type Condition, writersEvents } from "../../gate/gate.ts";
import type { Config } from "../from-inputs.ts";
import type { Located } from "../location.ts";
import { hidden, quoted } from "../messages.ts";
import { checkClaims, type NamedClaim } from "./claims.ts";
import { checkList } from "./value-checks.ts";

type GithubConfig = NonNullable<Config["consumers"][number]["github"]>;

const idCommand = "`gh api repos/OWNER/REPO --jq .id` prints it";

const claimNames = {
  ref: "ref",
  environment: "environment",
  "workflow-ref": "workflow_ref",
  "job-workflow-ref": "job_workflow_ref",
} as const;

/** @returns what the claims of the workflow's token must be */
export function checkGithub(github: Located<GithubConfig>): Condition[] {
  const repositoryId = github.at("repository-id");
  const ownerId = github.at("repository-owner-id");
  if (repositoryId === undefined && ownerId === undefined)
    github.report(
      `Missing \`repository-id\` or \`repository-owner-id\`: add one, else every repository on GitHub would be accepted (${idCommand})`,
    );
  const claims = Object.entries(claimNames).flatMap(
    ([key, name]): NamedClaim[] => {
      const given = github.at(key as keyof typeof claimNames);
      return given === undefined ? [] : [[name, given]];
    },
  );
  for (const [name, given] of claims)
    for (const { value } of given.items()) {
      const fault = refFault(name, String(value));
      if (fault !== undefined) given.report(fault);
    }
  return [
    ...checkId(repositoryId, "repository_id"),
    ...checkId(ownerId, "repository_owner_id"),
    ...checkClaims(claims),
    {
      claim: "event_name",
      anyOf: checkEvents(github.at("event")?.items()),
    },
  ];
}

function checkId(
  given: Located<string | number> | undefined,
  claim: string,
): Condition[] {
  if (given === undefined) return [];
  const value = String(given.value);
  if (/^[1-9]\d{0,18}$/.test(value)) return [{ claim, anyOf: [value] }];
  // It may be a token in the wrong place.
  const shown = /^[\w./-]{1,100}$/.test(value) ? quoted(value) : hidden(value);
  given.report(
    `Invalid value ${shown}: use the id, in digits, since another owner can take over a name (${idCommand})`,
  );
  return [];
}

function refFault(claim: string, value: string): string | undefined {
  if (value === "") return undefined;
  if (claim === "ref" && !/^(refs\/|\*)/.test(value))
    return `Invalid value ${quoted(value)}: use refs/heads/BRANCH or refs/tags/TAG`;
  return claim.endsWith("workflow_ref") && !/[@*]/.test(value)
    ? `${quoted(value)} has no version of the workflow: write OWNER/REPO/.github/workflows/FILE@REF, with * for any REF`
    : undefined;
}

/** @returns the names of the events */
function checkEvents(events: readonly Located<string>[] | undefined): string[] {
  if (events === undefined) return writersEvents;
  for (const event of events)
    if (!/^[a-z][a-z_]{0,63}$/.test(event.value))
      event.report(
        `Invalid value ${quoted(event.value)}: use the name of an event as in \`on:\` of a workflow, like push (no wildcards)`,
      );
    // GitHub gives a fork's run of `pull_request` no ID token.
    else if (![...writersEvents, "pull_request"].includes(event.value))
      event.warn(
        `Runs of ${quoted(event.value)} can be caused without write access to the repository: allow it only if no such workflow runs code of others`,
      );
  return checkList("event", events, {});
}
