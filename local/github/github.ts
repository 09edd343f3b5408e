// GitHub's REST API as far as the action uses it: pull requests, comments, issues and deployments, with GitHub's permissions,
// limits, pagination and error texts. Stateful, in memory, stricter where GitHub's behaviour is not certain.

import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { answerJson, bodyOf, listen, parsedObject } from "../system/servers.ts";
import { answerGithub } from "./github-answers.ts";
import {
  createFaults,
  faultAnswer,
  type GithubFault,
} from "./github-faults.ts";
import { problem } from "./github-shapes.ts";
import {
  addComment,
  type GithubAnswer,
  type GithubAuthor,
  type GithubBranch,
  type GithubComment,
  type GithubDeployment,
  type GithubIdentity,
  type GithubIssue,
  type GithubPull,
  type GithubRole,
  type GithubState,
} from "./github-state.ts";

interface GithubCall {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly status: number;
  /** Who called, when the token is known. */
  readonly login?: string;
  /** The JSON object that was sent. */
  readonly body?: Readonly<Record<string, unknown>>;
}

export interface GithubOptions {
  readonly repository: string;
  readonly pulls: readonly GithubPull[];
  readonly tokens: Readonly<Record<string, GithubIdentity>>;
  /** By login; nobody when not given. */
  readonly collaborators?: Readonly<Record<string, GithubRole>>;
  /** True when not given. */
  readonly issuesEnabled?: boolean;
  /** State of workflow runs, by `run/attempt`; may change meanwhile. */
  readonly runs?: ReadonlyMap<string, string>;
  readonly port?: number;
}

export interface Github {
  /** What GITHUB_API_URL should say. */
  readonly apiUrl: string;
  /** The comments of a pull request or an issue, oldest first. */
  comments(pull: number): readonly GithubComment[];
  issues(): readonly GithubIssue[];
  deployments(): readonly GithubDeployment[];
  /** Puts a comment there without a call, as if it had been written before. */
  addComment(
    pull: number,
    comment: GithubAuthor & { body: string },
  ): GithubComment;
  /** Adds a pull request, or changes one: a new head, a merge, a close. */
  setPull(pull: GithubPull): void;
  /** Adds a branch, or moves one. Runs of commits on other branches find none. */
  setBranch(branch: GithubBranch): void;
  calls(): readonly GithubCall[];
  /** Empties the list of calls, which else holds every one since the start. */
  forgetCalls(): void;
  /** The next calls that fit are answered with this fault. */
  failNext(fault: GithubFault): void;
  /** No call fails any more. */
  forgetFaults(): void;
  stop(): Promise<void>;
}

export async function startGithub(options: GithubOptions): Promise<Github> {
  const state = emptyState(options);
  const calls: GithubCall[] = [];
  const faults = createFaults();
  const serve = async (
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const { method = "", url: path = "/" } = request;
    const text = await bodyOf(request);
    const caller = state.tokens[tokenOf(request)];
    const fields = parsedObject(text);
    const fault = faults.next(method, path);
    const work = () => answer(state, { request, text, caller });
    if (fault?.done === true) work();
    const { status, body, headers } = fault ? faultAnswer(fault) : work();
    calls.push({
      method,
      path,
      status,
      ...(caller && { login: caller.login }),
      ...(fields && { body: fields }),
    });
    if (status === 0) response.destroy();
    else answerJson(response, status, body, withUsual(headers, calls.length));
  };
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  const listening = await listen(server, options.port);
  return {
    apiUrl: listening.url,
    ...views(state),
    calls: () => calls,
    forgetCalls: () => void calls.splice(0),
    failNext: (fault) => faults.add(fault),
    forgetFaults: () => faults.clear(),
    stop: () => listening.stop(),
  };
}

function emptyState(options: GithubOptions): GithubState {
  const { repository, tokens, collaborators = {} } = options;
  const { issuesEnabled = true } = options;
  return {
    repository,
    tokens,
    collaborators,
    issuesEnabled,
    branches: [],
    pulls: [...options.pulls],
    issues: [],
    comments: [],
    deployments: [],
    runs: options.runs ?? new Map<string, string>(),
    ids: 0,
  };
}

function views(
  state: GithubState,
): Pick<
  Github,
  "comments" | "issues" | "deployments" | "addComment" | "setBranch" | "setPull"
> {
  return {
    comments: (pull) =>
      state.comments.filter((comment) => comment.pull === pull),
    issues: () => state.issues,
    deployments: () => state.deployments,
    addComment: (pull, comment) => addComment(state, pull, comment),
    setBranch: (branch) => {
      const index = state.branches.findIndex(
        ({ name }) => name === branch.name,
      );
      state.branches.splice(Math.max(index, 0), index < 0 ? 0 : 1, branch);
    },
    setPull: (pull) => {
      const index = state.pulls.findIndex(
        ({ number }) => number === pull.number,
      );
      const before = state.pulls[index];
      state.pulls.splice(before ? index : state.pulls.length, before ? 1 : 0, {
        ...before,
        ...pull,
      });
    },
  };
}

/** The front's own refusals, then the operation's answer. */
function answer(
  state: GithubState,
  call: {
    request: IncomingMessage;
    text: string;
    caller: GithubIdentity | undefined;
  },
): GithubAnswer {
  const { request, text, caller } = call;
  const { method = "", url = "/", headers } = request;
  if ((headers["user-agent"] ?? "") === "")
    return problem(
      403,
      "Request forbidden by administrative rules. Please make sure your request has a User-Agent header.",
    );
  const fields = text === "" ? {} : parsedObject(text);
  if (fields === undefined) return problem(400, "Problems parsing JSON");
  const { host = "" } = headers;
  const base = host === "api.github.com" ? `https://${host}` : `http://${host}`;
  const { pathname: path, searchParams: query } = new URL(url, base);
  return answerGithub(state, { base, method, path, query, fields }, caller);
}

function tokenOf({ headers }: IncomingMessage): string {
  const { authorization = "" } = headers;
  return /^(?:token|bearer) (.+)$/i.exec(authorization)?.[1] ?? "";
}

/** 1,000 calls an hour and repository are what a job's own token has; nobody runs into it here without a fault. */
function withUsual(
  headers: GithubAnswer["headers"],
  count: number,
): Record<string, string> {
  const reset = Math.floor(Date.now() / 1000) + 3600;
  return {
    "x-github-request-id": `LOCAL:${count}`,
    "x-ratelimit-limit": "1000",
    "x-ratelimit-remaining": String(Math.max(1, 1000 - count)),
    "x-ratelimit-reset": String(reset),
    "x-ratelimit-resource": "core",
    ...headers,
  };
}
