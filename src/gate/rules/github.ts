// GitHub workflows as callers: known by ids, which never change hands, and never by events that strangers can cause. Pure.
import type { Condition } from "../gate.ts";
import {
  type DraftConsumer,
  draftConsumer,
  type DraftGithub,
} from "../read/draft.ts";
import type { Given, Place, Report } from "../read/place.ts";
import { hidden, listed, namedLines, quoted } from "../read/words.ts";
import { checkClaims } from "./conditions.ts";
import { isConsumerId } from "./tokens.ts";

/**
 * Runs of these events may be a stranger's doing, or carry a stranger's code, and their tokens still name the base branch
 * (`pull_request_target`, `workflow_run`, `issue_comment`) or are alike for every branch (`pull_request`).
 */
const riskyEvents = [
  "pull_request",
  "pull_request_target",
  "workflow_run",
  "issue_comment",
];

const howToAsk = "`gh api repos/OWNER/REPO --jq .id` prints it";

/** @returns what the claims of the workflow's token must be. */
export function checkGithub(
  draft: DraftGithub,
  { report, warn }: { report: Report; warn: Report },
): Condition[] {
  const { repositoryId, ownerId } = draft;
  if (repositoryId === undefined && ownerId === undefined)
    report(
      draft.place,
      `\`repository-id\` or \`repository-owner-id\` is required: without one, every repository on GitHub could pass (${howToAsk})`,
    );
  for (const { place, values, name } of draft.claims)
    for (const { value } of values)
      reportForm({ place, name, value: String(value) }, report);
  return [
    ...checkId(repositoryId, "repository_id", report),
    ...checkId(ownerId, "repository_owner_id", report),
    ...checkClaims(draft.claims, report),
    checkEvents(draft.events, { report, warn }),
  ];
}

/**
 * Reads `name=repository-id` lines.
 * @returns one consumer a line, with access to every route.
 */
export function readRepositoryLines(
  given: Given<string> | undefined,
  report: Report,
): DraftConsumer[] {
  const place = { where: "github-repositories" };
  return namedLines(given?.value ?? "").flatMap(
    ({ number, line, name, value }) => {
      if (!isConsumerId(name)) {
        // A line may be a token that was put into the wrong input.
        report(
          place,
          `line ${number} ${hidden(line)} does not start with a name and =: write name=repository-id (${howToAsk})`,
        );
        return [];
      }
      const repositoryId = { value, place };
      const none = { ownerId: undefined, claims: [], events: undefined };
      return [
        {
          ...draftConsumer({ value: name, place }),
          github: { place, repositoryId, ...none },
        },
      ];
    },
  );
}

function checkId(
  given: Given<string> | undefined,
  claim: string,
  report: Report,
): Condition[] {
  if (given === undefined) return [];
  if (/^[1-9]\d{0,18}$/.test(given.value))
    return [{ claim, anyOf: [given.value] }];
  const shown = /^[\w./-]{1,100}$/.test(given.value)
    ? quoted(given.value)
    : hidden(given.value);
  report(
    given.place,
    `${shown} is no id of ${claim === "repository_id" ? "a repository" : "an owner"}, which has digits only: ${given.value.includes("/") ? "names can change hands, so give the id" : "give the id"} (${howToAsk})`,
  );
  return [];
}

function reportForm(
  { place, name, value }: { place: Place; name: string; value: string },
  report: Report,
): void {
  if (name === "ref" && !/^(refs\/|\*)/.test(value) && value !== "")
    report(
      place,
      `${quoted(value)} is no full ref: write refs/heads/BRANCH or refs/tags/TAG`,
    );
  if (name.endsWith("workflow_ref") && !/[@*]/.test(value) && value !== "")
    report(
      place,
      `${quoted(value)} names no version of the workflow: write OWNER/REPO/.github/workflows/FILE@REF, with * for any REF`,
    );
}

function checkEvents(
  events: readonly Given<string>[] | undefined,
  { report, warn }: { report: Report; warn: Report },
): Condition {
  if (events === undefined)
    return {
      claim: "event_name",
      anyOf: ["push", "release", "schedule", "workflow_dispatch"],
    };
  for (const { value, place } of events) {
    if (!/^[a-z][a-z_]{0,63}$/.test(value))
      report(
        place,
        `${quoted(value)} is no event: name each event as \`on:\` of a workflow does, like push (no wildcards)`,
      );
    else if (riskyEvents.includes(value) && value !== "pull_request")
      warn(
        place,
        `runs of ${value} can be caused by strangers and pass for the base branch: name it only if no such workflow runs what a stranger wrote`,
      );
  }
  const names = events.map(({ value }) => value);
  const twice = events.find(({ value }, at) => names.indexOf(value) < at);
  if (twice !== undefined)
    report(
      twice.place,
      `the event ${quoted(twice.value)} is given twice: name each of ${listed([...new Set(names)])} once`,
    );
  return { claim: "event_name", anyOf: names };
}
