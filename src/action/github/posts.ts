// What the action keeps writing on GitHub: one comment about a gate on its pull request, and one issue about its drift. Each is
// found again by the hidden marker that its text begins with.
import { type Answer, type Github, type Octokit, statusOf } from "./client.ts";

export interface Post {
  readonly marker: string;
  readonly body: string;
}

export function upsertComment(
  github: Github,
  pullNumber: number,
  { body, marker }: Post,
): Promise<Answer<number>> {
  const { repository } = github;
  const request = {
    to: "write comments",
    permission: "pull-requests: write",
    target: "the pull request",
    refused: "the comment (422); the pull request may be locked",
  };
  return github.ask(request, async (octokit) => {
    const { issues } = octokit.rest;
    const issue = { ...repository, issue_number: pullNumber };
    const all = { ...issue, per_page: 100 };
    const find = () =>
      findOwn(
        github,
        octokit,
        octokit.paginate.iterator(issues.listComments, all),
        marker,
      );
    const present =
      (await find()) ??
      (await createOnce(find, () =>
        issues.createComment({ ...issue, body, request: noRetries }),
      ));
    const comment = { ...repository, comment_id: present.id, body };
    if (present.body !== body) await issues.updateComment(comment);
    return present.id;
  });
}

/**
 * Opens the issue, updates it, or closes it without drift. Only open ones count: after one was closed, by the action or by a
 * user, new drift gets a new issue, so that it is seen.
 */
export function keepDriftIssue(
  github: Github,
  { body, drifted, marker, title }: Post & { title: string; drifted: boolean },
): Promise<Answer<void>> {
  const { repository } = github;
  const request = {
    to: "write issues",
    permission: "issues: write",
    target: "the repository's issue list",
  };
  return github.ask(request, async (octokit) => {
    const { issues } = octokit.rest;
    const open = { state: "open", sort: "created", direction: "asc" } as const;
    const all = { ...repository, ...open, per_page: 100 };
    const find = () =>
      findOwn(
        github,
        octokit,
        octokit.paginate.iterator(issues.listForRepo, all),
        marker,
      );
    let present = await find();
    if (present === undefined && !drifted) return;
    const text = { ...repository, title, body };
    present ??= await createOnce(find, () =>
      issues.create({ ...text, request: noRetries }),
    );
    if (drifted && present.body === body) return;
    await issues.update({
      ...text,
      issue_number: present.number,
      ...(!drifted && { state: "closed", state_reason: "completed" }),
    });
  });
}

interface Item {
  readonly body?: string | null | undefined;
  readonly user?: { readonly login: string; readonly type: string } | null;
  readonly pull_request?: object;
}

async function findOwn<Found extends Item>(
  github: Github,
  octokit: Octokit,
  pages: AsyncIterable<{ readonly data: readonly Found[] }>,
  marker: string,
): Promise<Found | undefined> {
  for await (const { data } of pages)
    for (const item of data) {
      const isMarked = item.body?.startsWith(marker) === true;
      if (!isMarked || item.pull_request !== undefined) continue;
      if (await github.isOwn(octokit, item.user ?? null)) return item;
    }
  return undefined;
}

const noRetries = { retries: 0 };

/** A request to create that failed may have arrived all the same, so it is looked for before it is sent again. */
async function createOnce<Found>(
  find: () => Promise<Found | undefined>,
  create: () => Promise<{ readonly data: Found }>,
): Promise<Found> {
  try {
    return (await create()).data;
  } catch (error) {
    if ((statusOf(error) ?? 500) < 500) throw error;
    return (await find()) ?? (await create()).data;
  }
}
