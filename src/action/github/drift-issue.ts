// The one issue about a gate's drift: opened when there is drift, updated while there is, closed when it is gone.
import {
  ask,
  type Asked,
  findOnPages,
  type GithubAccess,
  type IsOwn,
  ownership,
  type Page,
  pageOf,
  type RetryOptions,
} from "./client.ts";

interface Issue {
  readonly number: number;
  readonly body: string;
  /** Written by whoever our token speaks for. */
  readonly own: boolean;
}

/** What GitHub has to offer for the issues of one repository. */
export interface IssuesApi {
  /** One page of the open issues, oldest first, pull requests left out; pages count from 1. */
  list(page: number): Promise<Page<Issue>>;
  create(text: IssueText): Promise<number>;
  update(number: number, text: IssueText & { closed: boolean }): Promise<void>;
}

interface IssueText {
  readonly title: string;
  readonly body: string;
}

export interface DriftIssueRequest extends IssueText {
  /** The hidden first line of the body, by which the issue is found again. */
  readonly marker: string;
  readonly drifted: boolean;
  readonly retry: RetryOptions;
}

export interface DriftIssueResult {
  readonly action: "opened" | "updated" | "unchanged" | "closed" | "none";
  readonly number?: number;
}

/**
 * Keeps the issue. Only open ones count: an issue that was closed, by us because the drift was gone or by somebody who took
 * care of it, stays as it is, and drift found after that is a new issue, so that it is seen. A gate without drift closes its
 * issue, with the run that found none in its text.
 */
export function keepDriftIssue(
  api: IssuesApi,
  request: DriftIssueRequest,
): Promise<Asked<DriftIssueResult>> {
  // Each attempt looks again first: a create that was answered 502 may have arrived all the same.
  return ask(() => keepOnce(api, request), wish, request.retry);
}

const wish = {
  to: "write issues",
  permission: "issues: write",
  target: "the repository's issue list",
  refused: "the issue (422)",
};

async function keepOnce(
  api: IssuesApi,
  { body, drifted, marker, title }: DriftIssueRequest,
): Promise<DriftIssueResult> {
  const present = await findOnPages(
    (page) => api.list(page),
    (issue) => issue.own && issue.body.startsWith(marker),
  );
  if (present === undefined) {
    if (!drifted) return { action: "none" };
    return { action: "opened", number: await api.create({ title, body }) };
  }
  const { number } = present;
  if (drifted && present.body === body) return { action: "unchanged", number };
  await api.update(number, { title, body, closed: !drifted });
  return { action: drifted ? "updated" : "closed", number };
}

const openIssues = {
  state: "open",
  sort: "created",
  direction: "asc",
  per_page: 100,
} as const;

/** The repository's issues, through Octokit. */
export function issuesOf(access: GithubAccess): IssuesApi {
  const { repository } = access;
  const { issues } = access.octokit.rest;
  let isOwn: IsOwn | undefined;
  return {
    list: async (page) => {
      isOwn ??= await ownership(access);
      const own = isOwn;
      const request = { ...openIssues, ...repository, page };
      const { items, more } = pageOf(await issues.listForRepo(request));
      return {
        // To GitHub a pull request is an issue too.
        items: items
          .filter((one) => one.pull_request === undefined)
          .map(({ body, number, user }) => ({
            number,
            body: body ?? "",
            own: own(user),
          })),
        more,
      };
    },
    create: async (text) =>
      (await issues.create({ ...repository, ...text })).data.number,
    update: async (number, { closed, ...text }) => {
      await issues.update({
        ...repository,
        issue_number: number,
        ...text,
        ...(closed && { state: "closed", state_reason: "completed" }),
      });
    },
  };
}
