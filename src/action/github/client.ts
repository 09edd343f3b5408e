// How the action asks GitHub for anything: with patience, a time limit a call, and words for every way it says no. What
// happened to the gate never depends on the answer: a refusal comes back as a value, not as an error.
import { getOctokit } from "@actions/github";

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

// Asks GitHub again when it says "later": rate limits with their Retry-After, 5xx, broken connections; a bounded number of times.

export interface RetryOptions {
  readonly sleep: (milliseconds: number) => Promise<void>;
  /** How often to try in all; 4 unless given. */
  readonly attempts?: number;
  /** Milliseconds since 1970; the clock's unless given. */
  readonly now?: () => number;
}

/** A longer wait than this (seconds) is not worth a comment. */
const longestWait = 60;

/** "Otherwise, wait for at least one minute", and longer each time (GitHub's "Rate limits for the REST API"). */
const shortestLimit = 60;

/** Runs `work` until it succeeds. Throws its last error when it is final, or when asking again would take too long. */
async function retryGithub<Result>(
  work: () => Promise<Result>,
  { sleep, attempts = 4, now = Date.now }: RetryOptions,
): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const wait = secondsToWait(error, attempt, now());
      if (attempt >= attempts || wait === undefined || wait > longestWait) {
        throw error;
      }
      await sleep(wait * 1000);
    }
  }
}

/** Seconds until the next attempt; undefined when another attempt would get the same answer. */
function secondsToWait(
  error: unknown,
  attempt: number,
  now: number,
): number | undefined {
  const { limitEnds, retryAfter, status, text } = readError(error);
  if (retryAfter === undefined && limitEnds !== undefined)
    // The hour's calls are used up, and GitHub says when there are new ones.
    if (status === 403 || status === 429)
      return Math.max(limitEnds - now / 1000, 1);
  const doubled = 2 ** (attempt - 1);
  // 403 is a rate limit only if GitHub says so: in a Retry-After header, or in words ("secondary rate limit").
  const limited =
    status === 429 ||
    (status === 403 &&
      (retryAfter !== undefined || /secondary rate limit/i.test(text)));
  if (limited) return retryAfter ?? shortestLimit * doubled;
  const mayPass = status === undefined || status === 408 || status >= 500;
  return mayPass ? (retryAfter ?? doubled) : undefined;
}

interface GithubError {
  /** HTTP status; undefined when there was no answer. */
  readonly status: number | undefined;
  /** Seconds of the Retry-After header. */
  readonly retryAfter: number | undefined;
  /** Seconds since 1970 at which a used-up rate limit starts anew. */
  readonly limitEnds: number | undefined;
  readonly text: string;
}

/** The parts of an Octokit `RequestError`, or of any other error, that decide what to do. */
function readError(error: unknown): GithubError {
  const text = error instanceof Error ? error.message : String(error);
  const { status, response } = (
    typeof error === "object" && error !== null ? error : {}
  ) as { status?: unknown; response?: { headers?: Record<string, unknown> } };
  const numberIn = (name: string) => {
    const header = response?.headers?.[name];
    const value = header === undefined ? NaN : Number(header);
    return Number.isFinite(value) && value >= 0 ? value : undefined;
  };
  const isUsedUp = numberIn("x-ratelimit-remaining") === 0;
  return {
    // Octokit says 500 of its own accord when there was no answer.
    status: response && typeof status === "number" ? status : undefined,
    retryAfter: numberIn("retry-after"),
    limitEnds: isUsedUp ? numberIn("x-ratelimit-reset") : undefined,
    text,
  };
}
