// What the GitHub stand-in answers: each operation over the state, in GitHub's shapes and words.

import {
  addComment,
  type GithubComment,
  type GithubIdentity,
  type GithubPull,
  type GithubState,
} from "./github.ts";
import { parsedObject } from "./servers.ts";

export interface GithubRequest {
  /** What links in answers start with. */
  readonly base: string;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: string;
  /** Undefined for an unknown token, or none. */
  readonly caller: GithubIdentity | undefined;
}

export interface GithubAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
}

type Operation = (
  state: GithubState,
  request: GithubRequest,
  id: number,
) => GithubAnswer;

const repositoryId = 1296269;
const longestBody = 65_536;

const operations: readonly {
  method: string;
  path: RegExp;
  operation: Operation;
}[] = [
  {
    method: "GET",
    path: /^$/,
    operation: (state) => ({
      status: 200,
      body: repositoryShape(state.repository),
    }),
  },
  { method: "GET", path: /^\/pulls\/(\d+)$/, operation: getPull },
  {
    method: "GET",
    path: /^\/issues\/(\d+)\/comments$/,
    operation: listComments,
  },
  {
    method: "POST",
    path: /^\/issues\/(\d+)\/comments$/,
    operation: createComment,
  },
  { method: "GET", path: /^\/issues\/comments\/(\d+)$/, operation: getComment },
  {
    method: "PATCH",
    path: /^\/issues\/comments\/(\d+)$/,
    operation: updateComment,
  },
  {
    method: "DELETE",
    path: /^\/issues\/comments\/(\d+)$/,
    operation: deleteComment,
  },
];

/** Answers one call and changes the state where it is a write. Operations the action has no use for are 404. */
export function answerGithub(
  state: GithubState,
  request: GithubRequest,
): GithubAnswer {
  if (request.caller === undefined)
    return problem(
      401,
      request.path === "/" ? "Requires authentication" : "Bad credentials",
    );
  const inRepository = pathInRepository(state.repository, request.path);
  if (inRepository === undefined) return notFound();
  for (const { method, path, operation } of operations) {
    const match = path.exec(inRepository);
    if (match === null || method !== request.method) continue;
    if (method !== "GET" && request.caller.permission !== "write")
      return problem(403, "Resource not accessible by integration");
    return operation(state, request, Number(match[1] ?? 0));
  }
  return notFound();
}

// Links that GitHub gives out name the repository by its number.
function pathInRepository(
  repository: string,
  path: string,
): string | undefined {
  const prefixes = [`/repos/${repository}`, `/repositories/${repositoryId}`];
  const prefix = prefixes.find(
    (candidate) => path === candidate || path.startsWith(`${candidate}/`),
  );
  return prefix === undefined ? undefined : path.slice(prefix.length);
}

function getPull(
  state: GithubState,
  request: GithubRequest,
  number: number,
): GithubAnswer {
  const pull = state.pulls.find((candidate) => candidate.number === number);
  return pull === undefined
    ? notFound()
    : { status: 200, body: pullShape(state, request.base, pull) };
}

function listComments(
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

function createComment(
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

function getComment(
  state: GithubState,
  request: GithubRequest,
  id: number,
): GithubAnswer {
  const comment = state.comments.find((candidate) => candidate.id === id);
  return comment === undefined
    ? notFound()
    : { status: 200, body: commentShape(state, request.base, comment) };
}

function updateComment(
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

function deleteComment(
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

function invalid(code: string, message: string): GithubAnswer {
  const errors = [{ resource: "IssueComment", code, field: "body", message }];
  return {
    status: 422,
    body: {
      message: "Validation Failed",
      errors,
      documentation_url: documentation,
      status: "422",
    },
  };
}

const documentation = "https://docs.github.com/rest";
const notFound = (): GithubAnswer => problem(404, "Not Found");

function problem(status: number, message: string): GithubAnswer {
  return {
    status,
    body: { message, documentation_url: documentation, status: String(status) },
  };
}

function hasPull(state: GithubState, number: number): boolean {
  return state.pulls.some((pull) => pull.number === number);
}

function positive(text: string | null, otherwise: number): number {
  return text !== null && /^[1-9]\d*$/.test(text) ? Number(text) : otherwise;
}

function repositoryShape(repository: string): object {
  const [owner, name] = repository.split("/");
  return {
    id: repositoryId,
    name,
    full_name: repository,
    owner: { login: owner },
    private: true,
    default_branch: "main",
  };
}

function pullShape(
  { repository }: GithubState,
  base: string,
  { number, title, locked }: GithubPull,
): object {
  return {
    id: 5_000_000 + number,
    number,
    title: title ?? `Pull request ${number}`,
    state: "open",
    locked: locked ?? false,
    url: `${base}/repos/${repository}/pulls/${number}`,
    html_url: `https://github.com/${repository}/pull/${number}`,
    head: { ref: "feature", repo: repositoryShape(repository) },
    base: { ref: "main", repo: repositoryShape(repository) },
  };
}

function commentShape(
  { repository }: GithubState,
  base: string,
  comment: GithubComment,
): object {
  return {
    id: comment.id,
    url: `${base}/repos/${repository}/issues/comments/${comment.id}`,
    html_url: `https://github.com/${repository}/pull/${comment.pull}#issuecomment-${comment.id}`,
    issue_url: `${base}/repos/${repository}/issues/${comment.pull}`,
    user: { login: comment.login, type: comment.type },
    created_at: comment.createdAt,
    updated_at: comment.updatedAt,
    author_association: "CONTRIBUTOR",
    body: comment.body,
  };
}
