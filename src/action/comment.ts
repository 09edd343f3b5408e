// The one comment about a gate on its pull request: found over all pages, updated or created, never worth a failed run.
import type { getOctokit } from "@actions/github";
import { readError, retryGithub } from "./retry.ts";

export interface Comment {
  readonly id: number;
  readonly body: string;
  /** Written by whoever our token speaks for. Anybody may put our marker into a comment, and edit that comment later. */
  readonly own: boolean;
}

/** What GitHub has to offer for the comments of one issue or pull request. */
export interface CommentsApi {
  /** One page of comments, oldest first; pages count from 1. */
  list(page: number): Promise<{
    readonly comments: readonly Comment[];
    readonly more: boolean;
  }>;
  create(body: string): Promise<Comment>;
  update(id: number, body: string): Promise<Comment>;
}

export interface CommentRequest {
  /** The hidden first line that tells our comment about this gate from every other. */
  readonly marker: string;
  /** Starts with the marker. */
  readonly body: string;
  readonly sleep: (milliseconds: number) => Promise<void>;
}

export type CommentResult =
  | {
      readonly posted: true;
      readonly id: number;
      readonly action: "created" | "updated" | "unchanged";
    }
  | { readonly posted: false; readonly reason: string };

/** Creates or updates the comment. Never throws: what was deployed does not depend on a comment. */
export async function upsertComment(
  api: CommentsApi,
  { marker, body, sleep }: CommentRequest,
): Promise<CommentResult> {
  try {
    // Each attempt looks again first: a create that was answered 502 may have arrived all the same.
    return await retryGithub(() => upsertOnce(api, marker, body), { sleep });
  } catch (error) {
    return { posted: false, reason: reasonOf(error) };
  }
}

async function upsertOnce(
  api: CommentsApi,
  marker: string,
  body: string,
): Promise<CommentResult> {
  const present = await findComment(api, marker);
  if (!present) {
    const { id } = await api.create(body);
    return { posted: true, id, action: "created" };
  }
  const { id } = present;
  if (present.body === body) return { posted: true, id, action: "unchanged" };
  await api.update(id, body);
  return { posted: true, id, action: "updated" };
}

/** GitHub allows 2,500 comments on an issue: 25 pages of 100. */
const mostPages = 100;

async function findComment(
  api: CommentsApi,
  marker: string,
): Promise<Comment | undefined> {
  for (let page = 1; page <= mostPages; page++) {
    const { comments, more } = await api.list(page);
    const found = comments.find(
      ({ body, own }) => own && body.startsWith(marker),
    );
    if (found) return found;
    if (!more) return undefined;
  }
  return undefined;
}

function reasonOf(error: unknown): string {
  const { status, text } = readError(error);
  switch (status) {
    case 401:
      return "GitHub does not accept the `github-token` (401)";
    case 403:
      return /rate limit/i.test(text)
        ? "GitHub's rate limit is used up (403)"
        : "the `github-token` may not write comments (403); give the job `pull-requests: write`. A pull request from a fork never has it";
    case 404:
      return "the pull request is not there, or the `github-token` may not see it (404)";
    case 422:
      return "GitHub refuses the comment (422); the pull request may be locked";
    case 429:
      return "GitHub's rate limit is used up (429)";
    case undefined:
      return "GitHub cannot be reached";
    default:
      return `GitHub answered ${status}`;
  }
}

type IsOwn = (author: {
  readonly login: string;
  readonly type: string;
}) => boolean;

/** An app's token (`ghs_`, as every job gets one) may not ask who it is, but only apps write as bots; a user's token may. */
async function ownership(
  octokit: ReturnType<typeof getOctokit>,
  token: string,
): Promise<IsOwn> {
  if (token.startsWith("ghs_")) return ({ type }) => type === "Bot";
  const { data } = await octokit.rest.users.getAuthenticated();
  return ({ login }) => login === data.login;
}

/** The comments of one pull request, through Octokit; `token` is the one Octokit has. */
export function commentsOf(
  octokit: ReturnType<typeof getOctokit>,
  issue: {
    readonly owner: string;
    readonly repo: string;
    readonly number: number;
  },
  token: string,
): CommentsApi {
  const { number, ...repository } = issue;
  const thread = { ...repository, issue_number: number };
  const { issues } = octokit.rest;
  let isOwn: IsOwn | undefined;
  return {
    list: async (page) => {
      isOwn ??= await ownership(octokit, token);
      const request = { ...thread, per_page: 100, page };
      const { data, headers } = await issues.listComments(request);
      return {
        comments: data.map((one) => ({
          ...readComment(one),
          own: one.user != null && isOwn?.(one.user) === true,
        })),
        more: headers.link?.includes('rel="next"') === true,
      };
    },
    create: async (body) =>
      readComment((await issues.createComment({ ...thread, body })).data),
    update: async (id, body) => {
      const request = { ...repository, comment_id: id, body };
      return readComment((await issues.updateComment(request)).data);
    },
  };
}

const readComment = (data: {
  readonly id: number;
  readonly body?: string | undefined;
}): Comment => ({ id: data.id, body: data.body ?? "", own: true });
