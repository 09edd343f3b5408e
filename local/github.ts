// GitHub's REST API as far as the action uses it: a repository, its pull requests and their comments, with GitHub's
// permissions, limits, pagination and error texts. Stateful, in memory, stricter where GitHub's behaviour is not certain.

import {
  createServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { answerGithub, type GithubAnswer } from "./github-answers.ts";
import { answerJson, bodyOf, listen } from "./servers.ts";

export interface GithubIdentity {
  readonly login: string;
  readonly type: "Bot" | "User";
  /** What a workflow's `permissions: pull-requests:` would say. */
  readonly permission: "read" | "write";
}

export interface GithubPull {
  readonly number: number;
  readonly title?: string;
  /** A conversation that takes no comments. */
  readonly locked?: boolean;
}

export interface GithubComment {
  readonly id: number;
  readonly pull: number;
  readonly login: string;
  readonly type: "Bot" | "User";
  readonly createdAt: string;
  body: string;
  updatedAt: string;
}

export interface GithubState {
  /** `owner/name`. */
  readonly repository: string;
  readonly pulls: readonly GithubPull[];
  /** By token. Any other token is refused. */
  readonly tokens: Readonly<Record<string, GithubIdentity>>;
  readonly comments: GithubComment[];
}

interface GithubCall {
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly status: number;
  /** Who called, when the token is known. */
  readonly login?: string;
}

interface GithubFault {
  readonly status: number;
  /** 1 when not given. */
  readonly times?: number;
  /** Only calls of this method fail; all when not given. */
  readonly method?: string;
  readonly message?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface GithubOptions {
  readonly repository: string;
  readonly pulls: readonly GithubPull[];
  readonly tokens: Readonly<Record<string, GithubIdentity>>;
  readonly port?: number;
}

export interface Github {
  /** What GITHUB_API_URL should say. */
  readonly apiUrl: string;
  /** The comments of a pull request, oldest first. */
  comments(pull: number): readonly GithubComment[];
  /** Puts a comment there without a call, as if it had been written before. */
  addComment(
    pull: number,
    comment: { login: string; type: "Bot" | "User"; body: string },
  ): GithubComment;
  calls(): readonly GithubCall[];
  /** The next calls are answered with this status instead of being done. */
  failNext(fault: GithubFault): void;
  stop(): Promise<void>;
}

export async function startGithub(options: GithubOptions): Promise<Github> {
  const state: GithubState = { ...options, comments: [] };
  const calls: GithubCall[] = [];
  const faults: { fault: GithubFault; left: number }[] = [];
  const serve = async (
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> => {
    const method = request.method ?? "";
    const body = await bodyOf(request);
    const caller = state.tokens[tokenOf(request)];
    const answer =
      injected(faults, method) ??
      answerGithub(state, { ...pathOf(request), method, body, caller });
    calls.push({
      method,
      path: request.url ?? "",
      status: answer.status,
      ...(caller && { login: caller.login }),
    });
    answerJson(response, answer.status, answer.body, {
      "x-github-request-id": `LOCAL:${calls.length}`,
      ...answer.headers,
    });
  };
  const server = createServer((request, response) => {
    serve(request, response).catch(() => response.destroy());
  });
  const listening = await listen(server, options.port);
  return {
    apiUrl: listening.url,
    comments: (pull) =>
      state.comments.filter((comment) => comment.pull === pull),
    addComment: (pull, comment) => addComment(state, pull, comment),
    calls: () => calls,
    failNext: (fault) => void faults.push({ fault, left: fault.times ?? 1 }),
    stop: () => listening.stop(),
  };
}

/** Adds a comment to the state and gives it back. */
export function addComment(
  state: GithubState,
  pull: number,
  { login, type, body }: { login: string; type: "Bot" | "User"; body: string },
): GithubComment {
  const now = new Date().toISOString().replace(/\.\d+/, "");
  const comment = {
    id: 1_000_000 + state.comments.length,
    pull,
    login,
    type,
    body,
    createdAt: now,
    updatedAt: now,
  };
  state.comments.push(comment);
  return comment;
}

function tokenOf(request: IncomingMessage): string {
  return (
    /^(?:token|bearer) (.+)$/i.exec(request.headers.authorization ?? "")?.[1] ??
    ""
  );
}

function pathOf(request: IncomingMessage): {
  base: string;
  path: string;
  query: URLSearchParams;
} {
  const host = request.headers.host ?? "";
  const base = host === "api.github.com" ? `https://${host}` : `http://${host}`;
  const { pathname, searchParams } = new URL(request.url ?? "/", base);
  return { base, path: pathname, query: searchParams };
}

function injected(
  faults: { fault: GithubFault; left: number }[],
  method: string,
): GithubAnswer | undefined {
  const found = faults.find(
    ({ fault, left }) => left > 0 && (fault.method ?? method) === method,
  );
  if (found === undefined) return undefined;
  found.left -= 1;
  const { status, headers, message } = found.fault;
  return {
    status,
    body: { message: message ?? "Server Error", status: String(status) },
    headers: { ...headers },
  };
}
