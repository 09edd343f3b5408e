// The operations on the comments of a pull request or an issue, with GitHub's limits and pages.

import type {
  GithubAnswer,
  GithubRequest,
  GithubTarget,
} from "./github-answers.ts";
import { pageOf } from "./github-pages.ts";
import { commentShape, invalid, notFound, problem } from "./github-shapes.ts";
import { addComment, type GithubState, now } from "./github-state.ts";

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
export function bodyTooLong(
  resource: string,
  body: string,
): GithubAnswer | undefined {
  if (body.length <= longestBody) return undefined;
  const message = `Body is too long (maximum is ${longestBody} characters)`;
  return invalid(resource, "body", { message });
}

function hasThread({ pulls, issues }: GithubState, number: number): boolean {
  return [...pulls, ...issues].some((thread) => thread.number === number);
}
