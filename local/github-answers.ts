// What the GitHub stand-in answers: each operation over the state, in GitHub's shapes and words.

import {
  createComment,
  deleteComment,
  getComment,
  listComments,
  updateComment,
} from "./github-comments.ts";
import {
  notFound,
  problem,
  pullShape,
  repositoryId,
  repositoryShape,
} from "./github-shapes.ts";
import type { GithubIdentity, GithubState } from "./github.ts";

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

const listPath = /^\/issues\/(\d+)\/comments$/;
const onePath = /^\/issues\/comments\/(\d+)$/;

const operations: readonly {
  method: string;
  path: RegExp;
  operation: Operation;
}[] = [
  { method: "GET", path: /^$/, operation: getRepository },
  { method: "GET", path: /^\/pulls\/(\d+)$/, operation: getPull },
  { method: "GET", path: listPath, operation: listComments },
  { method: "POST", path: listPath, operation: createComment },
  { method: "GET", path: onePath, operation: getComment },
  { method: "PATCH", path: onePath, operation: updateComment },
  { method: "DELETE", path: onePath, operation: deleteComment },
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

function getRepository({ repository }: GithubState): GithubAnswer {
  return { status: 200, body: repositoryShape(repository) };
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
