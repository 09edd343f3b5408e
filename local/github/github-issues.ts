// The operations on issues: listed by label, creator and state among the pull requests, created, changed.

import { bodyTooLong } from "./github-comments.ts";
import type {
  GithubAnswer,
  GithubRequest,
  GithubTarget,
} from "./github-answers.ts";
import { pageOf } from "./github-pages.ts";
import {
  invalid,
  issueShape,
  notFound,
  problem,
  pullAsIssueShape,
} from "./github-shapes.ts";
import {
  type GithubIssue,
  type GithubState,
  nextNumber,
  now,
} from "./github-state.ts";

export function listIssues(
  state: GithubState,
  request: GithubRequest,
): GithubAnswer {
  const { query, base } = request;
  const wanted = query.get("state") ?? "open";
  const creator = query.get("creator");
  const labels = (query.get("labels") ?? "").split(",").filter(Boolean);
  if (!["open", "closed", "all"].includes(wanted))
    return invalid("Issue", "state", {
      code: "invalid",
      message: "state must be one of open, closed, all",
    });
  const issues = state.issues.filter(
    (issue) =>
      (wanted === "all" || issue.state === wanted) &&
      (creator === null || issue.login === creator) &&
      labels.every((label) => has(issue.labels, label)),
  );
  // To GitHub every pull request is an issue; those of the stand-in have no labels, and somebody made them.
  const pulls = state.pulls.filter(
    () => labels.length === 0 && creator === null && wanted !== "closed",
  );
  const found = [
    ...issues.map((issue) => ({
      number: issue.number,
      shape: issueShape(state, base, issue),
    })),
    ...pulls.map((pull) => ({
      number: pull.number,
      shape: pullAsIssueShape(state, base, pull),
    })),
  ].sort((one, other) => other.number - one.number);
  // The order in which they were made; the stand-in knows no other.
  if (query.get("direction") === "asc") found.reverse();
  return pageOf(request, "/issues", found, ({ shape }) => shape);
}

export function getIssue(
  state: GithubState,
  request: GithubRequest,
  { number }: GithubTarget,
): GithubAnswer {
  const issue = state.issues.find((candidate) => candidate.number === number);
  return issue === undefined
    ? notFound()
    : { status: 200, body: issueShape(state, request.base, issue) };
}

export function createIssue(
  state: GithubState,
  request: GithubRequest,
  { caller: { login, type } }: GithubTarget,
): GithubAnswer {
  if (!state.issuesEnabled)
    return problem(410, "Issues has been disabled in this repository.");
  const { title, body = "", labels = [] } = request.fields;
  const refusal = refuse({ title, body, labels });
  if (refusal !== undefined) return refusal;
  const at = now();
  const issue: GithubIssue = {
    number: nextNumber(state),
    login,
    type,
    title: title as string,
    body: body as string,
    labels: namesOf(labels),
    state: "open",
    createdAt: at,
    updatedAt: at,
  };
  state.issues.push(issue);
  return { status: 201, body: issueShape(state, request.base, issue) };
}

export function updateIssue(
  state: GithubState,
  request: GithubRequest,
  { number }: GithubTarget,
): GithubAnswer {
  const issue = state.issues.find((candidate) => candidate.number === number);
  if (issue === undefined) return notFound();
  const { fields } = request;
  const changed = {
    title: fields.title ?? issue.title,
    body: fields.body ?? issue.body,
    labels: fields.labels ?? issue.labels,
    state: fields.state ?? issue.state,
  };
  const refusal = refuse(changed);
  if (refusal !== undefined) return refusal;
  if (changed.state !== "open" && changed.state !== "closed")
    return invalid("Issue", "state", {
      code: "invalid",
      message: "state must be one of open, closed",
    });
  const { title, body, labels } = changed;
  Object.assign(issue, { title, body, labels: namesOf(labels) });
  Object.assign(issue, { state: changed.state, updatedAt: now() });
  return { status: 200, body: issueShape(state, request.base, issue) };
}

function refuse(fields: {
  title: unknown;
  body: unknown;
  labels: unknown;
}): GithubAnswer | undefined {
  const { title, body, labels } = fields;
  if (typeof title !== "string" || title.trim() === "")
    return invalid("Issue", "title", {
      code: "missing_field",
      message: "title can't be blank",
    });
  if (title.length > 256)
    return invalid("Issue", "title", {
      message: "title is too long (maximum is 256 characters)",
    });
  if (typeof body !== "string" || !Array.isArray(labels))
    return problem(422, "Invalid request.");
  return bodyTooLong("Issue", body);
}

/** Labels are given as names or as objects with one. Such as do not exist are made. */
function namesOf(labels: unknown): string[] {
  return (labels as unknown[]).flatMap((label) => {
    const name =
      typeof label === "object" && label !== null && "name" in label
        ? label.name
        : label;
    return typeof name === "string" ? [name] : [];
  });
}

/** Labels are the same in any case. */
const has = (labels: readonly string[], wanted: string): boolean =>
  labels.some((label) => label.toLowerCase() === wanted.toLowerCase());
