// The operations on issues: listed by label, creator and state among the pull requests, created, changed.
import {
  commentShape,
  invalid,
  issueShape,
  notFound,
  pageOf,
  problem,
  pullAsIssueShape,
} from "./github-shapes.ts";
import {
  addComment,
  type GithubAnswer,
  type GithubIssue,
  type GithubRequest,
  type GithubState,
  type GithubTarget,
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

// The operations on the comments of a pull request or an issue, with GitHub's limits and pages.

/** GitHub's longest body of a comment or an issue. */
const longestBody = 65_536;

export function listComments(
  state: GithubState,
  request: GithubRequest,
  { number }: GithubTarget,
): GithubAnswer {
  if (!hasThread(state, number)) return notFound();
  const all = state.comments.filter(({ pull }) => pull === number);
  return pageOf(request, `/issues/${number}/comments`, all, (comment) =>
    commentShape(state, request.base, comment),
  );
}

export function createComment(
  state: GithubState,
  request: GithubRequest,
  { number, caller }: GithubTarget,
): GithubAnswer {
  if (!hasThread(state, number)) return notFound();
  const pull = state.pulls.find((candidate) => candidate.number === number);
  if (pull?.locked === true)
    return problem(403, "Unable to create comment because issue is locked.");
  const body = validBody(request);
  if (typeof body !== "string") return body;
  const { login, type } = caller;
  const comment = addComment(state, number, { login, type, body });
  return { status: 201, body: commentShape(state, request.base, comment) };
}

export function getComment(
  state: GithubState,
  request: GithubRequest,
  { number: id }: GithubTarget,
): GithubAnswer {
  const comment = state.comments.find((candidate) => candidate.id === id);
  return comment === undefined
    ? notFound()
    : { status: 200, body: commentShape(state, request.base, comment) };
}

export function updateComment(
  state: GithubState,
  request: GithubRequest,
  { number: id }: GithubTarget,
): GithubAnswer {
  const comment = state.comments.find((candidate) => candidate.id === id);
  if (comment === undefined) return notFound();
  // A token with write permission may edit anybody's comment, as on GitHub.
  const body = validBody(request);
  if (typeof body !== "string") return body;
  comment.body = body;
  comment.updatedAt = now();
  return { status: 200, body: commentShape(state, request.base, comment) };
}

export function deleteComment(
  state: GithubState,
  _request: GithubRequest,
  { number: id }: GithubTarget,
): GithubAnswer {
  const index = state.comments.findIndex((candidate) => candidate.id === id);
  if (index < 0) return notFound();
  state.comments.splice(index, 1);
  return { status: 204, body: "" };
}

function validBody({ fields }: GithubRequest): string | GithubAnswer {
  const { body } = fields;
  if (typeof body !== "string" || body.trim() === "")
    return invalid("IssueComment", "body", {
      code: "missing_field",
      message: "Body can't be blank",
    });
  return bodyTooLong("IssueComment", body) ?? body;
}

/** The refusal of a body that is too long, counted in UTF-16 units, the longer way to count: an emoji is two. */
function bodyTooLong(resource: string, body: string): GithubAnswer | undefined {
  if (body.length <= longestBody) return undefined;
  const message = `Body is too long (maximum is ${longestBody} characters)`;
  return invalid(resource, "body", { message });
}

function hasThread({ pulls, issues }: GithubState, number: number): boolean {
  return [...pulls, ...issues].some((thread) => thread.number === number);
}
