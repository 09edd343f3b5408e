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
export async function retryGithub<Result>(
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

export interface GithubError {
  /** HTTP status; undefined when there was no answer. */
  readonly status: number | undefined;
  /** Seconds of the Retry-After header. */
  readonly retryAfter: number | undefined;
  /** Seconds since 1970 at which a used-up rate limit starts anew. */
  readonly limitEnds: number | undefined;
  readonly text: string;
}

/** The parts of an Octokit `RequestError`, or of any other error, that decide what to do. */
export function readError(error: unknown): GithubError {
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
