// What the GitHub stand-in answers: who may ask, and which operation it is. Operations the action has no use for are 404.

import { compareCommits, getReference } from "./github-compare.ts";
import {
  createDeployment,
  createStatus,
  deleteDeployment,
  getDeployment,
  listDeployments,
  listStatuses,
} from "./github-deployments.ts";
import {
  createComment,
  createIssue,
  deleteComment,
  getComment,
  getIssue,
  listComments,
  listIssues,
  updateComment,
  updateIssue,
} from "./github-issues.ts";
import {
  getPermission,
  getPull,
  listPulls,
  listPullsOfCommit,
} from "./github-pulls.ts";
import {
  notFound,
  problem,
  repositoryId,
  repositoryShape,
} from "./github-shapes.ts";
import type {
  GithubAnswer,
  GithubIdentity,
  GithubRequest,
  GithubScope,
  GithubState,
  GithubTarget,
} from "./github-state.ts";

type Operation = (
  state: GithubState,
  request: GithubRequest,
  target: GithubTarget,
) => GithubAnswer;

type Row = readonly [string, string, Operation, ...GithubScope[]];

const anyScope = [
  "contents",
  "issues",
  "pull-requests",
  "deployments",
  "actions",
] as const;

/** Method, path, operation, and the scopes one of which is needed. `:id` is a number, `:sha` and `:name` anything. */
const rows: readonly Row[] = [
  // "Metadata", which every token may read.
  ["GET", "/collaborators/:name/permission", getPermission, ...anyScope],
  ["GET", "", getRepository, ...anyScope],
  ["GET", "/actions/runs/:id/attempts/:name", getRunAttempt, "actions"],
  ["GET", "/pulls", listPulls, "pull-requests"],
  ["GET", "/pulls/:id", getPull, "pull-requests"],
  ["GET", "/commits/:sha/pulls", listPullsOfCommit, "pull-requests"],
  ["GET", "/compare/:name", compareCommits, "contents"],
  ["GET", "/git/ref/:name", getReference, "contents"],
  ["GET", "/issues", listIssues, "issues"],
  ["POST", "/issues", createIssue, "issues"],
  ["GET", "/issues/:id", getIssue, "issues"],
  ["PATCH", "/issues/:id", updateIssue, "issues"],
  ["GET", "/issues/:id/comments", listComments, "issues", "pull-requests"],
  ["POST", "/issues/:id/comments", createComment, "issues", "pull-requests"],
  ["GET", "/issues/comments/:id", getComment, "issues", "pull-requests"],
  ["PATCH", "/issues/comments/:id", updateComment, "issues", "pull-requests"],
  ["DELETE", "/issues/comments/:id", deleteComment, "issues", "pull-requests"],
  ["GET", "/deployments", listDeployments, "deployments"],
  ["POST", "/deployments", createDeployment, "deployments"],
  ["GET", "/deployments/:id", getDeployment, "deployments"],
  ["DELETE", "/deployments/:id", deleteDeployment, "deployments"],
  ["GET", "/deployments/:id/statuses", listStatuses, "deployments"],
  ["POST", "/deployments/:id/statuses", createStatus, "deployments"],
];

const operations = rows.map(([method, path, operation, ...scopes]) => {
  const pattern = path
    .replace(":id", "(\\d+)")
    .replace(/:sha|:name/, "([^/]+)");
  return { method, path: new RegExp(`^${pattern}$`), operation, scopes };
});

/** Answers one call and changes the state where it is a write. `caller` is undefined for an unknown token, or none. */
export function answerGithub(
  state: GithubState,
  request: GithubRequest,
  caller: GithubIdentity | undefined,
): GithubAnswer {
  const { method, path } = request;
  if (caller === undefined)
    return problem(
      401,
      path === "/" ? "Requires authentication" : "Bad credentials",
    );
  if (method === "GET" && path === "/user") return getUser(caller);
  const inRepository = pathInRepository(state.repository, path);
  if (inRepository === undefined) return notFound();
  for (const candidate of operations) {
    const match = candidate.path.exec(inRepository);
    if (match === null || candidate.method !== method) continue;
    const access = method === "GET" ? "read" : "write";
    if (!candidate.scopes.some((scope) => may(caller, scope, access)))
      return refused(caller);
    const text = decodeURIComponent(match[1] ?? "");
    const target = { caller, text, number: Number(text) };
    return candidate.operation(state, request, target);
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

function may(
  { permission }: GithubIdentity,
  scope: GithubScope,
  access: "read" | "write",
): boolean {
  const given = typeof permission === "string" ? permission : permission[scope];
  return given === "write" || given === access;
}

function refused({ type }: GithubIdentity): GithubAnswer {
  const by = type === "Bot" ? "integration" : "personal access token";
  return problem(403, `Resource not accessible by ${by}`);
}

/** An app's token, as every job gets one, is nobody's: it may not ask who it is. */
function getUser(caller: GithubIdentity): GithubAnswer {
  const { login, type } = caller;
  return type === "Bot"
    ? refused(caller)
    : { status: 200, body: { login, type, id: 9_000_001 } };
}

/** The state of a run's attempt ("Get a workflow run attempt"); no more of it is read. */
function getRunAttempt(
  { runs }: GithubState,
  { path }: GithubRequest,
): GithubAnswer {
  const [, run = "", attempt = ""] =
    /\/runs\/(\d+)\/attempts\/(\d+)$/.exec(path) ?? [];
  const status = runs.get(`${run}/${attempt}`);
  if (status === undefined) return notFound();
  const body = { id: Number(run), run_attempt: Number(attempt), status };
  return { status: 200, body };
}

function getRepository({ repository }: GithubState): GithubAnswer {
  return { status: 200, body: repositoryShape(repository) };
}
