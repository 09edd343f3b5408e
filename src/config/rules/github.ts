// GitHub workflows as callers: known by ids, which never change hands, and by events that need write access.
import type { Condition } from "../../gate/gate.ts";
import {
  type DraftConsumer,
  draftConsumer,
  type DraftGithub,
} from "../draft.ts";
import type { Given, Report } from "../location.ts";
import { hidden, quoted } from "../messages.ts";
import { reportDuplicates, type Reports } from "./value-checks.ts";
import { checkClaims } from "./claims.ts";
import { consumerLines } from "./tokens.ts";

/**
 * Events that need write access to the repository ("Events that trigger workflows"). Not among them: what anybody can cause
 * (`issues`, `fork`, `discussion`, …), what is about a pull request or an earlier run, and what services report about any commit,
 * a fork's too (`check_run`, `status`, `deployment_status`, …).
 */
export const writersEvents = [
  "push",
  "create",
  "delete",
  "merge_group",
  "release",
  "repository_dispatch",
  "schedule",
  "workflow_dispatch",
];

const idCommand = "`gh api repos/OWNER/REPO --jq .id` prints it";

/** @returns what the claims of the workflow's token must be */
export function checkGithub(draft: DraftGithub, reports: Reports): Condition[] {
  const { report } = reports;
  const { repositoryId, ownerId } = draft;
  if (repositoryId === undefined && ownerId === undefined)
    report(
      draft.place,
      `Missing \`repository-id\` or \`repository-owner-id\`: add one, else every repository on GitHub would be accepted (${idCommand})`,
    );
  for (const { place, values, name } of draft.claims)
    for (const { value } of values) {
      const fault = refFault(name, String(value));
      if (fault !== undefined) report(place, fault);
    }
  return [
    ...checkId(repositoryId, "repository_id", report),
    ...checkId(ownerId, "repository_owner_id", report),
    ...checkClaims(draft.claims, report),
    { claim: "event_name", anyOf: checkEvents(draft.events, reports) },
  ];
}

/**
 * Reads `name=repository-id` lines.
 * @returns one consumer a line, with access to every route
 */
export function readRepositoryLines(
  input: Given<string> | undefined,
  report: Report,
): DraftConsumer[] {
  const place = { where: "github-repositories" };
  return consumerLines(input, "name=repository-id", report).map(
    ({ name, value }) => ({
      ...draftConsumer({ value: name, place }),
      github: {
        place,
        repositoryId: { value, place },
        ownerId: undefined,
        claims: [],
        events: undefined,
      },
    }),
  );
}

function checkId(
  given: Given<string> | undefined,
  claim: string,
  report: Report,
): Condition[] {
  if (given === undefined) return [];
  const { value, place } = given;
  if (/^[1-9]\d{0,18}$/.test(value)) return [{ claim, anyOf: [value] }];
  // It may be a token in the wrong place.
  const shown = /^[\w./-]{1,100}$/.test(value) ? quoted(value) : hidden(value);
  report(
    place,
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
function checkEvents(
  events: readonly Given<string>[] | undefined,
  { report, warn }: Reports,
): string[] {
  if (events === undefined) return writersEvents;
  for (const { value, place } of events) {
    if (!/^[a-z][a-z_]{0,63}$/.test(value))
      report(
        place,
        `Invalid value ${quoted(value)}: use the name of an event as in \`on:\` of a workflow, like push (no wildcards)`,
      );
    // GitHub gives a fork's run of `pull_request` no ID token.
    else if (![...writersEvents, "pull_request"].includes(value))
      warn(
        place,
        `Runs of ${quoted(value)} can be caused without write access to the repository: allow it only if no such workflow runs code of others`,
      );
  }
  reportDuplicates("event", events, report);
  return events.map(({ value }) => value);
}
