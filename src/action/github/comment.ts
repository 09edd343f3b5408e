// The one comment about a gate on its pull request: found over all pages, updated or created, never worth a failed run.
import {
  ask,
  findOnPages,
  type GithubAccess,
  type IsOwn,
  ownership,
  type Page,
  pageOf,
  type RetryOptions,
} from "./client.ts";

export interface Comment {
  readonly id: number;
  readonly body: string;
  /** Written by whoever our token speaks for. Anybody may put our marker into a comment, and edit that comment later. */
  readonly own: boolean;
}

/** What GitHub has to offer for the comments of one issue or pull request. */
export interface CommentsApi {
  /** One page of comments, oldest first; pages count from 1. */
  list(page: number): Promise<Page<Comment>>;
  create(body: string): Promise<Comment>;
  update(id: number, body: string): Promise<Comment>;
}

export interface CommentRequest {
  /** The hidden first line that tells our comment about this gate from every other. */
  readonly marker: string;
  /** The text, which starts with the marker. */
  readonly body: string;
  readonly retry: RetryOptions;
}

export type CommentResult =
  | {
      readonly posted: true;
      readonly id: number;
      readonly action: "created" | "updated" | "unchanged";
    }
  | { readonly posted: false; readonly reason: string };

const commentWish = {
  to: "write comments",
  permission: "pull-requests: write",
  target: "the pull request",
  refused: "the comment (422); the pull request may be locked",
};

/** Creates or updates the comment. Never throws: what was deployed does not depend on a comment. */
export async function upsertComment(
  api: CommentsApi,
  { marker, body, retry }: CommentRequest,
): Promise<CommentResult> {
  // Each attempt looks again first: a create that was answered 502 may have arrived all the same.
  const asked = await ask(
    () => upsertOnce(api, marker, body),
    commentWish,
    retry,
  );
  return asked.ok ? asked.value : { posted: false, reason: asked.reason };
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

/** Our comment about a gate, whatever stands in it by now; undefined when there is none. Throws what GitHub answers. */
function findComment(
  api: CommentsApi,
  marker: string,
): Promise<Comment | undefined> {
  return findOnPages(
    (page) => api.list(page),
    ({ body, own }) => own && body.startsWith(marker),
  );
}

/** The comments of one pull request, through Octokit. */
export function commentsOf(access: GithubAccess, number: number): CommentsApi {
  const { repository } = access;
  const issue = { ...repository, issue_number: number };
  const { issues } = access.octokit.rest;
  let isOwn: IsOwn | undefined;
  return {
    list: async (page) => {
      isOwn ??= await ownership(access);
      const request = { ...issue, per_page: 100, page };
      const { items, more } = pageOf(await issues.listComments(request));
      const own = isOwn;
      return {
        items: items.map((one) => ({
          ...readComment(one),
          own: own(one.user),
        })),
        more,
      };
    },
    create: async (body) =>
      readComment((await issues.createComment({ ...issue, body })).data),
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
