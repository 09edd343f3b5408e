// GitHub workflows as callers: known by ids, which never change hands, and by events that only writers cause. Pure.
import type { Condition } from "../../gate/gate.ts";
import {
  type DraftConsumer,
  draftConsumer,
  type DraftGithub,
} from "../draft.ts";
import type { Given, Place, Report } from "../location.ts";
import { hidden, listed, namedLines, quoted } from "../messages.ts";
import { checkClaims } from "./jwt-conditions.ts";
import { isConsumerId } from "./tokens.ts";

/**
 * Events that only somebody with write access to the repository can cause ("Events that trigger workflows"); a pull request
 * enters the merge queue by their hand too. Not among them: what anybody can do (`issues`, `fork`, `watch`, `discussion`, …); what
 * is about a pull request or an earlier run of one; and what services report about any commit, a fork's too (`check_run`,
 * `status`, `deployment`, `deployment_status`, …), of which the last two even run the workflow of that commit.
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
    return { claim: "event_name", anyOf: writersEvents };
  for (const { value, place } of events) {
    if (!/^[a-z][a-z_]{0,63}$/.test(value))
      report(
        place,
        `${quoted(value)} is no event: name each event as \`on:\` of a workflow does, like push (no wildcards)`,
      );
    // GitHub gives a fork's run of `pull_request` no ID token.
    else if (![...writersEvents, "pull_request"].includes(value))
      warn(
        place,
        `runs of ${value} can be caused by others than those with write access to the repository, and pass for one of its branches: name it only if no such workflow runs what they wrote`,
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
