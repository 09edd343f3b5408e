// How the action asks GitHub for anything: with patience, a time limit a call, and words for every way it says no. What
// happened to the gate never depends on the answer: a refusal comes back as a value, not as an error.
import { getOctokit } from "@actions/github";
import { readError, retryGithub, type RetryOptions } from "./retry.ts";

export interface GithubAccess {
  readonly octokit: ReturnType<typeof getOctokit>;
  /** The one Octokit has. */
  readonly token: string;
  readonly repository: { readonly owner: string; readonly repo: string };
  readonly retry: RetryOptions;
}

export type Asked<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly reason: string };

/** What was wanted, for the words of a refusal. */
export interface Wish {
  /** `write comments`. */
  readonly to: string;
  /** What the job's `permissions:` must hold: `pull-requests: write`. */
  readonly permission: string;
  /** What a 404 says is missing: `the pull request`. */
  readonly target: string;
  /** What GitHub refuses with 422, and the usual reason for it. */
  readonly refused: string;
}

/** Does the work, again while GitHub says "later", and gives up in words. Never throws. */
export async function ask<Value>(
  work: () => Promise<Value>,
  wish: Wish,
  retry: RetryOptions,
): Promise<Asked<Value>> {
  try {
    return { ok: true, value: await retryGithub(work, retry) };
  } catch (error) {
    return { ok: false, reason: reasonOf(error, wish) };
  }
}

function reasonOf(error: unknown, wish: Wish): string {
  const { status, text } = readError(error);
  switch (status) {
    case 401:
      return "GitHub does not accept the `github-token` (401)";
    case 403:
      if (/rate limit/i.test(text))
        return "GitHub's rate limit is used up (403)";
      return /is locked/i.test(text)
        ? "its conversation is locked (403)"
        : `the \`github-token\` may not ${wish.to} (403); give the job \`${wish.permission}\`. A pull request from a fork never has it`;
    case 404:
      return `${wish.target} is not there, or the \`github-token\` may not see it (404)`;
    case 410:
      return `${wish.target} is switched off in this repository (410)`;
    case 422:
      return `GitHub refuses ${wish.refused}`;
    case 429:
      return "GitHub's rate limit is used up (429)";
    case undefined:
      return "GitHub cannot be reached";
    default:
      return `GitHub answered ${status}`;
  }
}

/** A comment is not worth five minutes, which is how long Node's own client waits for a first byte. */
const longestCall = 20_000;

/** @returns undefined without a token, and outside a repository. */
export function accessGithub(
  { token, repository }: { token: string; repository: string },
  retry: RetryOptions,
): GithubAccess | undefined {
  const [owner = "", repo = ""] = repository.split("/");
  if (token === "" || owner === "" || repo === "") return undefined;
  const octokit = getOctokit(token);
  octokit.hook.before("request", (options) => {
    options.request.signal = AbortSignal.timeout(longestCall);
  });
  return { octokit, token, repository: { owner, repo }, retry };
}

/** Pages of 100 that are read at most; GitHub itself allows 2,500 comments on an issue. */
const mostPages = 100;

export interface Page<Item> {
  readonly items: readonly Item[];
  readonly more: boolean;
}

/** Looks through all pages, in their order, for the first item that `fits`; pages count from 1. */
export async function findOnPages<Item>(
  read: (page: number) => Promise<Page<Item>>,
  fits: (item: Item) => boolean,
): Promise<Item | undefined> {
  for (let page = 1; page <= mostPages; page++) {
    const { items, more } = await read(page);
    const found = items.find(fits);
    if (found !== undefined) return found;
    if (!more) return undefined;
  }
  return undefined;
}

/** The page of an Octokit list answer: whether another one follows stands in its Link header. */
export function pageOf<Item>({
  data,
  headers,
}: {
  readonly data: readonly Item[];
  readonly headers: { readonly link?: string | undefined };
}): Page<Item> {
  return { items: data, more: headers.link?.includes('rel="next"') === true };
}

/** Tells what our token wrote from what anybody else did. */
export type IsOwn = (
  author: { readonly login: string; readonly type: string } | null | undefined,
) => boolean;

/** An app's token (`ghs_`, as every job gets one) may not ask who it is, but only apps write as bots; a user's token may. */
export async function ownership({
  octokit,
  token,
}: Pick<GithubAccess, "octokit" | "token">): Promise<IsOwn> {
  if (token.startsWith("ghs_")) return (author) => author?.type === "Bot";
  const { data } = await octokit.rest.users.getAuthenticated();
  return (author) => author?.login === data.login;
}
