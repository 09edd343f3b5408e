// The operations on a pull request's comments, with GitHub's limits and pages.

import type { GithubAnswer, GithubRequest } from "./github-answers.ts";
import {
  commentShape,
  invalid,
  notFound,
  problem,
  repositoryId,
} from "./github-shapes.ts";
import { addComment, type GithubState } from "./github.ts";
import { parsedObject } from "./servers.ts";

const longestBody = 65_536;

export function listComments(
  state: GithubState,
  request: GithubRequest,
  pull: number,
): GithubAnswer {
  if (!hasPull(state, pull)) return notFound();
  const all = state.comments.filter((comment) => comment.pull === pull);
  const size = Math.min(
    Math.max(positive(request.query.get("per_page"), 30), 1),
    100,
  );
  const page = positive(request.query.get("page"), 1);
  const last = Math.max(Math.ceil(all.length / size), 1);
  const link = (to: number, relation: string): string =>
    `<${request.base}/repositories/${repositoryId}/issues/${pull}/comments?per_page=${size}&page=${to}>; rel="${relation}"`;
  const links = [
    ...(page > 1 ? [link(Math.min(page - 1, last), "prev")] : []),
    ...(page < last ? [link(page + 1, "next"), link(last, "last")] : []),
    ...(page > 1 ? [link(1, "first")] : []),
  ];
  const shown = all
    .slice((page - 1) * size, page * size)
    .map((comment) => commentShape(state, request.base, comment));
  return {
    status: 200,
    body: shown,
    ...(links.length > 0 && { headers: { link: links.join(", ") } }),
  };
}

export function createComment(
  state: GithubState,
  request: GithubRequest,
  pull: number,
): GithubAnswer {
  const found = state.pulls.find(({ number }) => number === pull);
  if (found === undefined || request.caller === undefined) return notFound();
  if (found.locked === true)
    return problem(403, "Unable to create comment because issue is locked.");
  const body = validBody(request.body);
  if (typeof body !== "string") return body;
  const { login, type } = request.caller;
  const comment = addComment(state, pull, { login, type, body });
  return { status: 201, body: commentShape(state, request.base, comment) };
}

export function getComment(
  state: GithubState,
  request: GithubRequest,
  id: number,
): GithubAnswer {
  const comment = state.comments.find((candidate) => candidate.id === id);
  return comment === undefined
    ? notFound()
    : { status: 200, body: commentShape(state, request.base, comment) };
}

export function updateComment(
  state: GithubState,
  request: GithubRequest,
  id: number,
): GithubAnswer {
  const comment = state.comments.find((candidate) => candidate.id === id);
  if (comment === undefined) return notFound();
  // A token with write permission may edit anybody's comment, as on GitHub.
  const body = validBody(request.body);
  if (typeof body !== "string") return body;
  comment.body = body;
  comment.updatedAt = new Date().toISOString().replace(/\.\d+/, "");
  return { status: 200, body: commentShape(state, request.base, comment) };
}

export function deleteComment(
  state: GithubState,
  _request: GithubRequest,
  id: number,
): GithubAnswer {
  const index = state.comments.findIndex((candidate) => candidate.id === id);
  if (index < 0) return notFound();
  state.comments.splice(index, 1);
  return { status: 204, body: "" };
}

function validBody(text: string): string | GithubAnswer {
  const body = parsedObject(text)?.body;
  if (typeof body !== "string" || body.trim() === "")
    return invalid("missing_field", "Body can't be blank");
  // Counted in UTF-16 units, the longer way to count: an emoji is two.
  if (body.length > longestBody)
    return invalid(
      "unprocessable",
      `Body is too long (maximum is ${longestBody} characters)`,
    );
  return body;
}

function hasPull(state: GithubState, number: number): boolean {
  return state.pulls.some((pull) => pull.number === number);
}

function positive(text: string | null, otherwise: number): number {
  return text !== null && /^[1-9]\d*$/.test(text) ? Number(text) : otherwise;
}
