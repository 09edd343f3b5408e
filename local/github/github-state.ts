// What the GitHub stand-in remembers: pull requests, issues, comments, deployments, and who may do what. Types, and the adding of things.

export type GithubScope =
  "actions" | "contents" | "deployments" | "issues" | "pull-requests";

/** What a workflow's `permissions:` would say: one word for all, or by scope, where a scope that is not named is none. */
type GithubPermission =
  "read" | "write" | Readonly<Partial<Record<GithubScope, "read" | "write">>>;

export interface GithubAuthor {
  readonly login: string;
  readonly type: "Bot" | "User";
}

export interface GithubIdentity extends GithubAuthor {
  readonly permission: GithubPermission;
}

export interface GithubPull {
  readonly number: number;
  readonly title?: string;
  /** A conversation that takes no comments. */
  readonly locked?: boolean;
  /** `open` when not given. */
  readonly state?: "open" | "closed";
  readonly headSha?: string;
  readonly headRef?: string;
  /** `owner/name` of the fork the head is in. */
  readonly headRepository?: string;
  /** The commit on the default branch that brought it in; a pull request that has one is merged. */
  readonly mergeCommit?: string;
}

/** What a branch has after the commit that a run is of; `compare` tells of it. */
export interface GithubBranch {
  readonly name: string;
  /** Its head; of the comparison's last commit. */
  readonly headSha: string;
  /** Commits that it holds, the head's not among them; any other is on another line. */
  readonly holds: readonly string[];
  /** Names of what the commits after any of those changed. */
  readonly changed: readonly string[];
}

/** What somebody may do in the repository, as its settings call it. */
export type GithubRole = "read" | "triage" | "write" | "maintain" | "admin";

export interface GithubIssue extends GithubAuthor {
  readonly number: number;
  readonly createdAt: string;
  title: string;
  body: string;
  labels: readonly string[];
  state: "open" | "closed";
  updatedAt: string;
}

export interface GithubComment extends GithubAuthor {
  readonly id: number;
  /** Number of the pull request or issue. */
  readonly pull: number;
  readonly createdAt: string;
  body: string;
  updatedAt: string;
}

export interface GithubDeployment extends GithubAuthor {
  readonly id: number;
  /** Branch, tag or commit as it was given. */
  readonly ref: string;
  readonly sha: string;
  readonly task: string;
  readonly environment: string;
  readonly description: string;
  readonly payload: unknown;
  readonly transient: boolean;
  readonly production: boolean;
  readonly createdAt: string;
  /** Oldest first. */
  readonly statuses: GithubStatus[];
}

export interface GithubStatus extends GithubAuthor {
  readonly id: number;
  readonly state: string;
  readonly description: string;
  readonly environment: string;
  readonly environmentUrl: string;
  readonly logUrl: string;
  readonly createdAt: string;
}

export interface GithubState {
  /** `owner/name`. */
  readonly repository: string;
  /** By token. Any other token is refused. */
  readonly tokens: Readonly<Record<string, GithubIdentity>>;
  /** By login. Anybody else may read what is public. */
  readonly collaborators: Readonly<Record<string, GithubRole>>;
  /** False: the repository has its issues switched off. */
  readonly issuesEnabled: boolean;
  readonly branches: GithubBranch[];
  readonly pulls: GithubPull[];
  readonly issues: GithubIssue[];
  readonly comments: GithubComment[];
  readonly deployments: GithubDeployment[];
  /** State of workflow runs, by `run/attempt`. */
  readonly runs: ReadonlyMap<string, string>;
  /** How many ids were given out: they are never used again, not even after a deletion. */
  ids: number;
}

/** Adds a comment to the state and gives it back. */
export function addComment(
  state: GithubState,
  pull: number,
  { login, type, body }: GithubAuthor & { body: string },
): GithubComment {
  const at = now();
  const id = nextId(state);
  const comment = { id, pull, login, type, body, createdAt: at, updatedAt: at };
  state.comments.push(comment);
  return comment;
}

/** Pull requests and issues are numbered together. */
export function nextNumber({ pulls, issues }: GithubState): number {
  return Math.max(0, ...[...pulls, ...issues].map(({ number }) => number)) + 1;
}

export function nextId(state: GithubState): number {
  state.ids += 1;
  return 1_000_000 + state.ids;
}

/** As GitHub writes times: to the second. */
export const now = (): string => new Date().toISOString().replace(/\.\d+/, "");

export interface GithubRequest {
  /** What links in answers start with. */
  readonly base: string;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** The body's JSON object; empty without a body. */
  readonly fields: Readonly<Record<string, unknown>>;
}

/** What the path names, and who asks. */
export interface GithubTarget {
  readonly caller: GithubIdentity;
  readonly number: number;
  readonly text: string;
}

export interface GithubAnswer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}
